"""The master dies, its replica takes over: a pause, no error, and no loss but of what replication had not sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.served import Writing, missing, opened, swept
from servers.sentinel import Sentinels, running_sentinels

pytestmark = pytest.mark.slow


@pytest.fixture
def sentinels(redis_path: str, tmp_path: Path) -> Iterator[Sentinels]:
    """Sentinels, master and replica of the test's own."""
    with running_sentinels(redis_path, tmp_path) as one:
        yield one


def test_failover_under_load(sentinels: Sentinels) -> None:
    """A writer waits for the new master and goes on; what was lost, if anything, came last before the kill."""
    with opened(sentinels.url) as store:
        writing = Writing(store)
        writing.reach(300)
        old = sentinels.master()
        before = writing.acknowledged
        sentinels.servers[0].kill()
        writing.reach(100)
        total = writing.stop()
        assert sentinels.master() != old
        lost = missing(store, total)
        assert not writing.errors
        assert all(before - 100 <= place <= before + 20 for place in lost)
        assert swept(store).missing == 0


def test_nothing_replicated_is_lost(sentinels: Sentinels) -> None:
    """All that the replica had confirmed before the master died is there."""
    with opened(sentinels.url) as store:
        writing = Writing(store)
        writing.reach(200)
        total = writing.stop()
        with sentinels.servers[0].client() as master:
            assert master.wait(1, 5000) == 1
        sentinels.servers[0].kill()
        assert missing(store, total) == []
        assert swept(store).missing == 0

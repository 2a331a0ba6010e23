"""`kill -9` of the server while documents are put: what was acknowledged is there, and the writer goes on by itself."""

import time
from pathlib import Path

import pytest
from faults.served import Writing, missing, opened, own, served, swept, version
from servers.server import running

from dedup.errors import StoreUnreachable

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("policy", ["everysec", "always"])
@pytest.mark.parametrize("path", ["redis_path", "valkey_path"])
def test_killed_server_loses_nothing_acknowledged(
    path: str, tmp_path: Path, policy: str, request: pytest.FixtureRequest
) -> None:
    """After each kill all that was acknowledged is there, whole; only the very last, if each write is not synced."""
    binary = str(request.getfixturevalue(path))
    with running(binary, tmp_path / "server", "--appendfsync", policy) as server, opened(server.url()) as store:
        writing, lost = Writing(store), list[int]()
        for _ in range(4):
            writing.reach(60)
            acknowledged = writing.acknowledged
            server.kill()
            server.start()
            with opened(server.url(), create=False) as reader:
                gone = [place for place in missing(reader, acknowledged) if place not in lost]
            assert policy == "everysec" or not gone
            assert gone == list(range(acknowledged - len(gone), acknowledged))
            lost += gone
        total = writing.stop()
        assert not writing.errors  # a server that comes back in time is no error
        assert missing(store, total) == lost
        assert swept(store).missing == 0


def test_server_that_stays_away_is_a_typed_error(redis_path: str, tmp_path: Path) -> None:
    """Without a server every call ends in StoreUnreachable within a bounded time; once it is back the store works."""
    always = ("--appendfsync", "always")
    with running(redis_path, tmp_path / "server", *always) as server, opened(server.url()) as store:
        store.put([version("a", 0)], own)
        server.kill()
        for call in (lambda: store.put([version("b", 0)], own), lambda: store.get(["a"])):
            start = time.monotonic()
            with pytest.raises(StoreUnreachable, match=str(server.port)):
                call()
            assert time.monotonic() - start < 60
        server.start()
        assert served(store, "a", [0]) == 0
        store.put([version("b", 0)], own)
        assert served(store, "b", [0]) == 0

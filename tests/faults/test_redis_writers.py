"""Several writers put the same documents at once: one version of each stays, whole."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from faults.served import opened, own, served, swept, version
from servers.fixtures import url_on

pytestmark = pytest.mark.slow

WRITERS, ROUNDS, NAMES = 8, 12, [f"d{place}" for place in range(6)]


def write(url: str, writer: int) -> None:
    """Put every document in a version of this writer's, again and again."""
    with opened(url) as store:
        for turn in range(ROUNDS):
            order = NAMES[writer % 6 :] + NAMES[: writer % 6]
            store.put([version(name, 1 + writer * ROUNDS + turn) for name in order], own)


@pytest.mark.parametrize("kind", ["redis", "redis-cluster"])
def test_eight_writers_on_the_same_ids(kind: str, request: pytest.FixtureRequest, namespace: str) -> None:
    """Each document ends as one writer's last version, found by all its buckets and by no other version's."""
    url = f"{url_on(kind, request)}?namespace={namespace}"
    with opened(url), ThreadPoolExecutor(WRITERS) as pool:
        for result in [pool.submit(write, url, writer) for writer in range(WRITERS)]:
            result.result(timeout=120)
    last = {(writer + 1) * ROUNDS for writer in range(WRITERS)}
    with opened(url) as store:
        assert {served(store, name, range(1, WRITERS * ROUNDS + 1)) for name in NAMES} <= last
        assert swept(store).missing == 0
        assert store.stats().documents == len(NAMES)
        assert {served(store, name, range(1, WRITERS * ROUNDS + 1)) for name in NAMES} <= last

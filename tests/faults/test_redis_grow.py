"""An index grows while it is read and written, and after a growth that was cut short."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess

import pytest
import redis
from faults.served import BUCKETS, Writing, missing, opened, swept
from servers.fixtures import url_on
from servers.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def due(monkeypatch: pytest.MonkeyPatch) -> None:
    """More shards are due from the first posting on."""
    monkeypatch.setattr("dedup.stores.redis.store.GROW_AT", 0)


def generations(client: redis.Redis, namespace: str) -> set[bytes]:
    """Return what the shards there are begin with."""
    return {key[: key.rindex(b":")] for key in client.scan_iter(f"{namespace}:p*", count=1000)}


@pytest.mark.parametrize("kind", ["redis", "redis-cluster"])
def test_index_grows_under_load(kind: str, request: pytest.FixtureRequest, namespace: str) -> None:
    """While shards are copied, changed over to and deleted, readers find all, and writers see no error."""
    url = f"{url_on(kind, request)}?namespace={namespace}"
    with opened(url) as store, opened(url) as reader, opened(url) as other:
        writing = Writing(store)
        writing.reach(200)
        with ThreadPoolExecutor(1) as pool:
            growth = pool.submit(other.grow)
            while not growth.done():
                assert missing(reader, writing.acknowledged) == []
        writing.reach(50)
        total = writing.stop()
        assert growth.result()
        assert not writing.errors
        assert missing(reader, total) == []
        report = swept(store)
        assert (report.missing, report.orphans) == (0, 0)
        assert report.postings == BUCKETS * total


def grow(url: str) -> None:
    """Let an index grow, in a process of its own."""
    with pytest.MonkeyPatch.context() as patch, opened(url) as store:
        patch.setattr("dedup.stores.redis.store.GROW_AT", 0)
        store.grow()


def test_growth_that_was_killed_goes_on(own_server: Server) -> None:
    """Killed at any moment and asked for again, the index has grown once, nothing is lost, no old shard is left."""
    url = own_server.url()
    with opened(url) as store:
        writing = Writing(store, batch=100)
        writing.reach(2_000)
        total = writing.stop()
        for moment in (0.1, 0.3, 1.0, 3.0, 7.0):
            process = multiprocessing.get_context("spawn").Process(target=grow, args=(url,))
            process.start()
            wait_for_growth(own_server, process)
            process.join(moment)
            process.kill()
            process.join()
            assert missing(store, total) == []
        store.grow()
        assert missing(store, total) == []
        assert swept(store).missing == 0
        with own_server.client() as client:
            assert len(generations(client, "dedup")) == 1


def wait_for_growth(server: Server, process: BaseProcess) -> None:
    """Wait until a process has begun to build shards, or has ended."""
    with server.client() as client:
        while process.is_alive() and b" " not in (client.get("dedup:{dedup}:layout") or b""):
            time.sleep(0.01)

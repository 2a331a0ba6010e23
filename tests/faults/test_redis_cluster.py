"""A cluster loses a node, or moves a slot under load: an error, never a part of the answer; then all is as before."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
from faults.served import Writing, missing, opened, own, served, swept, version
from servers.cluster import Cluster, running_cluster
from servers.server import PASSWORD

from dedup.errors import StoreDamaged, StoreError, StoreUnreachable
from dedup.model import Status
from dedup.stores.base import Entry, Store

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(redis_path: str, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own, whose nodes lose nothing: with everysec each may lose a second of its own."""
    with running_cluster(redis_path, tmp_path / "cluster", "--appendfsync", "always") as one:
        yield one


@pytest.mark.parametrize("full", ["yes", "no"])
def test_lost_node_is_an_error_and_not_a_partial_answer(redis_path: str, tmp_path: Path, full: str) -> None:
    """While a node is down a look-up that needs it fails, whatever the cluster still covers; after it all works."""
    names = [f"d{place}" for place in range(30)]
    options = ("--cluster-require-full-coverage", full, "--appendfsync", "always")
    with running_cluster(redis_path, tmp_path, *options) as cluster, opened(cluster.url) as store:
        store.put([version(name, 0) for name in names], own)
        wide = np.concatenate([np.concatenate(version(name, 0).postings) for name in names])
        whole = store.lookup(wide, 64).numbers.tolist()
        cluster.nodes[2].kill()
        with pytest.raises(StoreUnreachable):
            store.lookup(wide, 64)
        with pytest.raises(StoreError):
            store.put([version(f"e{place}", 0) for place in range(30)], own)
        cluster.nodes[2].start()
        cluster.wait_until_whole()
        assert store.lookup(wide, 64).numbers.tolist() == whole
        store.put([version(f"e{place}", 0) for place in range(30)], own)
        assert [served(store, name, [0]) for name in names] == [0] * 30
        assert swept(store).missing == 0


def test_killed_node_comes_back_under_load(cluster: Cluster) -> None:
    """A writer goes on when a killed node is back, and all that was acknowledged is there."""
    with opened(cluster.url) as store:
        writing = Writing(store)
        for node in cluster.nodes:
            writing.reach(40)
            node.kill()
            node.start()
        writing.reach(40)
        total = writing.stop()
        cluster.wait_until_whole()
        assert missing(store, total) == []
        assert swept(store).missing == 0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_node_that_lost_its_last_writes_is_mended_by_a_repair(redis_path: str, tmp_path: Path, place: int) -> None:
    """After a node forgot its last second a repair leaves each document whole or gone, and no number is used twice."""
    with running_cluster(redis_path, tmp_path) as cluster, opened(cluster.url) as store:
        kept, torn, late = ([version(f"{kind}{i}", 0) for i in range(60)] for kind in ("kept", "torn", "late"))
        store.put(kept, own)
        node = cluster.nodes[place]
        size = node.log_size()
        store.put(torn, own)
        node.kill()
        node.forget_after(size)
        node.start()
        cluster.wait_until_whole()
        assert put_again(store, late) == ["put"] * 60
        assert swept(store).missing > 0
        assert [served(store, entry.id, [0]) for entry in [*kept, *late]] == [0] * 120
        whole = [served(store, entry.id, [0]) for entry in torn]
        assert 0 < whole.count(0) < 60
        put_again(store, torn)
        assert [served(store, entry.id, [0]) for entry in [*kept, *torn, *late]] == [0] * 180
        assert swept(store).missing == 0


def put_again(store: Store, entries: list[Entry]) -> list[Status]:
    """Put a batch, twice if the first time is refused because numbers were lost."""
    try:
        return store.put(entries, own)
    except StoreDamaged:
        return store.put(entries, own)


def busiest_slots(cluster: Cluster, count: int) -> list[int]:
    """Return the slots of the first node that hold most keys."""
    with redis.RedisCluster(host="127.0.0.1", port=cluster.nodes[0].port, password=PASSWORD) as client:
        keys = list(client.scan_iter(count=1000, target_nodes=client.get_node("127.0.0.1", cluster.nodes[0].port)))
        slots = [client.keyslot(key) for key in keys]
    return sorted(set(slots), key=slots.count, reverse=True)[:count]


@pytest.mark.usefixtures("impatient")
def test_slot_whose_keys_have_moved_is_written_at_its_new_place(cluster: Cluster) -> None:
    """A transaction follows the keys of a slot that a node has handed over and still answers for."""
    names = [f"d{place}" for place in range(40)]
    with opened(cluster.url) as store:
        store.put([version(name, 0) for name in names], own)
        written = 0
        for slot in busiest_slots(cluster, 40):
            for _ in cluster.move(slot, cluster.nodes[0], cluster.nodes[1]):
                pass_on = not cluster.keys(cluster.nodes[0], slot)
                if pass_on:
                    written += 1
                    assert set(store.put([version(name, written) for name in names], own)) == {"replaced"}
        assert written
        assert [served(store, name, [written]) for name in names] == [written] * 40
        assert swept(store).missing == 0


def test_slots_move_under_load(cluster: Cluster) -> None:
    """While slots move, key by key, reader and writer see no error and nothing is lost."""
    with opened(cluster.url) as store, opened(cluster.url) as reader:
        writing = Writing(store)
        writing.reach(100)
        for slot in busiest_slots(cluster, 8):
            for _ in cluster.move(slot, cluster.nodes[0], cluster.nodes[1]):
                assert missing(reader, 5) == []
        writing.reach(50)
        total = writing.stop()
        assert not writing.errors
        assert missing(reader, total) == []
        assert swept(store).missing == 0

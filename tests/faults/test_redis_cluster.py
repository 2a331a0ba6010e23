"""A cluster loses a node, or moves a slot under load: an error, never a part of the answer; then all is as before."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis
from faults.served import Writing, missing, opened, served, swept, version
from servers.cluster import Cluster, running_cluster
from servers.server import PASSWORD

from dedup.errors import StoreError, StoreUnreachable

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(redis_path: str, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own."""
    with running_cluster(redis_path, tmp_path / "cluster", "--appendfsync", "always") as one:
        yield one


@pytest.mark.parametrize("full", ["yes", "no"])
def test_lost_node_is_an_error_and_not_a_partial_answer(redis_path: str, tmp_path: Path, full: str) -> None:
    """While a node is down a look-up that needs it fails, whatever the cluster still covers; after it all works."""
    names = [f"d{place}" for place in range(30)]
    options = ("--cluster-require-full-coverage", full)
    with running_cluster(redis_path, tmp_path, *options) as cluster, opened(cluster.url) as store:
        store.put([version(name, 0) for name in names])
        wide = np.concatenate([np.concatenate(version(name, 0).postings) for name in names])
        whole = store.lookup(wide, 64).numbers.tolist()
        cluster.nodes[2].kill()
        with pytest.raises(StoreUnreachable):
            store.lookup(wide, 64)
        with pytest.raises(StoreError):
            store.put([version(f"e{place}", 0) for place in range(30)])
        cluster.nodes[2].start()
        cluster.wait_until_whole()
        assert store.lookup(wide, 64).numbers.tolist() == whole
        store.put([version(f"e{place}", 0) for place in range(30)])
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


def busiest_slots(cluster: Cluster, count: int) -> list[int]:
    """Return the slots of the first node that hold most keys."""
    with redis.RedisCluster(host="127.0.0.1", port=cluster.nodes[0].port, password=PASSWORD) as client:
        keys = list(client.scan_iter(count=1000, target_nodes=client.get_node("127.0.0.1", cluster.nodes[0].port)))
        slots = [client.keyslot(key) for key in keys]
    return sorted(set(slots), key=slots.count, reverse=True)[:count]


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

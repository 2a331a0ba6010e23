"""What each durability setting loses of what was acknowledged: real servers, real Sentinels, two writers, one fault.

The figures are those of the table in docs/operations.md; `--log-cli-level=INFO` shows them.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from faults.served import opened, own, served, swept, version
from servers.cluster import Cluster, running_cluster
from servers.network import Network, network
from servers.sentinel import MASTER, Sentinels, running_sentinels
from servers.server import running

from dedup.errors import StoreError
from dedup.stores.base import Store

pytestmark = pytest.mark.trust
log = logging.getLogger(__name__)

BATCH = 20
BEFORE, AFTER = 3.0, 10.0  # seconds of writing before the fault, and after it
PARTED = 5.0
TOO_FEW_REPLICAS = "--min-replicas-to-write", "1"


class Writer(threading.Thread):
    """Puts batch after batch; one that fails is put again, until time is up."""

    def __init__(self, url: str, name: str, end: float) -> None:
        """Start writing."""
        super().__init__(daemon=True)
        self._url, self._name, self._end = url, name, end
        self.acknowledged: dict[str, float] = {}
        self.start()

    def run(self) -> None:
        """Write until the time is up, and keep when each document was acknowledged."""
        with opened(self._url) as store:
            while time.monotonic() < self._end:
                names = [f"{self._name}{len(self.acknowledged) + place}" for place in range(BATCH)]
                if self._put(store, names):
                    self.acknowledged |= dict.fromkeys(names, time.monotonic())

    def _put(self, store: Store, names: list[str]) -> bool:
        while time.monotonic() < self._end:
            with contextlib.suppress(StoreError):
                store.put([version(name, 0) for name in names], own)
                return True
            time.sleep(0.1)
        return False


def kill(sentinels: Sentinels, _: Network) -> None:
    """Kill the master."""
    sentinels.servers[0].kill()


def part(_: Sentinels, net: Network) -> None:
    """Cut the master and the clients off from replicas and Sentinels for five seconds."""
    net.part("server0", "client")
    time.sleep(PARTED)
    net.part()


def fail_over(sentinels: Sentinels, _: Network) -> None:
    """Have the Sentinels make a replica master while all are well."""
    sentinels.ask("SENTINEL", "FAILOVER", MASTER)


FAULTS: dict[str, Callable[[Sentinels, Network], None]] = {"kill": kill, "part": part, "failover": fail_over}
SETTINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "memory": ("memory", ()),
    "memory, min-replicas-to-write 1": ("memory", TOO_FEW_REPLICAS),
    "replica": ("replica", ()),
}


@contextlib.contextmanager
def written(url: str, fault: Callable[[], None], after: float = AFTER) -> Iterator[tuple[dict[str, float], float]]:
    """Have two writers at work while a fault happens; give what was acknowledged when, and when the fault began."""
    end = time.monotonic() + BEFORE + after
    with opened(url) as store:
        store.put([version("first", 0)], own)
    writers = [Writer(url, name, end) for name in ("a", "b")]
    time.sleep(BEFORE)
    struck = time.monotonic()
    fault()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
    yield writers[0].acknowledged | writers[1].acknowledged, struck


def lost_of(store: Store, acknowledged: dict[str, float]) -> list[str]:
    """Return which documents are not there; repair the index, put these again, and hold all to be whole then."""
    names = list(acknowledged)
    before = [name for name, one in zip(names, store.get(names), strict=True) if one is None]
    swept(store)
    lost = [name for name, one in zip(names, store.get(names), strict=True) if one is None]
    assert set(before) <= set(lost)
    outcomes = store.put([version(name, 0) for name in lost], own)
    assert outcomes == ["put"] * len(lost)
    assert all(one is not None for one in store.get(names))
    assert [served(store, name, [0]) for name in [*lost[:50], *names[-50:]]] == [0] * (len(lost[:50]) + 50)
    assert store.check(own, repair=False).sound
    return lost


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_loss_through_sentinel(redis_path: str, tmp_path: Path, setting: str, fault: str) -> None:
    """`replica` loses nothing; `memory` only what was acknowledged in the second of the failover or while cut off."""
    durability, options = SETTINGS[setting]
    after = AFTER + (2 * PARTED if fault == "part" else 0)  # a call that was cut off is given up after some seconds
    with network() as net, running_sentinels(redis_path, tmp_path, *options, replicas=2, network=net) as sentinels:
        url = f"{sentinels.url}?durability={durability}"
        strike = partial(FAULTS[fault], sentinels, net)
        with written(url, strike, after) as (acknowledged, struck), opened(url) as store:
            lost = lost_of(store, acknowledged)
            before = sum(moment < struck for moment in acknowledged.values())
            late = max((acknowledged[name] - struck for name in lost), default=0.0)
            sizes = f"lost {len(lost):,} of {len(acknowledged):,}, {before / BEFORE:,.0f} puts/s"
            log.info("%s | %s | %s, the last lost one acknowledged %.1f s after the fault", setting, fault, sizes, late)
            assert len(acknowledged) > 10 * BATCH
            assert any(moment > struck + PARTED for moment in acknowledged.values())  # the writers went on
            if durability == "replica":
                assert not lost
            assert all(-1.0 <= acknowledged[name] - struck <= 3.0 for name in lost)


@pytest.mark.parametrize("durability", ["memory", "fsync"])
def test_loss_of_a_single_server(valkey_path: str, tmp_path: Path, durability: str) -> None:
    """A server that is killed and comes back has all that was acknowledged."""
    with running(valkey_path, tmp_path / "server") as server:
        url = f"{server.url()}?durability={durability}"

        def restart() -> None:
            server.kill()
            server.start()

        with written(url, restart, after=3.0) as (acknowledged, struck), opened(url) as store:
            lost = lost_of(store, acknowledged)
            before = sum(moment < struck for moment in acknowledged.values())
            sizes = f"lost {len(lost):,} of {len(acknowledged):,}, {before / BEFORE:,.0f} puts/s"
            log.info("one server, %s | kill | %s", durability, sizes)
            assert not lost


def test_loss_of_a_cluster(redis_path: str, tmp_path: Path) -> None:
    """A cluster of three, each of whose nodes is killed and comes back in turn, has all that was acknowledged."""
    with running_cluster(redis_path, tmp_path) as cluster:

        def restart() -> None:
            for node in cluster.nodes:
                node.kill()
                node.start()
                cluster.wait_until_whole()

        with written(cluster.url, restart) as (acknowledged, struck), opened(cluster.url) as store:
            lost = lost_of(store, acknowledged)
            before = sum(moment < struck for moment in acknowledged.values())
            sizes = f"lost {len(lost):,} of {len(acknowledged):,}, {before / BEFORE:,.0f} puts/s"
            log.info("cluster, memory | kill | %s", sizes)
            assert not lost


def replaced(cluster: Cluster) -> None:
    """Kill a master, and start it again once its replica has taken over."""
    cluster.nodes[1].kill()
    deadline = time.monotonic() + 30
    while cluster.replication(cluster.replicas[1])["role"] != "master":
        assert time.monotonic() < deadline, "no replica takes over"
        time.sleep(0.05)
    cluster.nodes[1].start()


def handed_over(cluster: Cluster) -> None:
    """Have a replica take over while all are well."""
    cluster.ask(cluster.replicas[1], "CLUSTER", "FAILOVER")


CLUSTER_FAULTS: dict[str, Callable[[Cluster], None]] = {"kill": replaced, "failover": handed_over}


@pytest.mark.parametrize("fault", CLUSTER_FAULTS)
@pytest.mark.parametrize("durability", ["memory", "replica"])
def test_loss_through_a_clusters_replicas(redis_path: str, tmp_path: Path, durability: str, fault: str) -> None:
    """Where a replica takes over, `replica` loses nothing, `memory` only what was acknowledged around that moment."""
    with running_cluster(redis_path, tmp_path, replicas=True) as cluster:
        url = f"{cluster.url}?durability={durability}"
        with written(url, lambda: CLUSTER_FAULTS[fault](cluster)) as (acknowledged, struck), opened(url) as store:
            lost = lost_of(store, acknowledged)
            before = sum(moment < struck for moment in acknowledged.values())
            sizes = f"lost {len(lost):,} of {len(acknowledged):,}, {before / BEFORE:,.0f} puts/s"
            log.info("cluster with replicas, %s | %s | %s", durability, fault, sizes)
            assert any(moment > struck + PARTED for moment in acknowledged.values())  # the writers went on
            assert cluster.replication(cluster.replicas[1])["role"] == "master"
            if durability == "replica":
                assert not lost
            assert all(-1.0 <= acknowledged[name] - struck <= 3.0 for name in lost)

"""A Redis Cluster of three masters, with or without replicas, made as `redis-cli --cluster create` makes it."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from servers.server import PASSWORD, Server, free_port, killed_in_the_end

SLOTS = 16384


class Cluster:
    """Three nodes that share the slots, and perhaps a replica of each."""

    def __init__(self, nodes: list[Server], replicas: list[Server]) -> None:
        """Share the slots among the nodes, give each its replica, and wait until all agree."""
        self.nodes, self.replicas = nodes, replicas
        bounds = [place * SLOTS // len(nodes) for place in range(len(nodes) + 1)]
        for node, first, end in zip(nodes, bounds, bounds[1:], strict=False):
            self.ask(node, "CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            self.ask(node, "CLUSTER", "SET-CONFIG-EPOCH", nodes.index(node) + 1)
        for node in [*nodes[1:], *replicas]:
            self.ask(nodes[0], "CLUSTER", "MEET", "127.0.0.1", node.port, self.bus(node))
        self.wait_until_whole()
        for node, replica in zip(nodes, replicas, strict=False):
            self.ask(replica, "CLUSTER", "REPLICATE", self._id(node))
        self.wait_until_in_step()

    @property
    def url(self) -> str:
        """The cluster's URL: one node leads to all."""
        return self.nodes[0].url("redis+cluster")

    def ask(self, node: Server, *command: object) -> object:
        """Send a node one command."""
        with node.client() as client:
            return client.execute_command(*command)

    def bus(self, node: Server) -> int:
        """Return the port that a node's peers use."""
        return int((node.folder / "bus").read_text())

    def wait_until_whole(self) -> None:
        """Wait until each node sees every slot served by a reachable node."""
        deadline = time.monotonic() + 30
        while not all(self._sees_all(node) for node in [*self.nodes, *self.replicas]):
            assert time.monotonic() < deadline, "the cluster does not come together"
            time.sleep(0.05)

    def wait_until_in_step(self) -> None:
        """Wait until each replica has what its master has."""
        deadline = time.monotonic() + 30
        while not all(self.replication(replica).get("master_link_status") == "up" for replica in self.replicas):
            assert time.monotonic() < deadline, "the replicas do not follow"
            time.sleep(0.05)

    def replication(self, node: Server) -> dict[str, object]:
        """Return what a node says of its role."""
        with node.client() as client:
            return dict(client.info("replication"))

    def move(self, slot: int, source: Server, target: Server) -> Iterator[int]:
        """Move a slot, key by key, as a reshard does; yield the keys moved after each step."""
        ids = {node.port: self._id(node) for node in (source, target)}
        self.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source.port])
        self.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target.port])
        moved = 0
        while keys := self.keys(source, slot):
            for key in keys:
                self._migrate(source, target, key)
            moved += len(keys)
            yield moved
        for node in (target, source, *(node for node in self.nodes if node not in {source, target})):
            self.ask(node, "CLUSTER", "SETSLOT", slot, "NODE", ids[target.port])

    def _migrate(self, source: Server, target: Server, key: bytes) -> None:
        self.ask(source, "MIGRATE", "127.0.0.1", target.port, key, 0, 5000, "AUTH", PASSWORD)

    def keys(self, node: Server, slot: int) -> list[bytes]:
        """Return some of the keys of a slot that a node has, none if it has none."""
        keys = self.ask(node, "CLUSTER", "GETKEYSINSLOT", slot, 10)
        assert isinstance(keys, list)
        return keys

    def _id(self, node: Server) -> str:
        name = self.ask(node, "CLUSTER", "MYID")
        return name.decode() if isinstance(name, bytes) else str(name)

    def _sees_all(self, node: Server) -> bool:
        known = str(len(self.nodes) + len(self.replicas))
        try:
            with node.client() as client:
                info = client.execute_command("CLUSTER INFO")
                return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == known)
        except redis.RedisError:
            return False


@contextlib.contextmanager
def running_cluster(binary: str, folder: Path, *options: str, replicas: bool = False) -> Iterator[Cluster]:
    """Run three nodes while the block lasts, and as many replicas if they are wanted."""
    with killed_in_the_end([]) as nodes:
        for name in "abcdef" if replicas else "abc":
            bus, node = free_port(), folder / name
            own = "--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-node-timeout", "2000"
            nodes.append(Server(binary, node, *own, *options))
            (node / "bus").write_text(str(bus))
        yield Cluster(nodes[:3], nodes[3:])

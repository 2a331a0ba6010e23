"""The servers of the tests, for the benchmarks: a Redis of its own for each measurement, or a cluster of three."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # where the helpers are, and where they find each other

from servers.cluster import running_cluster
from servers.server import PASSWORD, Server, redis_binary, running

__all__ = ["PASSWORD", "Server", "redis_binary", "served", "used"]


@contextmanager
def served(kind: str) -> Iterator[list[Server]]:
    """Run a server ("redis"), or three that share the slots ("cluster"), while the block lasts."""
    binary = redis_binary() or "redis-server"
    with tempfile.TemporaryDirectory() as folder:
        if kind == "redis":
            with running(binary, Path(folder)) as server:
                yield [server]
        else:
            with running_cluster(binary, Path(folder)) as cluster:
                yield list(cluster.nodes)


def used(servers: list[Server]) -> int:
    """Return the memory that the servers say their data take."""
    total = 0
    for server in servers:
        with server.client() as client:
            total += int(client.info("memory")["used_memory"])
    return total

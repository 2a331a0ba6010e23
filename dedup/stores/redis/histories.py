"""Which history of the servers a batch belongs to, so that no part of it ends up in another.

A server names what it holds by its replication id: a restart begins another history, and so does a replica that becomes
master, which may lack what the old one acknowledged last. Every connection is asked for it once, when it is made.
"""

from threading import local
from typing import Any, NamedTuple

import redis

from dedup.errors import StoreUnreachable


class ServersChanged(StoreUnreachable):
    """A server restarted or failed over in the middle of a batch, which may have lost a part of it."""


class History(NamedTuple):
    """What a connection leads to.

    Attributes:
        address: host and port, as Sentinel names them.
        name: the replication id; empty where the server tells none.
    """

    address: tuple[str, int]
    name: bytes


def ask_history(connection: Any) -> bytes:
    """Keep in a new connection which history it leads to; return the server's role.

    Raises:
        RedisError: the server does not say.
    """
    connection.send_command("INFO", "replication")
    lines = bytes(connection.read_response(disable_decoding=True)).split(b"\r\n")
    told = dict(line.partition(b":")[::2] for line in lines if b":" in line)
    address = getattr(connection, "host", ""), int(getattr(connection, "port", 0))
    connection.history = History(address, told.get(b"master_replid", b""))
    return told.get(b"role", b"master")


def greet(connection: Any) -> None:
    """Make a new connection ready as redis-py does, and learn its history."""
    connection.on_connect()
    ask_history(connection)


def greet_master(connection: Any) -> None:
    """Do the same, and refuse a server that is no master, which Sentinel has just been asked for."""
    connection.on_connect()
    if ask_history(connection) != b"master":
        raise redis.ConnectionError(f"{connection.host}:{connection.port} is not the master any more")


class Batch(local):
    """The histories that this thread's batch has met so far.

    Attributes:
        met: by server; None while no batch is under way.
        masters: the servers that shared the slots of a cluster when it began.
        repeated: whether a request was sent again, so that it may have been done before its reply was lost.
    """

    def __init__(self) -> None:
        """No batch is under way."""
        self.met: dict[object, History] | None = None
        self.masters: frozenset[str] = frozenset()
        self.repeated = False

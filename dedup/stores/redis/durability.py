"""Confirming a batch before it is acknowledged: by the master itself, by its disk, or by a replica.

A replica and a log take what a server is given in its order, so one write that is known to be there speaks for all
writes before it.
"""

import uuid
from typing import Any, Literal, get_args

from redis import exceptions

from dedup.errors import InvalidURL, StoreError, StoreUnreachable
from dedup.patience import patiently
from dedup.stores.redis.requests import Request, Wire, pack
from dedup.stores.redis.sentinels import Sentinels

Kind = Literal["memory", "fsync", "replica"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_WAIT_MS = 1_000  # not measured: shorter than any sensible socket timeout; it is waited for again
_PAUSES = 0.02, 1.0  # seconds; not measured
_BEAT_SECONDS = 5  # not measured: what is written to be waited for is of no use afterwards


class Unconfirmed(StoreUnreachable):
    """What was written is not known to be safe."""


class Durability:
    """What must have happened to a batch before it is acknowledged."""

    def __init__(self, wire: Wire, kind: Kind, sentinels: Sentinels | None, namespace: bytes, patience: float) -> None:
        """Ask for what the kind says, and for as long.

        Args:
            wire: the servers.
            kind: `memory`: they have it; `fsync`: it is on their disks; `replica`: each has sent it to a replica.
            sentinels: who say which server is the master.
            namespace: what all keys of the index begin with.
            patience: for how many seconds a confirmation is waited for.
        """
        self._wire, self._kind, self._sentinels, self._patience = wire, kind, sentinels, patience
        self._stem = b"%b:beat" % namespace

    def hold(self) -> None:
        """Refuse a server that cannot sync on demand.

        Raises:
            InvalidURL: `fsync` was asked for, and the server has no WAITAOF or no log.
        """
        if self._kind != "fsync":
            return
        for key in self._wire.spread(self._stem):
            try:
                self._wire.one((key, pack(b"WAITAOF", 1, 0, 1), 1))
            except StoreError as error:
                if not isinstance(error.__cause__, exceptions.ResponseError):
                    raise
                raise InvalidURL(
                    f"index {self._wire.name}: durability=fsync needs a server that has WAITAOF (Redis 7.2, Valkey 8) "
                    f"and `appendonly yes`; this one says: {error.__cause__}"
                ) from error

    def confirm(self) -> None:
        """Return once what this thread's batch has written is as safe as was asked for.

        Raises:
            ServersChanged: the server is not the master any more.
            Unconfirmed: the confirmation did not come.
        """
        if self._sentinels or self._kind != "memory":
            may_pass = lambda error: isinstance(error, Unconfirmed)  # noqa: E731 - it is used here alone
            patiently(self._confirm, may_pass, seconds=self._patience, pauses=_PAUSES)

    def _confirm(self) -> None:
        if self._kind != "memory":
            self._settle()
        # asked last: what was confirmed before a failover began is with a server that may become master
        if self._sentinels and not self._sentinels.agree_on(self._wire.address, self._wire.name):
            raise Unconfirmed(
                f"index {self._wire.name}: its Sentinels are about to name another master, or most do not answer; "
                "see that they run, then put the batch again"
            )

    def _settle(self) -> None:
        replies = self._wire.ask([self._beat(key) for key in self._wire.spread(self._stem)])
        if not all(map(_is_confirmed, replies)):
            who = "replica" if self._kind == "replica" else "disk"
            raise Unconfirmed(
                f"index {self._wire.name}: no {who} has confirmed the batch within {self._patience:.0f} s "
                f"(durability={self._kind}); see that each server has one that is well, then put the batch again"
            )

    def _beat(self, key: bytes) -> Request:
        """Return a write, and the wait for it."""
        write = pack(b"SET", key, uuid.uuid4().bytes, b"EX", _BEAT_SECONDS)
        wait = pack(b"WAIT", 1, _WAIT_MS) if self._kind == "replica" else pack(b"WAITAOF", 1, 0, _WAIT_MS)
        return key, write + wait, 2


def _is_confirmed(reply: Any) -> bool:
    """Return whether WAIT (replicas) or WAITAOF (disks, replicas' disks) has counted anybody."""
    return bool(reply[0] if isinstance(reply, list) else reply)

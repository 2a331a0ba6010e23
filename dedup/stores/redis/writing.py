"""What every write goes through: the journal of writers, and the choice between a bucket's shard and its own set."""

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreError, StoreFull, StoreUnreachable
from dedup.stores.base import Numbers
from dedup.stores.names import Names
from dedup.stores.redis import records
from dedup.stores.redis.histories import ServersChanged
from dedup.stores.redis.layout import Layout, numbers_of
from dedup.stores.redis.postings import Shards, numbers_in, own_key
from dedup.stores.redis.records import Writer, pack_numbers, writers_in
from dedup.stores.redis.requests import Request, Wire, command, pack, transaction
from dedup.stores.session import exhausted

_HEAVY = 16  # ADR 5: found 31 of the hot buckets of 20,000 articles, .07 bytes a posting; other values not measured
_SHARDS_AT_ONCE, _WALK, _FEW_KEYS = 2_000, 10_000, 20_000  # not measured: bound what one reply holds
_FULL_SHARD = 96  # ADR 5: below 128, where a packed list ends for good; other values not measured
_LOOK_AT = 8  # ADR 5: a shard in eight; other values not measured
PASSED_OVER = 1 << 18
"""Chunk numbers passed over after a restart or failover: what two writers at full speed use up in 30 s (ADR 11)."""


class Journal:
    """One writer's stay in the journal: from before its first write until nothing is left to clean up.

    Attributes:
        first: the first of the chunk numbers that nobody else has or had.
        added: postings that it put, less those that it deleted.
        chunks: living chunks that it added, less those that it replaced or removed.
        doubtful: whether a reply was lost for good, so that what there is to clean up must be looked for.
        dead: the entries of other writers that have died and were not cleaned up after, by token.
    """

    def __init__(
        self, wire: Wire, layout: Layout, numbers: int = 0, olds: Iterable[int] = (), *, judged: bool = False
    ) -> None:
        """Be ready to enter, and to take that many chunk numbers.

        Args:
            wire: the servers.
            layout: the index.
            numbers: how many.
            olds: the documents that are to go.
            judged: others wait to see what becomes of what is written, so that it must be soon.
        """
        self._judged = judged
        self._wire, self._layout, self._numbers = wire, layout, numbers
        self._olds = pack_numbers(olds)
        self.first = 0
        self._token, self._began = uuid.uuid4().bytes, time.monotonic()
        self._entry = Writer(0, 0)
        self._is_given_up = False
        self.added = self.chunks = 0
        self.doubtful = False
        self.dead: dict[bytes, Writer] = {}

    def __enter__(self) -> Self:
        """Enter the journal: the numbers from the present one on are protected from sweeps, and readers take care.

        A full server takes no entry: a removal, which needs no numbers, goes on without.
        """
        try:
            self._enter()
        except StoreFull:
            if self._numbers:
                raise
        return self

    def _enter(self) -> None:
        pending, layout = self._layout.pending, self._layout
        (seconds, _), floor, header = self._wire.ask(
            [(pending, pack(b"TIME"), 1), command(b"GET", layout.seq), layout.header]
        )
        layout.hold(header)
        first = records.AWAITED if self._numbers else 0
        self._entry = Writer(int(seconds), int(floor or 0), first, first)
        end, epoch = self._take_numbers()
        if self._numbers and epoch != self._wire.history(layout.seq):
            self._begin_epoch()
            end, _ = self._take_numbers()
        self.first = end - self._numbers
        if end > records.AWAITED:
            raise exhausted(self._wire.name)
        if self._numbers:
            self._entry = self._entry._replace(first=self.first, end=end)
        if self._numbers or self._olds:
            self._wire.ask([*self._name_olds(), self._enlist()])

    def _take_numbers(self) -> tuple[int, bytes | None]:
        """Enter; return the end of the numbers taken and their epoch, and learn who has died."""
        layout, start = self._layout, self._layout.known
        everybody = command(b"HGETALL", layout.pending)
        numbers = command(b"INCRBY", layout.seq, self._numbers)
        _, entries, end, *shape = self._wire.ask([self._enlist(), everybody, numbers, *layout.refresh()])
        layout.take(start, shape)
        others = writers_in(entries)
        del others[self._token]
        self.dead = {token: one for token, one in others.items() if one.began and one.is_dead(self._entry.began)}
        return int(end), shape[0][2]

    def _begin_epoch(self) -> None:
        """Pass over the numbers that the server may have given out and forgotten: it restarted or failed over."""
        layout = self._layout
        epoch = command(b"SET", layout.epoch, self._wire.history(layout.seq))
        self._wire.one(transaction(layout.seq, [command(b"INCRBY", layout.seq, PASSED_OVER), epoch]))

    def _name_olds(self) -> list[Request]:
        return [command(b"HSET", self._layout.olds, self._token, self._olds)] if self._olds else []

    def _enlist(self) -> Request:
        return command(b"HSET", self._layout.pending, self._token, self._entry.pack())

    def hold(self) -> None:
        """Refuse to go on after so long a pause that a sweep may soon take this writer for dead."""
        taken = time.monotonic() - self._began
        if self._judged and taken > records.AWAITED_SECONDS / 3:
            raise ServersChanged(
                f"index {self._wire.name}: this batch took {taken:.0f} s, and other writers wait for it; put it again"
            )
        if taken > records.LEASE / 2:
            raise StoreUnreachable(f"index {self._wire.name}: the servers were too slow for this batch; put it again")

    def leave(self) -> None:
        """Count what was done, and leave the journal."""
        count(self._wire, self._layout, postings=self.added, chunks=self.chunks)
        if not self.doubtful:
            self._wire.ask(strike(self._layout, [self._token]))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave if all was done; after an error give up."""
        if error is None:
            self.leave()
            return
        with suppress(StoreError), self._wire.steady():  # whatever server it is by now
            self.give_up(patience=0)

    def give_up(self, *, patience: float | None = None) -> None:
        """Set the start of an entry that an error has left back, so that others clean up after 10 s."""
        if not self._is_given_up and self._entry.began:
            self._is_given_up = True
            self._entry = self._entry._replace(began=self._entry.began - records.LEASE + records.LAST_WORDS)
        if self._wire.one(command(b"HEXISTS", self._layout.pending, self._token), patience=patience):
            self._wire.one(self._enlist(), patience=patience)


def strike(layout: Layout, tokens: Sequence[bytes]) -> list[Request]:
    """Return the requests that strike writers out of the journal."""
    return [command(b"HDEL", key, *tokens) for key in (layout.olds, layout.pending)]


def count(wire: Wire, layout: Layout, **changes: int) -> None:
    """Add to the index's counters; a full server keeps the old ones, until a sweep counts anew."""
    requests = [command(b"HINCRBY", layout.counts, name.encode(), change) for name, change in changes.items() if change]
    with suppress(StoreFull):
        wire.ask(requests)


class PostingWriter:
    """Writes and deletes postings, and finds out which buckets are hot."""

    def __init__(self, wire: Wire, layout: Layout) -> None:
        """Work on an open index."""
        self._wire, self._layout = wire, layout
        self._turn = 0
        self._seen: dict[tuple[bytes, int], int] = {}

    def put(self, names: Names, numbers: Numbers) -> int:
        """Write postings, in any order; return how many are new."""
        names, numbers = _sorted(names, numbers)
        self._register_heavy(names)
        layout = self._layout
        hot = layout.is_hot(names)
        cold_names, cold_numbers = names[~hot], numbers[~hot]
        own = self._own(names[hot], numbers[hot], b"ZADD")
        requests = [*layout.generations[0].write(cold_names, cold_numbers), *own]
        counted = len(requests)
        for further in layout.generations[1:]:
            requests += further.write(cold_names, cold_numbers)
        self._turn += 1
        shards = np.unique(layout.generations[0].shard_of(cold_names))
        looked_at = shards[(shards + np.uint64(self._turn)) % np.uint64(_LOOK_AT) == 0]
        keys = layout.generations[0].keys(looked_at)
        requests += [command(b"ZCARD", key) for key in keys]
        replies = self._wire.ask([*requests, command(b"HGET", layout.counts, b"postings")])
        average = int(replies[-1] or 0) >> layout.generations[0].bits
        sizes = zip(keys, looked_at.tolist(), replies[len(requests) - len(keys) : -1], strict=True)
        full = [(key, shard, size) for key, shard, size in sizes if size > max(_FULL_SHARD, 2 * average)]
        self._look_into(full)
        return int(sum(replies[:counted]))

    def delete(self, names: Names, numbers: Numbers) -> int:
        """Delete postings wherever they are; return how many there were."""
        names, numbers = _sorted(names, numbers)
        layout = self._layout
        hot = layout.is_hot(names)
        own = self._own(names[hot], numbers[hot], b"ZREM")
        requests = [*layout.generations[0].delete(names, numbers), *own]
        counted = len(requests)
        for further in layout.generations[1:]:
            requests += further.delete(names, numbers)
        return int(sum(self._wire.ask(requests)[:counted]))

    def walk(self) -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, some ten thousand at a time."""
        yield from walk_shards(self._wire, self._layout.generations[0])
        for name in sorted(self._layout.hot):
            after = b"-"
            while members := self._wire.one(
                command(b"ZRANGEBYLEX", own_key(self._layout.namespace, name), after, b"+", b"LIMIT", 0, _WALK)
            ):
                numbers = numbers_in([members])
                yield np.full(len(numbers), name, np.uint64), numbers
                after = b"(" + members[-1]

    def _own(self, names: Names, numbers: Numbers, verb: bytes) -> list[Request]:
        """Return requests that change hot buckets' own sets."""
        if not len(names):
            return []
        distinct, starts = np.unique(names, return_index=True)
        score = (b"0",) if verb == b"ZADD" else ()
        return [
            command(verb, own_key(self._layout.namespace, name), *(p for member in part for p in (*score, member)))
            for name, part in zip(distinct.tolist(), _split(numbers, starts), strict=True)
        ]

    def _register_heavy(self, names: Names) -> None:
        """Make those buckets hot of which one batch has many postings."""
        distinct, counts = np.unique(names, return_counts=True)
        heavy = distinct[counts >= _HEAVY]
        self._register([name for name in heavy.tolist() if name not in self._layout.hot])

    def _look_into(self, shards: list[tuple[bytes, int, int]]) -> None:
        """Make those buckets hot that fill a shard, so that it stays a packed list."""
        bits = self._layout.generations[0].bits
        grown = [one for one in shards if one[2] > self._seen.get((one[0], bits), 0) + _HEAVY]
        if not grown:
            return
        found = self._wire.ask([command(b"ZRANGE", key, 0, -1) for key, _, _ in grown])
        heavy: list[int] = []
        for (key, shard, size), members in zip(grown, found, strict=True):
            self._seen[key, bits] = size
            rests = np.frombuffer(b"".join([member[:4] for member in members]), ">u4")
            distinct, counts = np.unique(rests, return_counts=True)
            heavy += [(shard << (48 - bits)) | rest for rest in distinct[counts >= _HEAVY].tolist()]
        self._register([name for name in heavy if name not in self._layout.hot])

    def _register(self, names: list[int]) -> None:
        if names:
            self._wire.one(self._layout.register(names))
            self._layout.hot.update(names)


def walk_shards(wire: Wire, shards: Shards) -> Iterator[tuple[Names, Numbers]]:
    """Iterate over all postings of one generation, a few thousand shards at a time."""
    for some in _shards_there(wire, shards):
        found = wire.ask([command(b"ZRANGE", key, 0, -1) for key in shards.keys(some)])
        yield shards.postings(some, found)


def _shards_there(wire: Wire, shards: Shards) -> Iterator[NDArray[np.uint64]]:
    """Iterate over the numbers of all shards that may be there: of all, unless the servers hold few keys."""
    if sum(wire.each(lambda node: node.dbsize())) > _FEW_KEYS:
        for first in range(0, 1 << shards.bits, _SHARDS_AT_ONCE):
            yield np.arange(first, min(first + _SHARDS_AT_ONCE, 1 << shards.bits), dtype=np.uint64)
        return
    keys = {key for some in wire.keys(shards.prefix + b"*") for key in some}
    if keys:
        yield np.array(sorted(numbers_of(keys, shards.prefix, 16)), np.uint64)


def _split(numbers: Numbers, starts: NDArray[np.int64]) -> list[list[bytes]]:
    """Return the members of hot buckets' own sets, big-endian numbers, cut at `starts`."""
    return [part.view("V4").tolist() for part in np.split(numbers.astype(">u4"), starts[1:])]


def _sorted(names: Names, numbers: Numbers) -> tuple[Names, Numbers]:
    order = np.lexsort((numbers, names))
    return names[order], numbers[order]

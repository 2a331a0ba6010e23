"""Postings in LMDB: two levels of shards, each a key with a sorted run of 8-byte values.

A bucket is spread by an odd multiplier (minima of windows crowd at the low end) and named by the leading 48 bits of the
product. A level's first `bits` bits of the name are a shard's key, the rest and the chunk number one value
(`MDB_DUPSORT | MDB_DUPFIXED`), all big-endian, so that a sorted batch is written in one pass over the pages.

New postings go to the small `recent` level; each put then moves a slice of it, the next keys in turn, on to `settled`
(the rolling merge of O'Neil et al., The log-structured merge-tree, 1996). Without it every batch would rewrite almost
every 4 kB page of a large index; docs/adr/0002-lmdb-layout.md has the figures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.stores.base import Numbers, Postings
from dedup.stores.names import NAME_BITS, Names

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import lmdb

    Transaction = lmdb.Transaction[memoryview]

RECENT_MOST = 1 << 21  # ADR 2: half and double came out alike up to 160,000 documents
_POSTING = np.dtype([("shard", ">u4"), ("rest", ">u4"), ("number", ">u4")])
_WALK = 1 << 20  # not measured: bounds what is held at once


@dataclass(frozen=True, slots=True)
class _Level:
    """One database of postings whose shards are keyed by the first `bits` bits of a name."""

    database: "lmdb._Database"
    bits: int

    def pairs(self, names: Names, numbers: NDArray[np.unsignedinteger]) -> Iterator[tuple[bytes, bytes]]:
        rest_bits = np.uint64(NAME_BITS - self.bits)
        rest = names & np.uint64((1 << int(rest_bits)) - 1)
        values = (rest << np.uint64(32) | numbers).astype(">u8")
        return zip(self.keys(names >> rest_bits), values.view("V8").tolist(), strict=True)

    def keys(self, shards: NDArray[np.uint64]) -> list[bytes]:
        keys: list[bytes] = (shards << np.uint64(32 - self.bits)).astype(">u4").view("V4").tolist()
        return keys

    def read(self, txn: "Transaction", keys: list[bytes]) -> tuple[Names, NDArray[np.uint32]]:
        """Return the names and (big-endian) numbers in these shards, sorted by name, then number."""
        with txn.cursor(self.database) as cursor:
            found = np.frombuffer(cursor.getmulti(keys, dupdata=True, dupfixed_bytes=8, keyfixed=True), _POSTING)
        return found["shard"].astype(np.uint64) << np.uint64(16) | found["rest"], found["number"]

    def put(self, txn: "Transaction", names: Names, numbers: NDArray[np.unsignedinteger]) -> None:
        """Write postings sorted by name, then number; what is there already stays."""
        with txn.cursor(self.database) as cursor:
            cursor.putmulti(self.pairs(names, numbers))

    def delete(self, txn: "Transaction", names: Names, numbers: NDArray[np.unsignedinteger]) -> None:
        with txn.cursor(self.database) as cursor:
            for key, value in self.pairs(names, numbers):
                if cursor.set_key_dup(key, value):
                    cursor.delete()

    def entries(self, txn: "Transaction") -> int:
        return txn.stat(self.database)["entries"]

    def lookup(self, txn: "Transaction", names: Names, limit: int) -> Postings:
        shards = np.unique(names >> np.uint64(NAME_BITS - self.bits))
        found, numbers = self.read(txn, self.keys(shards))
        first = found.searchsorted(names)
        counts = found.searchsorted(names, side="right") - first
        offsets = np.concatenate(([0], np.minimum(counts, limit).cumsum()))
        places = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], np.diff(offsets))
        return Postings(counts.astype(np.uint32), offsets, numbers[places].astype(np.uint32))

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings in order, about a million at a time.

        Every key that can be is asked for: LMDB notices a destroyed page on the way to a key, and dies of one that it
        meets on the way from key to key.
        """
        entries = self.entries(txn)
        if not entries:
            return
        walked, step = 0, max(1, (_WALK << self.bits) // max(_WALK, entries))
        for first in range(0, 1 << self.bits, step):
            shards = np.arange(first, min(first + step, 1 << self.bits), dtype=np.uint64)
            names, numbers = self.read(txn, self.keys(shards))
            walked += len(numbers)
            yield names, numbers.astype(np.uint32)
        if walked != entries:
            raise StoreDamaged(
                f"the index counts {entries:,} postings where {walked:,} are found; restore it from a backup, "
                "or copy it into another index"
            )


@dataclass(frozen=True, slots=True)
class PostingLevels:
    """All postings of an index: those of the last few thousand documents, and the settled rest."""

    recent: _Level
    settled: _Level

    @classmethod
    def open(cls, environment: "lmdb.Environment", txn: "Transaction | None", *, create: bool) -> Self:
        """Open the two databases, or create them."""

        def level(name: bytes, bits: int) -> _Level:
            return _Level(environment.open_db(name, txn, create=create, dupsort=True, dupfixed=True), bits)

        return cls(level(b"recent", 16), level(b"settled", 20))

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings, in any order; what is there already stays."""
        order = np.lexsort((numbers, names))
        self.recent.put(txn, names[order], numbers[order])

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings wherever they are; those that are nowhere do no harm."""
        order = np.lexsort((numbers, names))
        for level in (self.recent, self.settled):
            if level.entries(txn):
                level.delete(txn, names[order], numbers[order])

    def settle(self, txn: "Transaction", shard: int, added: int) -> int:
        """Move the recent postings of the shards from `shard` on, half as many again as were added.

        Returns:
            The shard to go on from the next time.
        """
        held = self.recent.entries(txn)
        if held <= RECENT_MOST:
            return shard
        end = min(shard + 1 + (3 * added << self.recent.bits) // (2 * held), 1 << self.recent.bits)
        keys = self.recent.keys(np.arange(shard, end, dtype=np.uint64))
        self.settled.put(txn, *self.recent.read(txn, keys))
        with txn.cursor(self.recent.database) as cursor:
            for key in keys:
                if cursor.set_key(key):
                    cursor.delete(dupdata=True)
        return end % (1 << self.recent.bits)

    def lookup(self, txn: "Transaction", names: Names, limit: int) -> Postings:
        """Read what the names list, at most `limit` numbers of each."""
        recent = self.recent.lookup(txn, names, limit)
        if not self.settled.entries(txn):
            return recent
        return _merge(self.settled.lookup(txn, names, limit), recent, limit)

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, about a million at a time, in no order that holds across the two levels."""
        yield from self.recent.walk(txn)
        yield from self.settled.walk(txn)

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings, without reading them."""
        return self.recent.entries(txn) + self.settled.entries(txn)


@dataclass(frozen=True, slots=True)
class BoundLevels:
    """All postings; each call is in the transaction that `begin` gives."""

    levels: PostingLevels
    begin: "Callable[[], AbstractContextManager[Transaction]]"

    def walk(self) -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings; see `PostingLevels.walk`."""
        with self.begin() as txn:
            yield from self.levels.walk(txn)

    def put(self, names: Names, numbers: Numbers) -> None:
        """Write postings; see `PostingLevels.put`."""
        with self.begin() as txn:
            self.levels.put(txn, names, numbers)

    def delete(self, names: Names, numbers: Numbers) -> None:
        """Delete postings; see `PostingLevels.delete`."""
        with self.begin() as txn:
            self.levels.delete(txn, names, numbers)


def _merge(one: Postings, other: Postings, limit: int) -> Postings:
    """Merge two answers to the same question, keeping the lowest `limit` numbers of each bucket."""
    buckets = np.concatenate([np.repeat(np.arange(len(part.counts)), np.diff(part.offsets)) for part in (one, other)])
    numbers = np.concatenate((one.numbers, other.numbers))
    order = np.lexsort((numbers, buckets))
    offsets = one.offsets + other.offsets
    ranks = np.arange(len(order)) - np.repeat(offsets[:-1], np.diff(offsets))
    kept = order[ranks < limit]
    lengths = np.minimum(np.diff(offsets), limit)
    return Postings(one.counts + other.counts, np.concatenate(([0], lengths.cumsum())), numbers[kept])

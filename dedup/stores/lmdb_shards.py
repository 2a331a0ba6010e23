"""Settled postings in LMDB: shards, each a key with a sorted run of 8-byte values.

A level's first `bits` bits of a bucket's name are a shard's key, the rest and the chunk number one value
(`MDB_DUPSORT | MDB_DUPFIXED`), all big-endian, so that a sorted slice is written in one pass over the pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.stores.base import Numbers
from dedup.stores.gathering import Gathering, Places
from dedup.stores.names import NAME_BITS, Names

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

_POSTING = np.dtype([("shard", ">u4"), ("rest", ">u4"), ("number", ">u4")])
_WALK = 1 << 20  # not measured: bounds what is held at once


@dataclass(frozen=True, slots=True)
class Shards:
    """One database of postings whose shards are keyed by the first `bits` bits of a name."""

    database: "lmdb._Database"
    bits: int

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings sorted by name, then number; what is there already stays."""
        with txn.cursor(self.database) as cursor:
            cursor.putmulti(self._pairs(names, numbers))

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete sorted postings; those that are nowhere do no harm."""
        with txn.cursor(self.database) as cursor:
            for key, value in self._pairs(names, numbers):
                if cursor.set_key_dup(key, value):
                    cursor.delete()

    def lookup(self, txn: "Transaction", names: Names, into: Gathering) -> Places:
        """Add what the names (ascending) list; return how many postings of each there are."""
        first, counts, numbers = self._find(txn, names)
        there = np.flatnonzero(counts)
        into.add(there, counts[there], first[there], lambda places: numbers[places].astype(np.uint32))
        return counts

    def counts(self, txn: "Transaction", names: Names) -> Places:
        """Return how many postings of each name (ascending) there are."""
        return self._find(txn, names)[1]

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
            names, numbers = self._read(txn, shards)
            walked += len(numbers)
            yield names, numbers.astype(np.uint32)
        if walked != entries:
            raise StoreDamaged(
                f"the index counts {entries:,} postings where {walked:,} are found; restore it from a backup, "
                "or copy it into another index"
            )

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings, without reading them."""
        return txn.stat(self.database)["entries"]

    def _find(self, txn: "Transaction", names: Names) -> tuple[Places, Places, NDArray[np.uint32]]:
        """Return where the postings of each name begin, how many there are, and the numbers that lie there."""
        shards = np.unique(names >> np.uint64(NAME_BITS - self.bits))
        found, numbers = self._read(txn, shards)
        first = found.searchsorted(names)
        return first, found.searchsorted(names, side="right") - first, numbers

    def _read(self, txn: "Transaction", shards: NDArray[np.uint64]) -> tuple[Names, NDArray[np.uint32]]:
        """Return the names and (big-endian) numbers in these shards, sorted by name, then number."""
        with txn.cursor(self.database) as cursor:
            data = cursor.getmulti(self._keys(shards), dupdata=True, dupfixed_bytes=8, keyfixed=True)
        found = np.frombuffer(data, _POSTING)
        return found["shard"].astype(np.uint64) << np.uint64(16) | found["rest"], found["number"]

    def _pairs(self, names: Names, numbers: Numbers) -> Iterator[tuple[bytes, bytes]]:
        rest_bits = np.uint64(NAME_BITS - self.bits)
        rest = names & np.uint64((1 << int(rest_bits)) - 1)
        values = (rest << np.uint64(32) | numbers).astype(">u8")
        return zip(self._keys(names >> rest_bits), values.view("V8").tolist(), strict=True)

    def _keys(self, shards: NDArray[np.uint64]) -> list[bytes]:
        keys: list[bytes] = (shards << np.uint64(32 - self.bits)).astype(">u4").view("V4").tolist()
        return keys

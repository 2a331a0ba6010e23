"""Settled postings in LMDB: shards, and beside them what a bucket has beyond the first numbers of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dedup.stores.base import Numbers
from dedup.stores.gathering import Gathering
from dedup.stores.lmdb_excess import Excess
from dedup.stores.lmdb_shards import Shards
from dedup.stores.names import Names

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

LISTED = 64  # as many as look-ups list unless more are asked for; part of the format
_OFTEN = 4  # not measured: of names that come in threes the shards are not asked, and get at most so many more


@dataclass(frozen=True, slots=True)
class Settled:
    """Shards, which alone a look-up reads of most buckets, and the excess of those of which they hold `LISTED`."""

    shards: Shards
    excess: Excess

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings sorted by name, then number; what the shards would have too much of is in excess."""
        distinct, first, counts = np.unique(names, return_index=True, return_counts=True)
        room = np.full(len(distinct), LISTED)
        often = counts >= _OFTEN
        room[often] -= self.shards.counts(txn, distinct[often])
        fits = np.arange(len(names)) - np.repeat(first, counts) < np.repeat(room, counts)
        self.shards.put(txn, names[fits], numbers[fits])
        self.excess.put(txn, names[~fits], numbers[~fits])

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete sorted postings; those that are nowhere do no harm."""
        if self.shards.entries(txn):
            self.shards.delete(txn, names, numbers)
        if self.excess.entries(txn):
            self.excess.delete(txn, names, numbers)
            self._fill(txn, np.unique(names))

    def _fill(self, txn: "Transaction", names: Names) -> None:
        """Let the shards have `LISTED` again of what is in excess: only then do look-ups ask for it."""
        lacking = LISTED - self.shards.counts(txn, names)
        some = lacking > 0
        moved = self.excess.first(txn, names[some], lacking[some])
        self.excess.delete(txn, *moved)
        self.shards.put(txn, *moved)

    def lookup(self, txn: "Transaction", names: Names, into: Gathering) -> None:
        """Add what the names (ascending) list."""
        if self.shards.entries(txn):
            counts = self.shards.lookup(txn, names, into)
            self.excess.lookup(txn, names, np.flatnonzero(counts >= LISTED), into)

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, about a million at a time."""
        yield from self.shards.walk(txn)
        yield from self.excess.walk(txn)

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings, without reading them."""
        return self.shards.entries(txn) + self.excess.entries(txn)

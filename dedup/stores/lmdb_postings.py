"""Postings in LMDB: the recent ones in runs, all others in shards.

A bucket is spread by an odd multiplier (minima of windows crowd at the low end) and named by the leading 48 bits of the
product. New postings are written as runs (`lmdb_runs`), in one piece; each put then moves a slice of the oldest, the
next names in turn, on to shards (`lmdb_settled`): the rolling merge of O'Neil et al., The log-structured merge-tree,
1996. Without it every batch would rewrite almost every 4 kB page of a large index.
docs/adr/0026-runs-and-excess.md has the figures.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol, Self

import lmdb
import numpy as np

from dedup.stores.base import Numbers, Postings
from dedup.stores.gathering import Gathering
from dedup.stores.lmdb_excess import Excess
from dedup.stores.lmdb_runs import Runs
from dedup.stores.lmdb_settled import Settled
from dedup.stores.lmdb_shards import Shards
from dedup.stores.names import Names

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    Transaction = lmdb.Transaction[memoryview]


class _Part(Protocol):
    """Some of the postings of an index."""

    def lookup(self, txn: "Transaction", names: Names, into: Gathering) -> object:
        """Add what the names (ascending) list."""

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings sorted by name, then number; those that are nowhere do no harm."""

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, about a million at a time."""

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings."""


@dataclass(frozen=True, slots=True)
class PostingLevels:
    """All postings of an index.

    Attributes:
        former: the recent ones of an index of format 1, which are read and never added to.
        settled: all but the recent ones.
        runs: the recent ones.
    """

    former: Shards | None
    settled: Settled
    runs: Runs

    @classmethod
    def open(cls, environment: lmdb.Environment, txn: "Transaction | None", *, create: bool) -> Self:
        """Open the databases; with `create` make those that are not there."""

        def opened(name: bytes, *, dup: bool = True, create: bool = create) -> "lmdb._Database | None":
            with suppress(lmdb.NotFoundError):
                return environment.open_db(name, txn, create=create, dupsort=dup, dupfixed=dup)
            return None

        former = opened(b"recent", create=False)
        shards = Shards(environment.open_db(b"settled", txn, create=create, dupsort=True, dupfixed=True), 20)
        settled = Settled(shards, Excess(opened(b"excess"), opened(b"names")))
        return cls(Shards(former, 16) if former else None, settled, Runs(opened(b"runs", dup=False)))

    @property
    def _parts(self) -> tuple[_Part, ...]:
        """All parts, the oldest postings first."""
        return (self.former, self.settled, self.runs) if self.former else (self.settled, self.runs)

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write the postings of new documents, in any order, and settle a quarter more than that."""
        self.runs.put(txn, names, numbers)
        self.settled.put(txn, *self.runs.take(txn, len(names) * 5 // 4 + 1))

    def mend(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings that are missing, in any order."""
        order = np.lexsort((numbers, names))
        self.settled.put(txn, names[order], numbers[order])

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings wherever they are; those that are nowhere do no harm."""
        order = np.lexsort((numbers, names))
        for part in self._parts:
            part.delete(txn, names[order], numbers[order])

    def lookup(self, txn: "Transaction", names: Names, limit: int) -> Postings:
        """Read what the names list, at most `limit` numbers of each."""
        order = np.argsort(names)
        gathering = Gathering(order, limit)
        for part in self._parts:
            part.lookup(txn, names[order], gathering)
        return gathering.answer()

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, about a million at a time, in no order that holds across the parts."""
        return chain.from_iterable(part.walk(txn) for part in self._parts)

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings, without reading them."""
        return sum(part.entries(txn) for part in self._parts)


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
        """Write postings; see `PostingLevels.mend`."""
        with self.begin() as txn:
            self.levels.mend(txn, names, numbers)

    def delete(self, names: Names, numbers: Numbers) -> None:
        """Delete postings; see `PostingLevels.delete`."""
        with self.begin() as txn:
            self.levels.delete(txn, names, numbers)

"""The recent postings in LMDB: sorted runs, each one value of 8 bytes a posting, none written twice if it is large.

A run holds postings of one block of 65,536 chunk numbers: a bucket's name (48 bits), then the rest of the number (16).
A new batch is a run of its own, or takes small ones before it in. What has become many is brought together to be
settled: read from its beginning, a slice in each put, and never written again meanwhile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged, StoreGone
from dedup.stores.base import Numbers
from dedup.stores.gathering import Gathering, Places
from dedup.stores.names import Names

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

RECENT_MOST = 1 << 21  # ADR 26: twice that makes a tenth less of a file, and two runs more to look into
RUN_MOST = 1 << 21  # ADR 26: a quarter of it leaves five runs of 10,000 articles, half as long again to look into
_FEW = 16  # not measured: what is gone is at most a sixteenth of what is kept
_REST, _NUMBERS = np.uint64(16), np.uint64(0xFFFF)
_KEY = struct.Struct(">BHII")  # stage, block, turn, postings
_SETTLING, _FRESH, _GONE = 0, 1, 2
_SETTLED = b"\0"

Elements = NDArray[np.uint64]


_NOTHING: Elements = np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: its key, its postings in order, those that are settled left out, and what of its block is gone."""

    key: bytes
    elements: Elements
    gone: Elements = field(default_factory=lambda: _NOTHING)

    @property
    def stage(self) -> int:
        return self.key[0]

    @property
    def block(self) -> int:
        """The leading 16 bits of its numbers."""
        return int(_KEY.unpack(self.key)[1])

    @property
    def turn(self) -> int:
        return int(_KEY.unpack(self.key)[2])

    @property
    def size(self) -> int:
        """How many postings it holds, settled ones too."""
        return int(_KEY.unpack(self.key)[3])

    @property
    def kept(self) -> Elements:
        """Its postings without those that are gone."""
        return _without(self.elements, self.gone) if len(self.gone) else self.elements

    def below(self, end: int) -> Self:
        """Return a run of the postings below one, or below 2**64, that are not gone."""
        some = self.elements if end >> 64 else self.elements[: self.elements.searchsorted(np.uint64(end))]
        return replace(self, elements=_without(some, self.gone), gone=_NOTHING)

    def of(self, names: Names) -> Self:
        """Return a run of the postings of a few names that are not gone."""
        low = self.elements.searchsorted(names << _REST)
        high = self.elements.searchsorted(names << _REST | _NUMBERS, side="right")
        some = [self.elements[first:end] for first, end in zip(low.tolist(), high.tolist(), strict=True)]
        return replace(self, elements=_without(np.concatenate(some), self.gone), gone=_NOTHING)

    def numbers(self, places: Places) -> Numbers:
        return (self.elements[places] & _NUMBERS).astype(np.uint32) | np.uint32(self.block << 16)

    def postings(self) -> tuple[Names, Numbers]:
        return self.elements >> _REST, self.numbers(np.arange(len(self.elements)))

    def lookup(self, names: Names, buckets: Places, into: Gathering) -> None:
        """Add what some of the names, given by their places, list."""
        if not len(self.elements):
            return
        low = names[buckets] << _REST
        first = self.elements.searchsorted(low)
        there = np.flatnonzero(self.elements.take(first, mode="clip") >> _REST == names[buckets])
        first = first[there]
        if len(there):
            counts = self.elements.searchsorted(low[there] | _NUMBERS, side="right") - first
            into.add(buckets[there], counts, first, self.numbers)


@dataclass(frozen=True, slots=True)
class Runs:
    """The database of the runs; None in an index of format 1 that is only read."""

    database: "lmdb._Database | None"

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings that are not there yet, in any order."""
        for block, elements in _blocks(names, numbers):
            before = [run for run in self._read(txn) if (run.stage, run.block) == (_FRESH, block)]
            size, kept = len(elements), len(before)
            while kept and len(before[kept - 1].elements) <= min(size, RUN_MOST - size):
                kept -= 1
                size += len(before[kept].elements)
            merged = np.sort(np.concatenate([*(run.kept for run in before[kept:]), elements]))
            self._delete(txn, before[kept:])
            self._write(txn, _FRESH, block, before[kept - 1].turn + 1 if kept else 0, merged)

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings; those that are nowhere do no harm.

        Few are only noted as gone, for a run is not written again for each document; many are left out of the runs.
        """
        for block, elements in _blocks(names, numbers):
            runs = [run for run in self._read(txn) if run.block == block]
            there = [elements[_are_in(run.elements, elements)] for run in runs]
            broken = any((run.elements[1:] < run.elements[:-1]).any() for run in runs)
            if not (broken or any(map(len, there))):
                continue
            before = runs[0].gone
            gone = np.sort(np.concatenate([before[~_are_in(np.sort(elements), before)], *there]))
            few = not broken and len(gone) * _FEW < sum(run.size for run in runs)
            after = [] if few else [_without(np.sort(run.elements), gone) for run in runs]
            txn.delete(_KEY.pack(_GONE, block, 0, len(before)), db=self.database)
            if few:
                self._write(txn, _GONE, block, 0, gone)
                continue
            self._delete(txn, runs)
            for run, kept in zip(runs, after, strict=True):
                self._write(txn, run.stage, block, run.turn, kept)

    def take(self, txn: "Transaction", count: int) -> tuple[Names, Numbers]:
        """Take out about `count` postings that are to settle, the next names in turn; none while there are few."""
        settling = self._settling(txn)
        size = sum(run.size for run in settling)
        end = int(self._settled(txn)) + (count << 64) // max(size, 1)
        taken = [run.below(end).postings() for run in settling]
        if settling and end < 1 << 64:
            txn.put(_SETTLED, 2 * end.to_bytes(8, "little"), db=self.database)
        else:
            self._delete(txn, settling)
            txn.delete(_SETTLED, db=self.database)
        none = np.empty(0, np.uint64), np.empty(0, np.uint32)
        names, numbers = (np.concatenate(part) for part in zip(none, *taken, strict=True))
        order = np.argsort(names, kind="stable")  # the blocks' numbers ascend
        return names[order], numbers[order]

    def _settling(self, txn: "Transaction") -> list[_Run]:
        """Return the runs that settle; if there are none, but many fresh ones, these are brought together for it."""
        runs = self._read(txn)
        if runs and runs[0].stage == _FRESH and sum(run.size for run in runs) > RECENT_MOST:
            self._begin_settling(txn, runs)
            runs = self._read(txn)
        return [run for run in runs if run.stage == _SETTLING]

    def lookup(self, txn: "Transaction", names: Names, into: Gathering) -> None:
        """Add what the names (ascending) list."""
        every = np.arange(len(names))
        for run in self._read(txn):
            gone = np.isin(names, run.gone >> _REST)
            run.lookup(names, every[~gone], into)
            if gone.any():
                run.of(names[gone]).lookup(names, every[gone], into)

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings as they are now, whatever is deleted meanwhile."""
        yield from [run.below(1 << 64).postings() for run in self._read(txn)]

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings."""
        return sum(len(run.kept) for run in self._read(txn))

    def _begin_settling(self, txn: "Transaction", runs: list[_Run]) -> None:
        """Bring the runs together, one for each block."""
        blocks = sorted({run.block for run in runs})
        merged = [np.sort(np.concatenate([run.kept for run in runs if run.block == block])) for block in blocks]
        with txn.cursor(self.database) as cursor:
            keys = [bytes(key) for key in cursor.iternext(values=False)]
        for key in keys:
            txn.delete(key, db=self.database)
        for block, elements in zip(blocks, merged, strict=True):
            self._write(txn, _SETTLING, block, 0, elements)

    def _delete(self, txn: "Transaction", runs: list[_Run]) -> None:
        """Delete runs, whose elements mean nothing from then on."""
        for run in runs:
            txn.delete(run.key, db=self.database)

    def _write(self, txn: "Transaction", stage: int, block: int, turn: int, elements: Elements) -> None:
        if len(elements):
            txn.put(_KEY.pack(stage, block, turn, len(elements)), elements.astype("<u8").data, db=self.database)

    def _read(self, txn: "Transaction") -> list[_Run]:
        """Return all runs: first those that settle, then the fresh ones by block and age."""
        if self.database is None:
            return self._none(txn)
        settled = self._settled(txn)
        with txn.cursor(self.database) as cursor:
            runs = [_loaded(bytes(key), value) for key, value in cursor if bytes(key) != _SETTLED]
        gone = {run.block: run.elements for run in runs if run.stage == _GONE}
        return [
            replace(
                run,
                elements=run.elements[run.elements.searchsorted(settled) :] if run.stage == _SETTLING else run.elements,
                gone=gone.get(run.block, _NOTHING),
            )
            for run in runs
            if run.stage != _GONE
        ]

    def _none(self, txn: "Transaction") -> list[_Run]:
        """Return that there are no runs, unless a writer has made some since the index was opened."""
        if txn.get(b"runs") is not None:
            raise StoreGone("the index was of format 1 when it was opened, and has been written since; open it again")
        return []

    def _settled(self, txn: "Transaction") -> np.uint64:
        """Return below which posting everything in the runs that settle is settled."""
        twice = bytes(txn.get(_SETTLED, b"", db=self.database))
        half = len(twice) // 2
        if twice[:half] != twice[half:]:
            raise _damaged()
        return np.uint64(int.from_bytes(twice[:half], "little"))


def _loaded(key: bytes, value: memoryview) -> _Run:
    if len(key) != _KEY.size or key[0] > _GONE or len(value) != 8 * _KEY.unpack(key)[3]:
        raise _damaged()
    return _Run(key, np.frombuffer(value, "<u8"))


def _without(run: Elements, elements: Elements) -> Elements:
    """Return a run without some elements."""
    return np.delete(run, run.searchsorted(elements[_are_in(run, elements)]))


def _are_in(run: Elements, elements: Elements) -> NDArray[np.bool_]:
    """Return which elements are in a run."""
    if not len(run):
        return np.zeros(len(elements), np.bool_)
    there: NDArray[np.bool_] = run.take(run.searchsorted(elements), mode="clip") == elements
    return there


def _blocks(names: Names, numbers: Numbers) -> Iterator[tuple[int, Elements]]:
    """Iterate over the blocks of these numbers, with their postings."""
    blocks = numbers >> np.uint32(16)
    for block in np.unique(blocks).tolist():
        theirs = blocks == block
        yield block, names[theirs] << _REST | (numbers[theirs] & np.uint32(0xFFFF))


def _damaged() -> StoreDamaged:
    return StoreDamaged(
        "the index's recent postings are not as they were written; restore it from a backup, or copy it into another"
    )

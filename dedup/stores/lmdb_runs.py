"""The recent postings in LMDB: sorted runs, each one value of 8 bytes a posting, none written twice if it is large.

A run holds postings of one block of 65,536 chunk numbers: a bucket's name (48 bits), then the rest of the number (16).
A new batch is a run of its own, or takes small ones before it in. What has become many is brought together to be
settled: read from its beginning, a slice in each put, and never written again meanwhile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged, StoreGone
from dedup.stores.base import Numbers
from dedup.stores.gathering import Gathering, Places
from dedup.stores.names import Names

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

RECENT_MOST = 1 << 21
RUN_MOST = 1 << 21
_GROWTH = 1
_REST, _NUMBERS = np.uint64(16), np.uint64(0xFFFF)
_KEY = struct.Struct(">BHII")  # stage, block, turn, postings
_SETTLING, _FRESH = 0, 1
_SETTLED = b"\0"

Elements = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: its key, and its postings in order, those that are settled left out."""

    key: bytes
    elements: Elements

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

    def below(self, end: int) -> int:
        """Return how many postings are below one, or below 2**64."""
        return len(self.elements) if end >> 64 else int(self.elements.searchsorted(np.uint64(end)))

    def numbers(self, places: Places) -> Numbers:
        return (self.elements[places] & _NUMBERS).astype(np.uint32) | np.uint32(self.block << 16)

    def postings(self, count: int) -> tuple[Names, Numbers]:
        """Return the first `count` postings."""
        return self.elements[:count] >> _REST, self.numbers(np.arange(min(count, len(self.elements))))


@dataclass(frozen=True, slots=True)
class Runs:
    """The database of the runs; None in an index of format 1 that is only read."""

    database: "lmdb._Database | None"

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings that are not there yet, in any order."""
        for block, elements in _blocks(names, numbers):
            before = [run for run in self._read(txn) if (run.stage, run.block) == (_FRESH, block)]
            size, kept = len(elements), len(before)
            while kept and len(before[kept - 1].elements) <= min(_GROWTH * size, RUN_MOST - size):
                kept -= 1
                size += len(before[kept].elements)
            merged = np.sort(np.concatenate([*(run.elements for run in before[kept:]), elements]))
            self._delete(txn, before[kept:])
            self._write(txn, _FRESH, block, before[kept - 1].turn + 1 if kept else 0, merged)

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings; those that are nowhere do no harm."""
        for block, elements in _blocks(names, numbers):
            before = [run for run in self._read(txn) if run.block == block]
            after = [_without(run.elements, elements) for run in before]
            for run, kept in zip(before, after, strict=True):
                if len(kept) < len(run.elements):
                    self._delete(txn, [run])
                    self._write(txn, run.stage, block, run.turn, kept)

    def take(self, txn: "Transaction", count: int) -> tuple[Names, Numbers]:
        """Take out about `count` postings that are to settle, the next names in turn; none while there are few."""
        settling = self._settling(txn)
        size = sum(run.size for run in settling)
        end = self._settled(txn) + (count << 64) // max(size, 1)
        taken = [run.postings(run.below(end)) for run in settling]
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
        low, high = names << _REST, names << _REST | _NUMBERS
        for run in self._read(txn):
            if not len(run.elements):
                continue
            first = run.elements.searchsorted(low)
            there = np.flatnonzero(run.elements.take(first, mode="clip") >> _REST == names)
            first = first[there]
            if len(there):
                into.add(there, run.elements.searchsorted(high[there], side="right") - first, first, run.numbers)

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings as they are now, whatever is deleted meanwhile."""
        for run in [_Run(run.key, run.elements.copy()) for run in self._read(txn)]:
            yield run.postings(len(run.elements))

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings."""
        return sum(len(run.elements) for run in self._read(txn))

    def _begin_settling(self, txn: "Transaction", runs: list[_Run]) -> None:
        """Bring the runs together, one for each block."""
        blocks = sorted({run.block for run in runs})
        merged = [np.sort(np.concatenate([run.elements for run in runs if run.block == block])) for block in blocks]
        self._delete(txn, runs)
        txn.delete(_SETTLED, db=self.database)
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
        return [_Run(run.key, run.elements[run.below(settled) :]) if run.stage == _SETTLING else run for run in runs]

    def _none(self, txn: "Transaction") -> list[_Run]:
        """Return that there are no runs, unless a writer has made some since the index was opened."""
        if txn.get(b"runs") is not None:
            raise StoreGone("the index was of format 1 when it was opened, and has been written since; open it again")
        return []

    def _settled(self, txn: "Transaction") -> int:
        """Return below which posting everything in the runs that settle is settled."""
        twice = bytes(txn.get(_SETTLED, b"", db=self.database))
        half = len(twice) // 2
        if twice[:half] != twice[half:]:
            raise _damaged()
        return int.from_bytes(twice[:half], "little")


def _loaded(key: bytes, value: memoryview) -> _Run:
    if len(key) != _KEY.size or key[0] not in (_SETTLING, _FRESH) or len(value) != 8 * _KEY.unpack(key)[3]:
        raise _damaged()
    return _Run(key, np.frombuffer(value, "<u8"))


def _without(run: Elements, elements: Elements) -> Elements:
    """Return a run without some of its elements, and in order, which a flipped bit may have broken."""
    if not len(run):
        return run
    if (run[1:] < run[:-1]).any():
        run = np.sort(run)
    places = run.searchsorted(elements)
    return np.delete(run, places[run.take(places, mode="clip") == elements])


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

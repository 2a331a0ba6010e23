"""What the shards of LMDB do not hold of buckets that many documents have: a run of 4-byte numbers for each.

LMDB keeps the length of a run, so that it is counted without being read, and a look-up reads its beginning only where
the shards have too few. `names` says which runs there are, by the first 16 bits of their names, for walks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.stores.base import Numbers
from dedup.stores.gathering import Gathering, Places
from dedup.stores.names import Names

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

_NAME = np.dtype([("high", ">u2"), ("low", ">u4")])
_POSTING = np.dtype([("high", ">u2"), ("low", ">u4"), ("number", ">u4")])
_ASKED, _STEP = 1 << 8, 1 << 12  # not measured: bounds what a walk holds at once
_WORTH = 64  # not measured: numbers read at once in the time that one takes by itself


@dataclass(frozen=True, slots=True)
class Excess:
    """The runs, and the database of their names; None in an index of format 1 that is only read."""

    runs: "lmdb._Database | None"
    names: "lmdb._Database | None"

    def put(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Write postings sorted by name, then number; what is there already stays."""
        keys, values = _keys(names), numbers.astype(">u4").view("V4").tolist()
        with txn.cursor(self.runs) as cursor:
            cursor.putmulti(zip(keys, values, strict=True))
        with txn.cursor(self.names) as cursor:
            cursor.putmulti([(key[:2], key[2:]) for key in dict.fromkeys(keys)])

    def delete(self, txn: "Transaction", names: Names, numbers: Numbers) -> None:
        """Delete postings; those that are nowhere do no harm."""
        keys = _keys(names)
        there = {bytes(key) for key, _ in self._firsts(txn, list(dict.fromkeys(keys)))}
        values = numbers.astype(">u4").view("V4").tolist()
        with txn.cursor(self.runs) as cursor:
            for key, value in zip(keys, values, strict=True):
                if key in there and cursor.set_key_dup(key, value):
                    cursor.delete()
            gone = [key for key in there if not cursor.set_key(key)]
        for key in gone:
            txn.delete(key[:2], key[2:], db=self.names)

    def lookup(self, txn: "Transaction", names: Names, buckets: Places, into: Gathering) -> None:
        """Add what some of the names, given by their places, have beyond what was gathered already."""
        keys = _keys(names[buckets])
        found = {bytes(key): bytes(value) for key, value in self._firsts(txn, keys)}
        there = np.array([key in found for key in keys], np.bool_)
        lowest = np.frombuffer(b"".join(found.values()), ">u4").astype(np.uint32)
        lacking = into.lacking(buckets[there], lowest)
        with txn.cursor(self.runs) as cursor:
            for key, bucket, lacks in zip(found, buckets[there].tolist(), lacking.tolist(), strict=True):
                cursor.set_key(key)
                into.counts[bucket] += cursor.count()
                if lacks:
                    numbers = _beginning(cursor, lacks)
                    into.list(np.full(len(numbers), bucket), numbers)

    def first(self, txn: "Transaction", names: Names, counts: Places) -> tuple[Names, Numbers]:
        """Return the first numbers of each name, so many or all."""
        parts = [np.empty(0, np.uint32)]
        with txn.cursor(self.runs) as cursor:
            for key, count in zip(_keys(names), counts.tolist(), strict=True):
                parts.append(_beginning(cursor, count) if cursor.set_key(key) else parts[0])
        lengths = [len(part) for part in parts[1:]]
        return np.repeat(names, lengths), np.concatenate(parts)

    def walk(self, txn: "Transaction") -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, those of some hundred names at a time; each name that can be is asked for."""
        entries, walked = self.entries(txn), 0
        for first in range(0, 1 << 16 if entries else 0, _STEP):
            keys = [prefix.to_bytes(2, "big") for prefix in range(first, first + _STEP)]
            with txn.cursor(self.names) as cursor:
                found = cursor.getmulti(keys, dupdata=True, dupfixed_bytes=4, keyfixed=True)
            theirs = np.frombuffer(found, _NAME).view("V6").tolist()
            for start in range(0, len(theirs), _ASKED):
                with txn.cursor(self.runs) as cursor:
                    data = cursor.getmulti(
                        theirs[start : start + _ASKED], dupdata=True, dupfixed_bytes=4, keyfixed=True
                    )
                postings = np.frombuffer(data, _POSTING)
                walked += len(postings)
                yield _name(postings), postings["number"].astype(np.uint32)
        if walked != entries:
            raise StoreDamaged(
                f"the index counts {entries:,} postings of frequent buckets where {walked:,} are found; restore it "
                "from a backup, or copy it into another index"
            )

    def entries(self, txn: "Transaction") -> int:
        """Return the number of postings, without reading them."""
        return txn.stat(self.runs)["entries"] if self.runs else 0

    def _firsts(self, txn: "Transaction", keys: list[bytes]) -> list[tuple[memoryview, memoryview]]:
        """Return the keys that have a run, and the first number of each."""
        with txn.cursor(self.runs) as cursor:
            return cursor.getmulti(keys)


def _beginning(cursor: "lmdb.Cursor[memoryview]", count: int) -> Numbers:
    """Return the first `count` numbers of the run that the cursor is at, or all."""
    if count * _WORTH > cursor.count():
        found = cursor.getmulti([cursor.key()], dupdata=True, dupfixed_bytes=4, keyfixed=True)
        return np.frombuffer(found, _POSTING)["number"][:count].astype(np.uint32)
    return np.frombuffer(b"".join(islice(cursor.iternext_dup(), count)), ">u4").astype(np.uint32)


def _keys(names: Names) -> list[bytes]:
    keys: list[bytes] = names.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:].copy().view("V6").ravel().tolist()
    return keys


def _name(postings: NDArray[np.void]) -> Names:
    names: Names = postings["high"].astype(np.uint64) << np.uint64(32) | postings["low"]
    return names

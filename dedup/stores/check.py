"""Holding an index's postings against its documents, both ways, in memory bounded by a few million postings."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.stores.base import CheckReport, Numbers, PostingsOf, Stored, lives
from dedup.stores.names import Names, names_of

_SUSPECT_POSTINGS = 1 << 21  # not measured: bounds what is held at once


class AllPostings(Protocol):
    """What a check reads and mends."""

    def walk(self) -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings, some at a time."""

    def put(self, names: Names, numbers: Numbers) -> object:
        """Write postings; what is there already stays."""

    def delete(self, names: Names, numbers: Numbers) -> object:
        """Delete postings; those that are nowhere do no harm."""


def check(
    held: AllPostings,
    documents: Callable[[], Iterator[Stored]],
    postings_of: PostingsOf,
    *,
    now: float,
    repair: bool,
    floor: int = 1 << 32,
) -> CheckReport:
    """Compare each chunk's postings with what they should be: by a sum of hashes first, one by one where that differs.

    Args:
        held: the postings.
        documents: iterates over all documents; those that a second iteration has no more are passed over.
        postings_of: recomputes a document's buckets.
        now: the store's time, by which documents expire.
        repair: delete the orphans, put what is missing.
        floor: from this chunk number on, what no document answers for may be of one that is being written.
    """
    there, expired = _counted(documents(), now)
    numbers = _chunk_numbers(there)
    sums = np.zeros(len(numbers), np.uint64)
    postings = orphans = missing = repaired = 0
    for names, owners in held.walk():
        rows, alive = _rows(numbers, owners)
        np.add.at(sums, rows[alive], _hashes(names[alive]))
        dead = ~alive & (owners < floor)
        postings += int(alive.sum() + dead.sum())
        orphans += int(dead.sum())
        if repair and dead.any():
            held.delete(names[dead], owners[dead])
            repaired += int(dead.sum())
    damaged = list[str]()
    for suspects in _batches(_suspects(documents(), postings_of, numbers, sums, damaged)):
        strange, lost = _compare(held, suspects)
        orphans += len(strange[0])
        missing += len(lost[0])
        if repair:
            held.delete(*strange)
            held.put(*lost)
            repaired += len(strange[0]) + len(lost[0])
    return CheckReport(
        len(there) - expired,
        postings + (missing - orphans if repair else 0),
        orphans,
        missing,
        repaired=repaired,
        damaged=tuple(damaged),
        expired=expired,
    )


def _counted(documents: Iterator[Stored], now: float) -> tuple[list[tuple[int, int]], int]:
    """Return the first chunk number and the chunks of each document, and how many documents have expired."""
    there, expired = list[tuple[int, int]](), 0
    for stored in documents:
        there.append((stored.number, stored.chunks))
        expired += not lives(stored.expires, now)
    return there, expired


def delete_orphans(held: AllPostings, alive: Callable[[Numbers], NDArray[np.bool_]]) -> int:
    """Delete the postings of the numbers that are not `alive`; return how many there were."""
    deleted = 0
    for names, owners in held.walk():
        dead = ~alive(owners)
        if dead.any():
            held.delete(names[dead], owners[dead])
            deleted += int(dead.sum())
    return deleted


def owners_among(living: Sequence[tuple[int, int]]) -> Callable[[Numbers], NDArray[np.bool_]]:
    """Return what tells the numbers of documents, given as (first number, chunks), from all others."""
    numbers = _chunk_numbers(living)
    return lambda owners: _rows(numbers, owners)[1]


def _chunk_numbers(living: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the numbers of documents given as (first number, chunks), ascending."""
    none = np.empty(0, np.int64)
    return np.concatenate([none, *(np.arange(first, first + chunks) for first, chunks in sorted(living))])


def _rows(numbers: NDArray[np.int64], owners: Numbers) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return for each owner its place in the sorted `numbers`, and whether it is there at all."""
    rows = numbers.searchsorted(owners)
    alive = rows < len(numbers)
    alive[alive] = numbers[rows[alive]] == owners[alive]
    return rows, alive


def _hashes(names: Names) -> NDArray[np.uint64]:
    """Return 64-bit hashes that make a sum tell sets apart (the finalizer of SplitMix64)."""
    mixed = names + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _suspects(
    documents: Iterator[Stored],
    postings_of: PostingsOf,
    numbers: NDArray[np.int64],
    sums: NDArray[np.uint64],
    damaged: list[str],
) -> Iterator[tuple[int, Names]]:
    """Iterate over the chunks (number, distinct names that it should have) whose sum is not the expected one.

    Ids of documents that cannot be read are added to `damaged`.
    """
    for stored in documents:
        row = int(numbers.searchsorted(stored.number))
        if row == len(numbers) or numbers[row] != stored.number:
            continue  # it was put meanwhile
        try:
            postings = postings_of(stored)
        except StoreDamaged:
            damaged.append(stored.id)
            continue
        for chunk, buckets in enumerate(postings):
            names = np.unique(names_of(buckets))
            if _hashes(names).sum() != sums[row + chunk]:
                yield stored.number + chunk, names


def _batches(suspects: Iterator[tuple[int, Names]]) -> Iterator[list[tuple[int, Names]]]:
    """Group suspects so that each group has a bounded number of postings."""
    for first in suspects:
        batch, held = [first], len(first[1])
        while held < _SUSPECT_POSTINGS and (following := next(suspects, None)):
            batch.append(following)
            held += len(following[1])
        yield batch


def _compare(
    held: AllPostings, suspects: list[tuple[int, Names]]
) -> tuple[tuple[Names, Numbers], tuple[Names, Numbers]]:
    """Return the postings that the suspects have and should not have, and those that they lack."""
    numbers = np.array([number for number, _ in suspects], dtype=np.int64)
    actual: set[tuple[int, int]] = set()
    for names, owners in held.walk():
        alive = _rows(numbers, owners)[1]
        actual.update(zip(names[alive].tolist(), owners[alive].tolist(), strict=True))
    expected = set(chain.from_iterable(((name, number) for name in names.tolist()) for number, names in suspects))
    return _arrays(actual - expected), _arrays(expected - actual)


def _arrays(postings: set[tuple[int, int]]) -> tuple[Names, Numbers]:
    names = np.array([name for name, _ in postings], dtype=np.uint64)
    return names, np.array([number for _, number in postings], dtype=np.uint32)

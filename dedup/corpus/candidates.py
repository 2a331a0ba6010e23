"""Postings in, candidates out: pairs of units that share a bucket, a share of a slice at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import kernels
from dedup.corpus.job import FULL, STAR, Job
from dedup.corpus.join import Join
from dedup.corpus.postings import POSTING, file_of
from dedup.corpus.threads import in_order
from dedup.corpus.units import slices
from dedup.corpus.watch import Watch

BYTES_OF_A_POSTING = 64  # the posting, the place in the order, and both once more in that order; with masks
PAIRS_AT_ONCE = 1 << 20  # not measured: 16 MB


@dataclass(frozen=True, slots=True)
class Ranks:
    """What is compared: n units by number, m ranks.

    Attributes:
        ranks: (n,) int64, the rank of each unit; -1 for units that are not compared.
        indexed: (m,) bool, whether the unit of each rank is an index's.
    """

    ranks: NDArray[np.int64]
    indexed: NDArray[np.bool_]


class Sorted(NamedTuple):
    """Postings in order of their buckets: (m,) each."""

    buckets: NDArray[np.uint64]
    ranks: NDArray[np.int64]


class Share(NamedTuple):
    """A share of a slice's postings: those whose hash falls into one of so many parts."""

    slice: int
    part: int
    parts: int


def shares(work: Path, job: Job) -> list[Share]:
    """Return the shares of all slices, each of which fits into half of the memory, on every thread."""
    room, found = job.bytes_of_memory // 2 // job.threads, list[Share]()
    for number in range(slices(job)):
        postings = (work / file_of(number)).stat().st_size // POSTING.itemsize
        parts = postings * BYTES_OF_A_POSTING // room + 1
        found += [Share(number, part, parts) for part in range(parts)]
    return found


class Pairs:
    """The pairs of units that share a bucket.

    Attributes:
        full: buckets that were too full to pair all.
    """

    def __init__(self, work: Path, ranks: Ranks, job: Job) -> None:
        """Read from the folder `work`."""
        self.full = 0
        self._work, self._ranks, self._job = work, ranks, job

    def of(self, some: Iterable[Share]) -> Iterator[Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]]:
        """Yield for each share its pairs of ranks, the better first, many at a time; several shares may have a pair."""
        for postings in in_order(self._sorted, some, self._job.threads):
            self.full += kernels.count_full(postings.buckets, FULL)
            yield self._paired(postings)

    def _sorted(self, share: Share) -> Sorted:
        """Return the postings of a share that are compared."""
        path = self._work / file_of(share.slice)
        postings = np.memmap(path, POSTING, "r").view(np.ndarray) if path.stat().st_size else np.empty(0, POSTING)
        if share.parts > 1:
            postings = postings[postings["bucket"] % np.uint64(share.parts) == share.part]
        ranks = self._ranks.ranks[postings["unit"]]
        buckets, ranks = postings["bucket"][ranks >= 0], ranks[ranks >= 0]
        order = np.argsort(buckets)
        return Sorted(buckets[order], ranks[order])

    def _paired(self, postings: Sorted) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        room, place, line = max(PAIRS_AT_ONCE, len(postings.ranks)), 0, 0
        better, worse = np.empty(room, np.int64), np.empty(room, np.int64)
        while place < len(postings.ranks):
            place, line, count = kernels.pair_up(*postings, self._ranks.indexed, FULL, STAR, place, line, better, worse)
            yield better[:count], worse[:count]


def pair(join: Join, work: Path, ranks: Ranks, job: Job, watch: Watch) -> tuple[NDArray[np.bool_], int]:
    """Write a candidate for each pair that shares a bucket; throw the postings away.

    Returns:
        (m,) which ranks are in a pair, and how many buckets were too full to pair all.
    """
    paired, some = np.zeros(len(ranks.indexed), np.bool_), shares(work, job)
    pairs = Pairs(work, ranks, job)
    for found in pairs.of(some):
        for better, worse in found:
            paired[better] = paired[worse] = True
            join.insert("candidates", better=better, worse=worse)
        watch("runs of buckets joined", 1, len(some))
    for number in range(slices(job)):
        (work / file_of(number)).unlink()
    return paired, pairs.full

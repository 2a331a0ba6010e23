"""Candidates in, clusters out: each pair verified on the units' sets of shingles."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import kernels
from dedup.corpus.intake import SETS
from dedup.corpus.job import Closure, Job, Measure
from dedup.corpus.join import Join

BINS = 50  # not measured: bars that a chart of 640 has room for
SURVIVOR, EXACT, NEAR = 0, 1, 2
KINDS = ("survivor", "exact", "near")


class Sets:
    """The units' sets of shingles, on disk, by rank."""

    def __init__(self, work: Path, sizes: NDArray[np.int64], order: NDArray[np.int64], job: Job) -> None:
        """Map the file; `sizes` goes by unit, `order` says which unit has each rank."""
        path = work / SETS
        self._sets = np.memmap(path, np.uint64, "r").view(np.ndarray) if path.stat().st_size else np.empty(0, np.uint64)
        self._offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        self._sizes, self._order = sizes, order
        self._job = job

    def similarities(
        self, better: NDArray[np.int64], worse: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return how many shingles each pair of ranks shares, and how similar it is."""
        left, right = self._order[better], self._order[worse]
        parts = np.array_split(np.arange(len(left)), self._job.threads)
        with ThreadPoolExecutor(self._job.threads) as pool:
            counts = pool.map(lambda part: kernels.shared(self._sets, self._offsets, left[part], right[part]), parts)
            shared = np.concatenate(list(counts))
        sizes = self._sizes
        return shared, similarity(shared, sizes[left], sizes[right], self._job.measure)


def similarity(
    shared: NDArray[np.int32], better: NDArray[np.int64], worse: NDArray[np.int64], measure: Measure
) -> NDArray[np.float64]:
    """Return how similar pairs are that share so many shingles; `better` and `worse` have so many each."""
    return shared / (worse if measure == "containment" else better + worse - shared)


@dataclass(frozen=True, slots=True)
class Found:
    """What verification saw.

    Attributes:
        candidates: pairs that shared a bucket.
        edges: those at or above the threshold.
        histogram: (BINS,) candidates by similarity, from 0 to 1.
    """

    candidates: int
    edges: int
    histogram: NDArray[np.int64]


def verify(join: Join, sets: Sets, threshold: float, advance: Callable[[int], None]) -> Found:
    """Write an edge for each candidate pair that is similar enough."""
    candidates, edges, histogram = 0, 0, np.zeros(BINS, np.int64)
    for better, worse in join.candidates():
        shared, similarity = sets.similarities(better, worse)
        histogram += np.histogram(similarity, BINS, (0, 1))[0]
        enough = similarity >= threshold
        join.insert(
            "edges",
            better=better[enough],
            worse=worse[enough],
            shared=shared[enough],
            similarity=similarity[enough],
        )
        candidates += len(better)
        edges += int(enough.sum())
        advance(len(better))
    return Found(candidates, edges, histogram)


def cluster(join: Join, twins: NDArray[np.int64], closure: Closure, threshold: float = 0) -> NDArray[np.int64]:
    """Return the rank of the survivor that each unit, by rank, belongs to: its own if it is one.

    Edges below `threshold` do not count.
    """
    owners = np.arange(len(twins), dtype=np.int64)
    put = kernels.attach if closure == "survivor" else kernels.unite
    for better, worse in join.edges(threshold):
        put(owners, better, worse)
    if closure == "transitive":
        kernels.flatten(owners)
    return owners[twins]


def members(join: Join, sets: Sets, owners: NDArray[np.int64], twins: NDArray[np.int64]) -> None:
    """Write a row for each unit of a cluster of several: its survivor, how it is its duplicate, and the evidence."""
    counts = np.bincount(owners, minlength=len(owners))
    ranks = np.flatnonzero(counts[owners] > 1)
    survivors = owners[ranks]
    kinds = np.where(ranks == survivors, SURVIVOR, np.where(twins[ranks] == survivors, EXACT, NEAR))
    shared, similarity = np.empty(len(ranks), np.int32), np.empty(len(ranks), np.float64)
    for chosen in _runs(len(ranks)):
        shared[chosen], similarity[chosen] = sets.similarities(survivors[chosen], ranks[chosen])
    join.create(
        "members", rank=ranks, survivor=survivors, kind=kinds.astype(np.int8), shared=shared, similarity=similarity
    )


def _runs(count: int) -> Iterable[slice]:
    for start in range(0, count, 1 << 20):
        yield slice(start, start + (1 << 20))

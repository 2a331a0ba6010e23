"""Candidates in, clusters out: each pair verified on the units' sets of shingles."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import kernels
from dedup.corpus.job import Closure
from dedup.corpus.join import Join
from dedup.corpus.sets import Sets
from dedup.printings import roots

BINS = 50  # not measured: bars that a chart of 640 has room for
SURVIVOR, EXACT, NEAR = 0, 1, 2
KINDS = ("survivor", "exact", "near")


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
    put = kernels.attach if closure == "survivor" else roots.unite
    for better, worse in join.edges(threshold):
        put(owners, better, worse)
    if closure == "transitive":
        roots.flatten(owners)
    return owners[twins]


def members(join: Join, sets: Sets, owners: NDArray[np.int64], twins: NDArray[np.int64]) -> None:
    """Write a row for each unit of a cluster of several: its survivor, how it is its duplicate, and the evidence."""
    counts = np.bincount(owners, minlength=len(owners))
    ranks = np.flatnonzero(counts[owners] > 1)
    survivors = owners[ranks]
    kinds = np.where(ranks == survivors, SURVIVOR, np.where(twins[ranks] == survivors, EXACT, NEAR))
    shared, similarity = sets.similarities(survivors, ranks)
    join.create(
        "members", rank=ranks, survivor=survivors, kind=kinds.astype(np.int8), shared=shared, similarity=similarity
    )

"""Postings in, runs out: slice by slice of hashes, then range by range of documents, each as much as memory holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.job import Job
from dedup.corpus.postings import by_slice, file_of
from dedup.corpus.runs import kernels
from dedup.corpus.runs.intake import POSTING, TOKENS
from dedup.corpus.threads import in_order
from dedup.corpus.units import HASH_SLICES

BYTES_OF_A_WINDOW = 32  # of the table: 8 bytes for an entry, of which a half to three quarters are empty
RANGES = 16  # not measured: as many as slices
STRETCH = np.dtype([("order", np.int64), ("start", np.int64), ("source", np.int64), ("windows", np.int64)])
"""Repeated windows that follow one another, as `kernels.firsts` returns them; `order` is by rank, then by place."""


@dataclass(frozen=True, slots=True)
class Collection:
    """The tokens of all documents.

    Attributes:
        tokens: (n,) uint64, in the order of the input.
        offsets: (m + 1,) int64, where each of m documents begins.
        order: (m,) int64, what is added to a place to get the order by rank; of documents that take no part, 0.
        given: (m,) bool, whether the document takes part.
        indexed: (m,) bool, whether it is an index's, and so never a copy.
    """

    tokens: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    order: NDArray[np.int64]
    given: NDArray[np.bool_]
    indexed: NDArray[np.bool_]

    @classmethod
    def open(
        cls, work: Path, offsets: NDArray[np.int64], ranked: NDArray[np.int64], indexed: NDArray[np.bool_]
    ) -> "Collection":
        """Map the tokens; `ranked` are the documents that take part, best first, and `indexed` goes by it."""
        path, count = work / TOKENS, len(offsets) - 1
        tokens = np.memmap(path, np.uint64, "r").view(np.ndarray) if path.stat().st_size else np.empty(0, np.uint64)
        order, given, of_index = np.zeros(count, np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        sizes = np.diff(offsets)[ranked]
        order[ranked] = np.cumsum(sizes) - sizes - offsets[ranked]
        given[ranked], of_index[ranked] = True, indexed
        return cls(tokens, offsets, order, given, of_index)

    def documents(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of the documents that hold these places."""
        return np.searchsorted(self.offsets, places, side="right") - 1

    def ranges(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which of `RANGES` parts, in order of rank, the documents that hold these places belong to."""
        documents = self.documents(places)
        return (self.order + self.offsets[:-1])[documents] * RANGES // max(len(self.tokens), 1)


@dataclass(frozen=True, slots=True)
class Runs:
    """Some runs, in order of rank, then of place: (n,) int64 each.

    Attributes:
        places: where they begin, among all tokens.
        words: how many tokens they have.
        sources: where their sources begin.
    """

    places: NDArray[np.int64]
    words: NDArray[np.int64]
    sources: NDArray[np.int64]


def find(work: Path, collection: Collection, job: Job, advance: Callable[[int], None]) -> Iterator[Runs]:
    """Yield all runs, in order; `advance` is called after each slice."""
    files = [(work / f"stretches-{number:02}").open("wb+") for number in range(RANGES)]
    try:
        slices = in_order(partial(_stretches, work, collection, job), range(HASH_SLICES), job.threads)
        for stretches in slices:
            order, begins = by_slice(collection.ranges(stretches["start"]), RANGES)
            for file, some in zip(files, np.split(stretches[order], begins), strict=True):
                file.write(some.tobytes())
            advance(1)
        yield from in_order(partial(_runs, collection, job.least), files, job.threads)
    finally:
        for file in files:
            file.close()


def _stretches(work: Path, collection: Collection, job: Job, number: int) -> NDArray[Any]:
    """Return the repeated windows of one slice, as many hashes at once as memory has room for."""
    postings = _repeated(np.fromfile(work / file_of(number), POSTING), collection)
    room = job.bytes_of_memory // 2 // job.threads // BYTES_OF_A_WINDOW
    parts = int(postings["windows"].sum(dtype=np.int64)) // room + 1
    of = postings["bucket"] // np.uint64(HASH_SLICES) % np.uint64(parts)
    return np.concatenate([_stretches_of(postings[of == part], collection, job.least) for part in range(parts)])


def _repeated(postings: NDArray[Any], collection: Collection) -> NDArray[Any]:
    """Return the postings of documents that take part, of hashes with several."""
    postings = postings[collection.given[collection.documents(postings["place"])]]
    buckets = np.sort(postings["bucket"])
    several = np.unique(buckets[1:][buckets[1:] == buckets[:-1]])
    place = np.searchsorted(several, postings["bucket"])
    return postings[np.append(several, 0)[place] == postings["bucket"]] if len(several) else postings[:0]


def _stretches_of(postings: NDArray[Any], collection: Collection, n: int) -> NDArray[Any]:
    """Return the repeated windows of some postings, but for those of an index."""
    documents = collection.documents(postings["place"])
    postings = postings[np.argsort(collection.order[documents] + postings["place"])]
    places, windows = np.ascontiguousarray(postings["place"]), np.ascontiguousarray(postings["windows"])
    starts, sources, counts = kernels.firsts(collection.tokens, places, windows, n)
    documents = collection.documents(starts)
    found = np.empty(len(starts), STRETCH)
    found["order"], found["start"] = collection.order[documents] + starts, starts
    found["source"], found["windows"] = sources, counts
    return found[~collection.indexed[documents]]


def _runs(collection: Collection, n: int, file: BinaryIO) -> Runs:
    """Return the runs of one range of documents."""
    file.seek(0)
    stretches = np.frombuffer(file.read(), STRETCH)
    stretches = stretches[np.argsort(stretches["order"])]
    starts, sources, windows = (np.ascontiguousarray(stretches[name]) for name in ("start", "source", "windows"))
    return Runs(*kernels.extended(collection.tokens, collection.offsets, starts, sources, windows, n))

"""The sets of shingles of the units that are compared, made from their texts, once it is known which these are."""

import mmap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus import kernels
from dedup.corpus.job import Job, Measure
from dedup.corpus.join import Join
from dedup.corpus.lines import Frame, frames, unpacked
from dedup.corpus.threads import in_order
from dedup.corpus.units import shingle_sets
from dedup.sketching.tokens import tokenize

SETS = "sets.u64"
"""The work file with the sets, in one piece."""
PAIRS_AT_ONCE = 1 << 17  # not measured: two sets of 300 shingles each take 600 MB of the file, if all differ


@dataclass(frozen=True, slots=True)
class Places:
    """Where n units stand, in the order of the input: (n,) int64 each, as `Units` has them."""

    documents: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    def within(self, frame: Frame) -> "Places":
        """Return those of a frame's documents."""
        part = frame.within(self.documents)
        return Places(self.documents[part], self.starts[part], self.stops[part])


class Sets:
    """The sets of some units, on disk.

    Attributes:
        sizes: (m,) int64, how many shingles each has.
        slots: which of the sets each rank has; any, for a rank that is not compared.
    """

    def __init__(self, path: Path, sizes: NDArray[np.int64], slots: NDArray[np.int64], job: Job) -> None:
        """Map the file."""
        self.sizes, self.slots = sizes, slots
        self._path = path
        self._offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        self._job = job
        with path.open("rb") as file:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if len(sizes) else None
        self._sets = np.frombuffer(self._mapped or b"", np.uint64)

    def close(self) -> None:
        """Throw the sets away."""
        self._sets = np.empty(0, np.uint64)
        if self._mapped:
            self._mapped.close()
        self._path.unlink()

    def similarities(
        self, better: NDArray[np.int64], worse: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return how many shingles each pair of ranks shares, and how similar it is."""
        left, right = self.slots[better], self.slots[worse]
        with ThreadPoolExecutor(self._job.threads) as pool:
            some = [self._shared(pool, left[part], right[part]) for part in _parts(len(left))]
        shared = np.concatenate([np.empty(0, np.int32), *some])
        return shared, similarity(shared, self.sizes[left], self.sizes[right], self._job.measure)

    def _shared(self, pool: ThreadPoolExecutor, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int32]:
        parts = np.array_split(np.arange(len(left)), self._job.threads)
        counts = pool.map(lambda part: kernels.shared(self._sets, self._offsets, left[part], right[part]), parts)
        found = np.concatenate(list(counts))
        if self._mapped:
            self._mapped.madvise(mmap.MADV_DONTNEED)  # else the system counts what was read as this process's memory
        return found


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, PAIRS_AT_ONCE):
        yield slice(start, start + PAIRS_AT_ONCE)


def similarity(
    shared: NDArray[np.int32], better: NDArray[np.int64], worse: NDArray[np.int64], measure: Measure
) -> NDArray[np.float64]:
    """Return how similar pairs are that share so many shingles; `better` and `worse` have so many each."""
    return shared / (worse if measure == "containment" else better + worse - shared)


def make_sets(
    join: Join,
    work: Path,
    twins: NDArray[np.int64],
    paired: NDArray[np.bool_],
    job: Job,
    advance: Callable[[int], None],
) -> Sets:
    """Make the sets of the units that are compared, and a table `twins` with the sizes of those that come again.

    Args:
        join: the tables.
        work: the folder with the lines, into which the sets are written.
        twins: (m,) int64, the best rank with the same words for each rank.
        paired: (m,) bool, which ranks are in a pair.
        job: what a shingle is.
        advance: is told of how many sets there are more.
    """
    again = np.unique(twins[twins != np.arange(len(twins))])
    wanted = paired.copy()
    wanted[again] = True
    units, documents, starts, stops = join.column("SELECT unit, document, start, stop FROM units ORDER BY rank")
    ranks = np.flatnonzero(wanted)
    ranks = ranks[np.argsort(units[ranks])]
    sizes = _write(work, Places(documents[ranks], starts[ranks], stops[ranks]), job, advance)
    slots = np.full(len(twins), -1, np.int64)
    slots[ranks] = np.arange(len(ranks))
    join.create("twins", rank=again, shingles=sizes[slots[again]].astype(np.int32))
    return Sets(work / SETS, sizes, slots[twins], job)


def _write(work: Path, places: Places, job: Job, advance: Callable[[int], None]) -> NDArray[np.int64]:
    """Write the sets of the units at those places; return how many shingles each has."""
    sizes = [np.empty(0, np.int64)]
    some = (frame for frame in frames(work) if len(places.within(frame).documents))
    with (work / SETS).open("wb") as file:
        for sets, each in in_order(partial(_sets, work=work, places=places, job=job), some, job.threads):
            file.write(sets.data)
            sizes.append(each)
            advance(len(each))
    return np.concatenate(sizes)


def _sets(frame: Frame, work: Path, places: Places, job: Job) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the sets of a frame's units, one after the other, and how many shingles each has."""
    lines, within = unpacked(frame, work), places.within(frame)
    text = cache(lambda document: lines[document - frame.first].text)
    columns = (column.tolist() for column in (within.documents, within.starts, within.stops))
    pieces = [text(document)[start:stop] for document, start, stop in zip(*columns, strict=True)]
    return shingle_sets(tokenize(pieces, job.unit), job.scheme.k)

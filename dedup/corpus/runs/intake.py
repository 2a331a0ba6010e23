"""Records in, work files out: documents as lines, their tokens, and the minima of their windows by slices of hashes."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.intake import Batch, DocumentFiles, Lined, lined, parts, tokenized
from dedup.corpus.job import Job
from dedup.corpus.postings import PostingFiles, by_slice
from dedup.corpus.runs import kernels
from dedup.corpus.units import HASH_SLICES
from dedup.formats import Item, Rejected
from dedup.sketching.tokens import Tokens

TOKENS = "tokens.u64"
"""The work file with the hashes of all documents' tokens, in the order of the input."""
POSTING = np.dtype([("bucket", np.uint64), ("place", np.int64), ("windows", np.int32)])


def shingle(n: int) -> int:
    """Return how many tokens a shingle has where windows have n: ADR 21, the fewest postings that are few by chance."""
    return max(1, n // 3)


@dataclass(frozen=True, slots=True)
class Sliced:
    """A batch with its tokens, and its postings, whose places count from the batch's first token."""

    batch: Batch
    tokens: Tokens
    postings: NDArray[Any]


def sliced(batch: Batch, job: Job) -> Sliced:
    """Tokenize a batch, and find the minima of its windows."""
    batch, tokens = tokenized(batch, job.unit)
    buckets, places, windows = kernels.postings(tokens.hashes, tokens.offsets, shingle(job.least), job.least)
    postings = np.empty(len(buckets), POSTING)
    postings["bucket"], postings["place"], postings["windows"] = buckets, places, windows
    return Sliced(batch, tokens, postings)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as it is written: records, tokens, and the postings of each slice."""

    sliced: Sliced
    lined: Lined
    postings: Sequence[NDArray[Any]]

    @property
    def batch(self) -> Batch:
        """The batch, without what of it cannot be used."""
        return self.sliced.batch


def prepare(batch: Batch, job: Job) -> Prepared:
    """Slice a batch, and make of it what is written."""
    found = sliced(batch, job)
    order, begins = by_slice(found.postings["bucket"] % np.uint64(HASH_SLICES), HASH_SLICES)
    return Prepared(found, lined(found.batch), np.split(found.postings[order], begins))


class Files:
    """Writes the work files."""

    def __init__(self, work: Path, *, spool: bool) -> None:
        """Write into the folder `work`; with `spool` the rows of tables too, as they came."""
        self._stack = ExitStack()
        self._documents = self._stack.enter_context(closing(DocumentFiles(work, spool=spool)))
        self._tokens = self._stack.enter_context((work / TOKENS).open("wb"))
        self._postings = self._stack.enter_context(closing(PostingFiles(work, HASH_SLICES)))
        self._sizes = list[NDArray[np.int64]]()
        self._written = 0

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._stack.close()

    def add(self, part: Prepared) -> None:
        """Append a batch."""
        tokens = part.sliced.tokens
        self._documents.add(part.batch, part.lined)
        self._tokens.write(tokens.hashes.data)
        self._sizes.append(np.diff(tokens.offsets))
        self._postings.add(part.postings, place=self._written)
        self._written += len(tokens.hashes)

    def offsets(self) -> NDArray[np.int64]:
        """Return where each document's tokens begin, and where the last one's end."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *self._sizes]))])


def take_in(
    sources: Sequence[tuple[Iterable[Item], bool]],
    work: Path,
    job: Job,
    reject: Callable[[Rejected], None],
    advance: Callable[[int], None],
) -> NDArray[np.int64]:
    """Write the work files of all sources, each with whether it is an index; return where each document's tokens begin.

    The last value is where the last one's end.
    """
    with Files(work, spool=job.cut) as files:
        for part in parts(sources, job, partial(prepare, job=job), reject):
            files.add(part)
            advance(len(part.batch.records))
    return files.offsets()

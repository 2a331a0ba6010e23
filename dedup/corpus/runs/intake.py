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
from dedup.corpus.runs import kernels
from dedup.formats import Item, Rejected
from dedup.sketching.tokens import Tokens

TOKENS = "tokens.u64"
"""The work file with the hashes of all documents' tokens, in the order of the input."""
SLICES = 16  # not measured: as many as the other levels' join has
POSTING = np.dtype([("bucket", np.uint64), ("place", np.int64), ("windows", np.int32)])


def postings_file(number: int) -> str:
    """Return the name of the work file with one slice of the postings."""
    return f"postings-{number:02}"


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
    """A batch as it is written."""

    sliced: Sliced
    lined: Lined

    @property
    def batch(self) -> Batch:
        """The batch, without what of it cannot be used."""
        return self.sliced.batch


def prepare(batch: Batch, job: Job) -> Prepared:
    """Slice a batch, and make of it what is written."""
    found = sliced(batch, job)
    return Prepared(found, lined(found.batch))


class Files:
    """Writes the work files."""

    def __init__(self, work: Path, *, spool: bool) -> None:
        """Write into the folder `work`; with `spool` the rows of tables too, as they came."""
        self._stack = ExitStack()
        self._documents = self._stack.enter_context(closing(DocumentFiles(work, spool=spool)))
        self._tokens = self._stack.enter_context((work / TOKENS).open("wb"))
        self._slices = [self._stack.enter_context((work / postings_file(i)).open("wb")) for i in range(SLICES)]
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
        tokens, postings = part.sliced.tokens, part.sliced.postings
        self._documents.add(part.batch, part.lined)
        self._tokens.write(tokens.hashes.data)
        self._sizes.append(np.diff(tokens.offsets))
        postings["place"] += self._written
        self._written += len(tokens.hashes)
        of = (postings["bucket"] % np.uint64(SLICES)).astype(np.int64)
        for number, file in enumerate(self._slices):
            file.write(postings[of == number].tobytes())

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

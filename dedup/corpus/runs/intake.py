"""Records in, work files out: documents as lines, their tokens, and the minima of their windows by slices of hashes."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.corpus.intake import (
    DOCUMENT_SCHEMA,
    DOCUMENTS,
    DOCUMENTS_AT_ONCE,
    DOCUMENTS_IN_A_GROUP,
    REPEATED,
    Batch,
    TableFile,
    document_columns,
    parts,
    tokenized,
)
from dedup.corpus.job import Job
from dedup.corpus.runs import kernels
from dedup.corpus.spool import Spool
from dedup.formats import Item, Rejected
from dedup.record import dumps
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
    """A batch with its lines of JSON, its tokens, and its postings; places count from the batch's first token."""

    batch: Batch
    lines: Sequence[bytes]
    tokens: Tokens
    postings: NDArray[Any]


def sliced(batch: Batch, job: Job) -> Sliced:
    """Tokenize a batch, and find the minima of its windows."""
    batch, tokens = tokenized(batch, job.unit)
    buckets, places, windows = kernels.postings(tokens.hashes, tokens.offsets, shingle(job.least), job.least)
    postings = np.empty(len(buckets), POSTING)
    postings["bucket"], postings["place"], postings["windows"] = buckets, places, windows
    return Sliced(batch, [dumps(record.written) for record in batch.records], tokens, postings)


class Files:
    """Writes the work files."""

    def __init__(self, work: Path, *, spool: bool) -> None:
        """Write into the folder `work`; with `spool` the rows of tables too, as they came."""
        self.documents = 0
        self._stack = ExitStack()
        self._table = self._stack.enter_context(
            TableFile(
                work / DOCUMENTS, DOCUMENT_SCHEMA, compression="zstd", compression_level=1, use_dictionary=REPEATED
            )
        )
        self._tokens = self._stack.enter_context((work / TOKENS).open("wb"))
        self._slices = [self._stack.enter_context((work / postings_file(i)).open("wb")) for i in range(SLICES)]
        self._spool = self._stack.enter_context(closing(Spool(work))) if spool else None
        self._sizes = list[NDArray[np.int64]]()
        self._written = 0
        self._group = list[Any]()
        self._waiting = 0

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the files."""
        if kind is None:
            self._write_group()
        self._stack.close()

    def add(self, part: Sliced) -> None:
        """Append a batch."""
        if self._spool and not part.batch.indexed:
            self._spool.add(part.batch.records, self.documents)
        columns = document_columns(part.batch, part.lines, self.documents)
        self._group.append(pa.table(columns, DOCUMENT_SCHEMA))
        self._waiting += len(part.lines)
        self.documents += len(part.lines)
        self._tokens.write(part.tokens.hashes.data)
        self._sizes.append(np.diff(part.tokens.offsets))
        part.postings["place"] += self._written
        self._written += len(part.tokens.hashes)
        of = (part.postings["bucket"] % np.uint64(SLICES)).astype(np.int64)
        for number, file in enumerate(self._slices):
            file.write(part.postings[of == number].tobytes())
        if self._waiting >= DOCUMENTS_AT_ONCE:
            self._write_group()

    def _write_group(self) -> None:
        if self._group:
            self._table.write_table(pa.concat_tables(self._group), row_group_size=DOCUMENTS_IN_A_GROUP)
        self._group, self._waiting = [], 0

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
        for part in parts(sources, job, partial(sliced, job=job), reject):
            files.add(part)
            advance(len(part.lines))
    return files.offsets()

"""Records in, work files out: what is read once, in the order of the input, is all that the rest needs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from dedup.admission import admit, name_of
from dedup.corpus.job import Job
from dedup.corpus.lines import LineFile, packed
from dedup.corpus.postings import PostingFiles, posted
from dedup.corpus.spool import Spool
from dedup.corpus.threads import in_order
from dedup.corpus.units import Units, slices, units
from dedup.errors import InvalidDocument
from dedup.formats import Item, Record, Rejected
from dedup.record import dumps
from dedup.scheme import Unit
from dedup.sketching.tokens import Tokens, tokenize

CHARACTERS_AT_ONCE = 1 << 20  # ADR 28: a quarter of it costs a fifth more, four times as much as much
ROWS_AT_ONCE = 1 << 14  # not measured: documents in a group of rows, and rejects in a batch
DOCUMENTS, UNITS = "documents.rows", "units.rows"
"""The work files with a row for each document and each unit: Parquet, by no ending that a reader of folders takes."""
DOCUMENT_SCHEMA = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "key": pa.int64(),
        "indexed": pa.bool_(),
        "content": pa.uint64(),
        "path": pa.string(),
        "place": pa.int64(),
    }
)
UNIT_SCHEMA = pa.schema(
    {
        "unit": pa.int64(),
        "document": pa.int64(),
        "start": pa.int64(),
        "stop": pa.int64(),
        "low": pa.uint64(),
        "high": pa.uint64(),
        "words": pa.int64(),
    }
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records that follow one another.

    Attributes:
        records: those that can be used.
        keys: what ranks each.
        indexed: whether they stand in an index already, and so outrank all others.
        rejects: those that cannot be used.
    """

    records: Sequence[Record]
    keys: Sequence[int]
    indexed: bool
    rejects: Sequence[Rejected]


def batches(items: Iterable[Item], job: Job, *, indexed: bool) -> Iterator[Batch]:
    """Yield batches bounded in characters."""
    records, keys, rejects, characters = list[Record](), list[int](), list[Rejected](), 0
    for number, item in enumerate(items):
        rejected = item if isinstance(item, Rejected) else _refused(item)
        if rejected:
            rejects.append(rejected)
        elif isinstance(item, Record):
            document = item.document
            records.append(item)
            keys.append(job.keep.key(number, document.text, document.metadata))
            characters += len(document.text)
        if characters >= CHARACTERS_AT_ONCE or len(rejects) >= ROWS_AT_ONCE:
            yield Batch(records, keys, indexed, rejects)
            records, keys, rejects, characters = [], [], [], 0
    yield Batch(records, keys, indexed, rejects)


def _refused(record: Record) -> Rejected | None:
    try:
        admit(record.document)
    except InvalidDocument as error:
        return Rejected(record.source, name_of(record.document), error.code, str(error))
    return None


def worded(batch: Batch, flags: Sequence[bool]) -> Batch:
    """Return a batch without the texts that have no words, which are rejected."""
    rejects = [
        Rejected(record.source, record.document.id, "no_words", "the text has no words: there is nothing to compare")
        for record, good in zip(batch.records, flags, strict=True)
        if not good
    ]
    records, keys = [*compress(batch.records, flags)], [*compress(batch.keys, flags)]
    return Batch(records, keys, batch.indexed, [*batch.rejects, *rejects])


def tokenized(batch: Batch, unit: Unit) -> tuple[Batch, Tokens]:
    """Return a batch without the texts that have no words, which are rejected, and the tokens of the others."""
    tokens = tokenize([record.document.text for record in batch.records], unit)
    sizes = np.diff(tokens.offsets)
    if sizes.all():
        return batch, tokens
    left = replace(tokens, offsets=tokens.offsets[np.append(True, sizes > 0)])  # the others have none to leave
    return worded(batch, (sizes > 0).tolist()), left


@dataclass(frozen=True, slots=True)
class Measured:
    """A batch with its units."""

    batch: Batch
    units: Units


def measure(batch: Batch, job: Job) -> Measured:
    """Tokenize and sketch a batch."""
    found = units([record.document.text for record in batch.records], job)
    if not found.worded.all():
        batch = worded(batch, found.worded.tolist())
        found = units([record.document.text for record in batch.records], job)
    return Measured(batch, found)


@dataclass(frozen=True, slots=True)
class Lined:
    """The records of a batch as they are written: a table of DOCUMENT_SCHEMA, numbered from 0, and a frame of lines."""

    table: Any
    frame: bytes


def lined(batch: Batch) -> Lined:
    """Return the records of a batch as they are written."""
    lines = lines_of(batch)
    table = pa.table(_document_columns(batch, lines), DOCUMENT_SCHEMA)
    return Lined(table, packed(batch.records, lines, indexed=batch.indexed))


def lines_of(batch: Batch) -> list[bytes]:
    """Return each record of a batch as JSON."""
    return [dumps(record.written) for record in batch.records]


def _document_columns(batch: Batch, lines: Sequence[bytes]) -> dict[str, Any]:
    records = batch.records
    return {
        "document": np.arange(len(records)),
        "id": [record.document.id for record in records],
        "key": batch.keys,
        "indexed": [batch.indexed] * len(records),
        "content": [xxhash.xxh3_64_intdigest(line) for line in lines],
        "path": [record.source.path.encode(errors="backslashreplace").decode() for record in records],
        "place": [record.source.line for record in records],
    }


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as it is written: records, a table of UNIT_SCHEMA, numbered from 0, and the postings of each slice."""

    batch: Batch
    lined: Lined
    units: Any
    postings: Sequence[NDArray[Any]]


def prepare(batch: Batch, job: Job) -> Prepared:
    """Measure a batch, and make of it what is written."""
    found = measure(batch, job)
    table = pa.table(_unit_columns(found.units), UNIT_SCHEMA)
    return Prepared(found.batch, lined(found.batch), table, posted(found.units, slices(job)))


def _unit_columns(found: Units) -> dict[str, Any]:
    return {
        "unit": np.arange(len(found.words)),
        "document": found.documents,
        "start": found.starts,
        "stop": found.stops,
        "low": found.digests[:, 0],
        "high": found.digests[:, 1],
        "words": found.words,
    }


class TableFile(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file, which on a full disk stays unfinished without a word: the error that left it so is told."""

    def __del__(self) -> None:
        """Do nothing, where pyarrow tries to finish the file once more and prints that it could not."""


class NumberedFile:
    """A work file of rows; memory holds one group of them.

    Attributes:
        rows: how many were added.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Write to `path`."""
        self.rows = 0
        self._file = TableFile(path, schema, compression="zstd", compression_level=1, use_dictionary=["path"])
        self._waiting, self._count = [schema.empty_table()], 0

    def add(self, table: Any, **firsts: int) -> None:
        """Append rows, of which the columns named are numbered from the number given."""
        for name, first in firsts.items():
            table = table.set_column(table.schema.get_field_index(name), name, pc.add(table[name], first))
        self._waiting.append(table)
        self.rows += len(table)
        self._count += len(table)
        if self._count >= ROWS_AT_ONCE:
            self._write_group()

    def close(self) -> None:
        """Finish the file."""
        self._write_group()
        self._file.close()

    def _write_group(self) -> None:
        self._file.write_table(pa.concat_tables(self._waiting), row_group_size=self._count or 1)
        self._waiting, self._count = self._waiting[:1], 0


class DocumentFiles:
    """Writes the work files of documents: their rows, their lines, and with `spool` the rows of tables as they came."""

    def __init__(self, work: Path, *, spool: bool) -> None:
        """Write into the folder `work`."""
        self._stack = ExitStack()
        self._rows = self._stack.enter_context(closing(NumberedFile(work / DOCUMENTS, DOCUMENT_SCHEMA)))
        self._lines = self._stack.enter_context(closing(LineFile(work)))
        self._spool = self._stack.enter_context(closing(Spool(work))) if spool else None

    @property
    def count(self) -> int:
        """How many documents were added."""
        return self._rows.rows

    def add(self, batch: Batch, made: Lined) -> None:
        """Append a batch."""
        if self._spool and not batch.indexed:
            self._spool.add(batch.records, self.count)
        self._lines.add(made.frame, len(made.table))
        self._rows.add(made.table, document=self.count)

    def close(self) -> None:
        """Finish the files."""
        self._stack.close()


class Files:
    """Writes the work files."""

    def __init__(self, work: Path, job: Job, *, spool: bool = False) -> None:
        """Write into the folder `work`; with `spool` the rows of tables too, as they came."""
        self._stack = ExitStack()
        self.documents = self._stack.enter_context(closing(DocumentFiles(work, spool=spool)))
        self.units = self._stack.enter_context(closing(NumberedFile(work / UNITS, UNIT_SCHEMA)))
        self._postings = self._stack.enter_context(closing(PostingFiles(work, slices(job))))

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._stack.close()

    def add(self, part: Prepared) -> None:
        """Append a batch."""
        self._postings.add(part.postings, unit=self.units.rows)
        self.units.add(part.units, unit=self.units.rows, document=self.documents.count)
        self.documents.add(part.batch, part.lined)


def take_in(
    sources: Sequence[tuple[Iterable[Item], bool]],
    work: Path,
    job: Job,
    reject: Callable[[Rejected], None],
    advance: Callable[[int], None],
    *,
    spool: bool = False,
) -> tuple[int, int]:
    """Write the work files of all sources, each with whether it is an index; return documents and units.

    With `spool` the rows of tables are kept too, as they came.
    """
    with Files(work, job, spool=spool) as files:
        for part in parts(sources, job, partial(prepare, job=job), reject):
            files.add(part)
            advance(len(part.batch.records))
    return files.documents.count, files.units.rows


class Part(Protocol):
    """What is made of a batch."""

    @property
    def batch(self) -> Batch:
        """The batch, without what of it cannot be used."""


PartMade = TypeVar("PartMade", bound=Part)


def parts(
    sources: Sequence[tuple[Iterable[Item], bool]],
    job: Job,
    make: Callable[[Batch], PartMade],
    reject: Callable[[Rejected], None],
) -> Iterator[PartMade]:
    """Yield what is made of each batch of all sources, each with whether it is an index; tell what cannot be used."""
    for items, indexed in sources:
        for part in in_order(make, batches(items, job, indexed=indexed), job.threads):
            for one in part.batch.rejects:
                reject(one)
            yield part


def rows_of(table: Any) -> Iterator[tuple[Any, ...]]:
    """Return the rows of an Arrow table or batch."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)

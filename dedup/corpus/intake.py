"""Records in, work files out: what is read once, in the order of the input, is all that the rest needs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from pyarrow.compute import is_in

from dedup.admission import admit, name_of
from dedup.corpus.job import Job
from dedup.corpus.spool import Spool
from dedup.corpus.units import Units, slices, units
from dedup.errors import InvalidDocument
from dedup.formats import Item, Record, Rejected
from dedup.model import Document
from dedup.record import Fields, document_of, dumps, loads
from dedup.scheme import Unit
from dedup.sketching.tokens import Tokens, tokenize

Given = TypeVar("Given")
Made = TypeVar("Made")
CHARACTERS_AT_ONCE = 1 << 18  # not measured: two batches of `sketch`
DOCUMENTS_AT_ONCE, DOCUMENTS_IN_A_GROUP = 1 << 14, 1 << 11  # not measured: some MB of articles in a group
DOCUMENTS, UNITS, SETS = "documents.parquet", "units.parquet", "sets.u64"
"""The work files: a row for each document, a row for each unit, and the units' sets of shingles in one piece."""


def bucket_file(number: int) -> str:
    """Return the name of the work file with one slice of the buckets."""
    return f"buckets-{number:03}.parquet"


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
        if characters >= CHARACTERS_AT_ONCE or len(rejects) >= DOCUMENTS_AT_ONCE:
            yield Batch(records, keys, indexed, rejects)
            records, keys, rejects, characters = [], [], [], 0
    yield Batch(records, keys, indexed, rejects)


def _refused(record: Record) -> Rejected | None:
    try:
        admit(record.document)
    except InvalidDocument as error:
        return Rejected(record.source, name_of(record.document), error.code, str(error))
    return None


@dataclass(frozen=True, slots=True)
class Measured:
    """A batch with its units, and each record as a line of JSON."""

    batch: Batch
    units: Units
    lines: Sequence[bytes]


class Part(Protocol):
    """What is made of a batch."""

    @property
    def batch(self) -> Batch:
        """The batch, with what of it cannot be used."""


PartMade = TypeVar("PartMade", bound=Part)


def measure(batch: Batch, job: Job) -> Measured:
    """Tokenize and sketch a batch."""
    found = units([record.document.text for record in batch.records], job)
    if not found.worded.all():
        batch = worded(batch, found.worded.tolist())
        found = units([record.document.text for record in batch.records], job)
    return Measured(batch, found, [dumps(record.written) for record in batch.records])


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


def in_order(work: Callable[[Given], Made], found: Iterable[Given], threads: int) -> Iterator[Made]:
    """Yield what `work` makes of each of those found, in their order, made on so many threads; few wait at once."""
    if threads == 1:
        yield from map(work, found)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque[Future[Made]]()
        for one in found:
            waiting.append(pool.submit(work, one))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class TableFile(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file, which on a full disk stays unfinished without a word: the error that left it so is told."""

    def __del__(self) -> None:
        """Do nothing, where pyarrow tries to finish the file once more and prints that it could not."""


class Files:
    """Writes the work files; memory holds one group of documents."""

    def __init__(self, work: Path, job: Job, *, spool: bool = False) -> None:
        """Write into the folder `work`; with `spool` the rows of tables too, as they came."""
        self.documents = 0
        self.units = 0
        self._work = work
        self._slices = slices(job)
        self._writers: dict[str, TableFile] = {}
        self._sets = (work / SETS).open("wb")
        self._spool = Spool(work) if spool else None
        self._group = list[Measured]()
        self._waiting = 0

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the files."""
        if error is None:
            self._write_group()
        self._sets.close()
        if self._spool:
            self._spool.close()
        for writer in self._writers.values():
            writer.close()

    def add(self, part: Measured) -> None:
        """Append a batch."""
        if self._spool and not part.batch.indexed:
            self._spool.add(part.batch.records, self.documents + self._waiting)
        self._group.append(part)
        self._waiting += len(part.batch.records)
        if self._waiting >= DOCUMENTS_AT_ONCE:
            self._write_group()

    def _write_group(self) -> None:
        group, self._group, self._waiting = self._group, [], 0
        tables, postings = list[dict[str, Any]](), list[tuple[Any, Any, Any]]()
        rows = list[dict[str, Any]]()
        for part in group:
            rows.append(document_columns(part.batch, part.lines, self.documents))
            tables.append(_unit_columns(part.units, self.documents, self.units))
            postings.append((part.units.slices, part.units.buckets, part.units.owners + self.units))
            self._sets.write(part.units.sets.data)
            self.documents += len(part.batch.records)
            self.units += len(part.units.words)
        self._append(DOCUMENTS, pa.concat_tables([pa.table(row, DOCUMENT_SCHEMA) for row in rows] or [_NO_DOCUMENT]))
        self._append(UNITS, pa.concat_tables([pa.table(table, UNIT_SCHEMA) for table in tables] or [_NO_UNIT]))
        self._write_buckets(postings)

    def _write_buckets(self, postings: Sequence[tuple[Any, Any, Any]]) -> None:
        empty = (np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64))
        of, buckets, owners = (np.concatenate(column) for column in zip(empty, *postings, strict=True))
        order = np.argsort(of, kind="stable")
        cuts = np.searchsorted(of[order], np.arange(self._slices + 1))
        for number in range(self._slices):
            own = order[cuts[number] : cuts[number + 1]]
            self._append(bucket_file(number), pa.table({"bucket": buckets[own], "unit": owners[own]}))

    def _append(self, name: str, table: Any) -> None:
        if name not in self._writers:
            self._writers[name] = TableFile(
                self._work / name, table.schema, compression="zstd", compression_level=1, use_dictionary=REPEATED
            )
        self._writers[name].write_table(
            table, row_group_size=DOCUMENTS_IN_A_GROUP if name == DOCUMENTS else len(table) or 1
        )


DOCUMENT_SCHEMA = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "key": pa.int64(),
        "indexed": pa.bool_(),
        "content": pa.uint64(),
        "path": pa.string(),
        "place": pa.int64(),
        "line": pa.large_binary(),
        "id_field": pa.string(),
        "text_field": pa.string(),
    }
)
REPEATED = ["path", "id_field", "text_field"]
_LINE = ("line", "id_field", "text_field")
UNIT_SCHEMA = pa.schema(
    {
        "unit": pa.int64(),
        "document": pa.int64(),
        "start": pa.int64(),
        "stop": pa.int64(),
        "low": pa.uint64(),
        "high": pa.uint64(),
        "words": pa.int64(),
        "shingles": pa.int64(),
    }
)
_NO_DOCUMENT, _NO_UNIT = DOCUMENT_SCHEMA.empty_table(), UNIT_SCHEMA.empty_table()


def document_columns(batch: Batch, lines: Sequence[bytes], first: int) -> dict[str, Any]:
    """Return the columns of DOCUMENT_SCHEMA for a batch, numbered from `first`, with its records as lines."""
    records = batch.records
    return {
        "document": np.arange(first, first + len(records)),
        "id": [record.document.id for record in records],
        "key": batch.keys,
        "indexed": [batch.indexed] * len(records),
        "content": [xxhash.xxh3_64_intdigest(line) for line in lines],
        "path": [record.source.path.encode(errors="backslashreplace").decode() for record in records],
        "place": [record.source.line for record in records],
        "line": lines,
        "id_field": [record.fields.id for record in records],
        "text_field": [record.fields.text for record in records],
    }


def _unit_columns(found: Units, first_document: int, first_unit: int) -> dict[str, Any]:
    return {
        "unit": np.arange(first_unit, first_unit + len(found.words)),
        "document": found.documents + first_document,
        "start": found.starts,
        "stop": found.stops,
        "low": found.digests[:, 0],
        "high": found.digests[:, 1],
        "words": found.words,
        "shingles": found.sizes,
    }


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
        for part in parts(sources, job, partial(measure, job=job), reject):
            files.add(part)
            advance(len(part.batch.records))
    return files.documents, files.units


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


@dataclass(frozen=True, slots=True)
class Line:
    """A document as it goes into the files of lines: its number, its record as JSON, and which fields hold what."""

    document: int
    data: bytes
    fields: Fields
    indexed: bool


def read_lines(work: Path) -> Iterator[Line]:
    """Yield the line of each document, in the order of the input."""
    with pq.ParquetFile(work / DOCUMENTS) as file:
        for batch in file.iter_batches(4096, columns=["document", *_LINE, "indexed"], use_threads=False):
            for document, data, *names, indexed in rows_of(batch):
                yield Line(document, data, Fields(*names), indexed)


def documents_of(work: Path, wanted: Iterable[int]) -> dict[int, Document]:
    """Return the documents of those numbers, from the groups of rows that have some."""
    chosen, documents = np.array(sorted(wanted), np.int64), dict[int, Document]()
    with pq.ParquetFile(work / DOCUMENTS) as file:  # on this thread: Arrow waits for ever for one that it did not get
        for group in range(file.num_row_groups):
            bounds = file.metadata.row_group(group).column(0).statistics  # None where there is no row
            within = chosen[(bounds.min <= chosen) & (chosen <= bounds.max)] if bounds else chosen[:0]
            if len(within):
                table = file.read_row_group(group, ["document", *_LINE], use_threads=False)
                rows = table.filter(is_in(table["document"], pa.array(within, table["document"].type)))
                documents |= {
                    number: document_of(loads(data), Fields(*names)) for number, data, *names in rows_of(rows)
                }
    return documents


def rows_of(table: Any) -> Iterator[tuple[Any, ...]]:
    """Return the rows of an Arrow table or batch."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)

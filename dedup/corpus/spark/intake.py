"""Documents in, units out: each with its digest, its set of shingles and its buckets, sketched in Python workers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.intake import Batch, Measured, batches, lines_of, measure
from dedup.corpus.job import Job
from dedup.corpus.keep import LAST
from dedup.corpus.units import shingle_sets
from dedup.dates import KEYS
from dedup.errors import InvalidInput
from dedup.formats import Fields, Item, Rejected, Source
from dedup.formats.items import record

SCHEMA = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "key": pa.int64(),
        "content": pa.int64(),
        "start": pa.int64(),
        "stop": pa.int64(),
        "low": pa.int64(),
        "high": pa.int64(),
        "shingles": pa.int32(),
        "set": pa.binary(),
        "buckets": pa.list_(pa.int64()),
        "code": pa.string(),
        "reason": pa.string(),
    }
)
"""Hashes are signed, for Spark knows no others; a row with a code is a document that cannot be used.

The hashes of a set of shingles are one value, eight bytes each: Spark would copy and write three hundred numbers a
document one by one, which no step looks at.

A document that the collection is held against has a negative number."""
CHOSEN = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "text": pa.string(),
        "number": pa.int64(),
        "values": pa.list_(pa.string()),
    }
)
"""What is read of a document, whatever it stands in; `values` are those of the columns that rank it."""
_IN_SPARK = {pa.int64(): "bigint", pa.int32(): "int", pa.string(): "string", pa.list_(pa.int64()): "array<bigint>"}
_IN_SPARK |= {pa.list_(pa.int32()): "array<int>", pa.float64(): "double", pa.bool_(): "boolean", pa.binary(): "binary"}
_IN_SPARK |= {pa.large_string(): "string", pa.list_(pa.string()): "array<string>"}
UNIT_COLUMNS = ("document", "id", "key", "content", "start", "stop", "low", "high", "shingles")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a DataFrame are read; what is no string is read as Spark writes it.

    Attributes:
        id: the documents' ids.
        text: their texts.
        number: their numbers, by which `first` goes; without it all have the same.
    """

    id: str = "id"
    text: str = "text"
    number: str | None = None


def take_in(chosen: DataFrame, ranking: Sequence[str], job: Job, columns: Columns) -> DataFrame:
    """Return a row of SCHEMA for each unit of what `chosen_columns` returns, and for each that cannot be used."""
    fields = Fields(columns.id, columns.text)
    return chosen.mapInArrow(lambda parts: _sketched(parts, job, ranking, fields), in_spark(SCHEMA))


def chosen_columns(
    documents: DataFrame, job: Job, columns: Columns, numbered: str | None = None, series: str | None = None
) -> tuple[DataFrame, list[str]]:
    """Return what is read of a DataFrame, with a column `document`, and the columns whose `values` it has.

    These rank the documents, but for the column `series`. The column `numbered` says which document a row is; without
    it the rows are numbered now.

    Raises:
        InvalidInput: the DataFrame lacks a column that is named.
    """
    check_columns(documents, job, columns, series)
    field = job.keep.field
    read = dict.fromkeys([*((field,) if field else KEYS), *((series,) if series else ())])
    ranking = [name for name in read if name in documents.columns]
    number = F.coalesce(documents[columns.number].cast("bigint"), F.lit(LAST)) if columns.number else F.lit(0)
    chosen = documents.select(
        (documents[numbered] if numbered else F.monotonically_increasing_id()).alias("document"),
        documents[columns.id].cast("string").alias("id"),
        documents[columns.text].cast("string").alias("text"),
        number.alias("number"),
        F.array(*(documents[name].cast("string") for name in ranking)).cast("array<string>").alias("values"),
    )
    return chosen, ranking


def check_columns(documents: DataFrame, job: Job, columns: Columns, series: str | None = None) -> None:
    """Refuse columns that are named and that the DataFrame lacks.

    Raises:
        InvalidInput: there is one.
    """
    for name in filter(None, (columns.id, columns.text, columns.number, job.keep.field, series)):
        if name not in documents.columns:
            raise InvalidInput(f"there is no column {name!r}; name one of {', '.join(documents.columns)}")


def in_spark(schema: Any) -> str:
    """Return a schema of Arrow's as Spark writes it."""
    return ", ".join(f"`{field.name}` {_IN_SPARK[field.type]}" for field in schema)


def records(columns: dict[str, list[Any]], ranking: Sequence[str], fields: Fields) -> Iterator[Item]:
    """Yield a document of each row, whose place is its source."""
    ranks = (dict(zip(ranking, values, strict=True)) for values in columns["values"])
    for row, (name, text, rank) in enumerate(zip(columns["id"], columns["text"], ranks, strict=True)):
        yield record(Source("", row), {**rank, fields.id: name, fields.text: text}, fields)


def keys(batch: Batch, columns: dict[str, list[Any]], job: Job) -> Sequence[int]:
    """Return what ranks each document of a batch: its number, if it goes by that."""
    if job.keep.rule not in ("first", "none"):
        return batch.keys
    return [columns["number"][record.source.line or 0] for record in batch.records]


def read(
    parts: Iterable[Any], job: Job, ranking: Sequence[str], fields: Fields
) -> Iterator[tuple[Batch, dict[str, list[Any]]]]:
    """Yield the documents of Arrow's batches, some at a time, bounded in characters, with the columns they are of."""
    for part in parts:
        columns = part.to_pydict()
        for batch in batches(records(columns, ranking, fields), job, indexed=False):
            yield batch, columns


def contents(data: Iterable[bytes]) -> Any:
    """Return a hash of each, signed: it decides between documents that are equal in all else."""
    return np.array([xxhash.xxh3_64_intdigest(one) for one in data], np.uint64).view(np.int64)


def _sketched(parts: Iterable[Any], job: Job, ranking: Sequence[str], fields: Fields) -> Iterator[Any]:
    """Yield batches of SCHEMA."""
    for batch, columns in read(parts, job, ranking, fields):
        found = measure(batch, job)
        yield _units(found, columns, job)
        yield rows_of(SCHEMA, **rejects(found.batch.rejects, columns["document"]))


def _units(found: Measured, columns: dict[str, list[Any]], job: Job) -> Any:
    units, records, of = found.units, found.batch.records, found.units.documents
    rows = [record.source.line or 0 for record in records]
    buckets = np.bincount(units.owners, minlength=len(units.words))
    sets, sizes = shingle_sets(units.tokens, job.scheme.k)
    return rows_of(
        SCHEMA,
        document=np.array([columns["document"][row] for row in rows], np.int64)[of],
        id=[records[i].document.id for i in of],
        key=np.array(keys(found.batch, columns, job), np.int64)[of],
        content=contents(lines_of(found.batch))[of],
        start=units.starts,
        stop=units.stops,
        low=units.digests[:, 0].view(np.int64),
        high=units.digests[:, 1].view(np.int64),
        shingles=sizes.astype(np.int32),
        set=_together(sets, sizes),
        buckets=lists(units.buckets, buckets),
    )


def rejects(found: Sequence[Rejected], documents: Sequence[int]) -> dict[str, list[Any]]:
    """Return the columns that say which documents cannot be used, and why."""
    return {
        "document": [documents[one.source.line or 0] for one in found],
        "id": [one.id for one in found],
        "code": [one.code for one in found],
        "reason": [one.reason for one in found],
    }


def lists(values: Any, sizes: Any) -> Any:
    """Return a column of lists, from the values of all and how many each has; hashes become signed."""
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(sizes, dtype=np.int32)])
    return pa.ListArray.from_arrays(offsets, values.view(np.int64) if values.dtype == np.uint64 else values)


def _together(values: Any, sizes: Any) -> Any:
    """Return a column of bytes: so many hashes each."""
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(8 * sizes, dtype=np.int32)])
    return pa.BinaryArray.from_buffers(pa.binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(values)])


def rows_of(schema: Any, **columns: Any) -> Any:
    """Return these columns, and nulls for the others of the schema."""
    count = len(columns["document"])
    return pa.RecordBatch.from_arrays(
        [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(count, field.type)
            for field in schema
        ],
        schema=schema,
    )

"""Documents in, units out: each with its digest, its set of shingles and its buckets, sketched in Python workers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.intake import Measured, batches, measure
from dedup.corpus.job import Job
from dedup.corpus.keep import LAST
from dedup.dates import KEYS
from dedup.errors import InvalidInput
from dedup.formats import Fields, Rejected, Source
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
        "set": pa.list_(pa.int64()),
        "buckets": pa.list_(pa.int64()),
        "code": pa.string(),
        "reason": pa.string(),
    }
)
"""Hashes are signed, for Spark knows no others; a row with a code is a document that cannot be used."""
_IN_SPARK = {pa.int64(): "bigint", pa.int32(): "int", pa.string(): "string", pa.list_(pa.int64()): "array<bigint>"}
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


def take_in(documents: DataFrame, job: Job, columns: Columns) -> DataFrame:
    """Return a row for each unit and for each document that cannot be used, numbered by a column `unit`.

    Raises:
        InvalidInput: the DataFrame lacks a column that is named.
    """
    field = job.keep.field
    for name in filter(None, (columns.id, columns.text, columns.number, field)):
        if name not in documents.columns:
            raise InvalidInput(f"there is no column {name!r}; name one of {', '.join(documents.columns)}")
    ranking = [name for name in ((field,) if field else KEYS) if name in documents.columns]
    number = F.coalesce(documents[columns.number].cast("bigint"), F.lit(LAST)) if columns.number else F.lit(0)
    chosen = documents.select(
        F.monotonically_increasing_id().alias("document"),
        documents[columns.id].cast("string").alias("id"),
        documents[columns.text].cast("string").alias("text"),
        number.alias("number"),
        F.array(*(documents[name].cast("string") for name in ranking)).cast("array<string>").alias("values"),
    )
    schema = ", ".join(f"`{field.name}` {_IN_SPARK[field.type]}" for field in SCHEMA)
    fields = Fields(columns.id, columns.text)
    units = chosen.mapInArrow(lambda parts: _sketched(parts, job, ranking, fields), schema)
    return units.withColumn("unit", F.monotonically_increasing_id())


def _sketched(parts: Iterable[Any], job: Job, ranking: Sequence[str], fields: Fields) -> Iterator[Any]:
    """Yield batches of SCHEMA; what is worked off at once is bounded in characters."""
    for part in parts:
        columns = part.to_pydict()
        ranks = (dict(zip(ranking, values, strict=True)) for values in columns["values"])
        rows = enumerate(zip(columns["id"], columns["text"], ranks, strict=True))
        items = (
            record(Source("", row), {**rank, fields.id: name, fields.text: text}, fields)
            for row, (name, text, rank) in rows
        )
        for batch in batches(items, job, indexed=False):
            found = measure(batch, job)
            yield _units(found, columns, job)
            yield _rejects(found.batch.rejects, columns["document"])


def _units(found: Measured, columns: dict[str, list[Any]], job: Job) -> Any:
    units, records, of = found.units, found.batch.records, found.units.documents
    rows = [record.source.line or 0 for record in records]
    keys = [columns["number"][row] for row in rows] if job.keep.rule == "first" else found.batch.keys
    content = np.array([xxhash.xxh3_64_intdigest(line) for line in found.lines], np.uint64).view(np.int64)
    buckets = np.bincount(units.owners, minlength=len(units.sizes))
    return _batch(
        document=np.array([columns["document"][row] for row in rows], np.int64)[of],
        id=[records[i].document.id for i in of],
        key=np.array(keys, np.int64)[of],
        content=content[of],
        start=units.starts,
        stop=units.stops,
        low=units.digests[:, 0].view(np.int64),
        high=units.digests[:, 1].view(np.int64),
        shingles=units.sizes.astype(np.int32),
        set=_lists(units.sets, units.sizes),
        buckets=_lists(units.buckets, buckets),
    )


def _rejects(rejects: Sequence[Rejected], documents: Sequence[int]) -> Any:
    return _batch(
        document=[documents[one.source.line or 0] for one in rejects],
        id=[one.id for one in rejects],
        code=[one.code for one in rejects],
        reason=[one.reason for one in rejects],
    )


def _lists(values: Any, sizes: Any) -> Any:
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(sizes, dtype=np.int32)])
    return pa.ListArray.from_arrays(offsets, values.view(np.int64))


def _batch(**columns: Any) -> Any:
    """Return these columns, and nulls for the others."""
    count = len(columns["document"])
    return pa.RecordBatch.from_arrays(
        [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(count, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )

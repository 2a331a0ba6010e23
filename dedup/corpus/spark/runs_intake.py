"""Documents in, their tokens and the minima of their windows out, and of repeated windows the hashes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from dedup.corpus.intake import lines_of
from dedup.corpus.job import Job
from dedup.corpus.runs import kernels
from dedup.corpus.runs.intake import Sliced, sliced
from dedup.corpus.spark.intake import Columns, contents, in_spark, keys, lists, read, rejects, rows_of
from dedup.formats import Fields

SCHEMA = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "key": pa.int64(),
        "content": pa.int64(),
        "length": pa.int64(),
        "tokens": pa.list_(pa.int64()),
        "starts": pa.list_(pa.int32()),
        "ends": pa.list_(pa.int32()),
        "buckets": pa.list_(pa.int64()),
        "firsts": pa.list_(pa.int32()),
        "windows": pa.list_(pa.int32()),
        "code": pa.string(),
        "reason": pa.string(),
    }
)
"""A row for each document: its tokens with their places, and its postings; or a code if it cannot be used."""
WINDOWS = "low bigint, high bigint, rank bigint, place int"


def take_in(chosen: DataFrame, ranking: Sequence[str], job: Job, columns: Columns) -> DataFrame:
    """Return a row of SCHEMA for each document of what `chosen_columns` returns."""
    fields = Fields(columns.id, columns.text)
    return chosen.mapInArrow(lambda parts: _sliced(parts, job, ranking, fields), in_spark(SCHEMA))


def _sliced(parts: Iterable[Any], job: Job, ranking: Sequence[str], fields: Fields) -> Iterator[Any]:
    for batch, columns in read(parts, job, ranking, fields):
        found = sliced(batch, job)
        yield _documents(found, columns, job)
        yield rows_of(SCHEMA, **rejects(found.batch.rejects, columns["document"]))


def _documents(found: Sliced, columns: dict[str, list[Any]], job: Job) -> Any:
    records, tokens, postings = found.batch.records, found.tokens, found.postings
    of = np.searchsorted(tokens.offsets, postings["place"], side="right") - 1
    counts, sizes = np.bincount(of, minlength=len(records)), np.diff(tokens.offsets)
    return rows_of(
        SCHEMA,
        document=[columns["document"][record.source.line or 0] for record in records],
        id=[record.document.id for record in records],
        key=keys(found.batch, columns, job),
        content=contents(lines_of(found.batch)),
        length=[len(record.document.text) for record in records],
        tokens=lists(tokens.hashes, sizes),
        starts=lists(tokens.starts.astype(np.int32), sizes),
        ends=lists(tokens.ends.astype(np.int32), sizes),
        buckets=lists(np.ascontiguousarray(postings["bucket"]), counts),
        firsts=lists((postings["place"] - tokens.offsets[of]).astype(np.int32), counts),
        windows=lists(np.ascontiguousarray(postings["windows"]), counts),
    )


def windows(postings: DataFrame, n: int) -> DataFrame:
    """Return each window of postings with its hash; they come with the `rank` and the `tokens` of their document."""
    return postings.mapInArrow(lambda parts: _hashed(parts, n), WINDOWS)


def _hashed(parts: Iterable[Any], n: int) -> Iterator[Any]:
    for part in parts:
        for rank, tokens, postings in zip(*(part.column(name) for name in ("rank", "tokens", "postings")), strict=True):
            given = postings.values
            firsts, counts = (np.asarray(given.field(name)) for name in ("first", "windows"))
            hashes = np.asarray(tokens.values).view(np.uint64)
            places, low, high = kernels.hashed(hashes, firsts.astype(np.int64), counts.astype(np.int32), n)
            columns = [pa.array(one.view(np.int64)) for one in (low, high)]
            columns += [pa.repeat(rank, len(places)), pa.array(places.astype(np.int32))]
            yield pa.RecordBatch.from_arrays(columns, ["low", "high", "rank", "place"])

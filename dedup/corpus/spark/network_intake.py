"""Documents in, their dates, their series and the minima of their windows out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyspark.sql import DataFrame

from dedup.corpus.intake import Batch, tokenized
from dedup.corpus.job import Job as Corpus
from dedup.corpus.keep import Keep
from dedup.corpus.network.job import Job
from dedup.corpus.network.order import date_of, series_of, times_of
from dedup.corpus.spark.intake import Columns, chosen_columns, contents, in_spark, lists, read, rejects, rows_of
from dedup.formats import Fields
from dedup.sketching.sketches import sketch_tokens

SCHEMA = pa.schema(
    {
        "document": pa.int64(),
        "id": pa.string(),
        "key": pa.int64(),
        "content": pa.int64(),
        "ends": pa.int64(),
        "date": pa.string(),
        "series": pa.int64(),
        "text": pa.string(),
        "minima": pa.list_(pa.int64()),
        "code": pa.string(),
        "reason": pa.string(),
    }
)
"""A row for each document, or a code if it cannot be used. The key is when its date begins: the earliest is best."""


def take_in(documents: DataFrame, job: Job, columns: Columns) -> DataFrame:
    """Return rows of SCHEMA.

    Raises:
        InvalidInput: the DataFrame lacks a column that is named.
    """
    ranking = Corpus(keep=Keep("earliest", job.date or ""))
    chosen, names = chosen_columns(documents, ranking, columns, series=job.series)
    fields = Fields(columns.id, columns.text)

    def rows(parts: Iterable[Any]) -> Iterator[Any]:
        for batch, given in read(parts, ranking, names, fields):
            yield from _documents(batch, given["document"], job)

    return chosen.mapInArrow(rows, in_spark(SCHEMA))


def _documents(batch: Batch, numbers: Sequence[int], job: Job) -> Iterator[Any]:
    """Yield a row for each document of a batch, then for each that cannot be used."""
    batch, tokens = tokenized(batch, job.unit)
    sketched = sketch_tokens(tokens, job.scheme)
    of = np.repeat(np.arange(len(batch.records)), np.diff(sketched.offsets))[sketched.places >= 0]
    minima = lists(sketched.buckets[sketched.places >= 0], np.bincount(of, minlength=len(batch.records)))
    yield _rows(batch, minima, numbers, job)
    yield rows_of(SCHEMA, **rejects(batch.rejects, numbers))


def _rows(batch: Batch, minima: Any, numbers: Sequence[int], job: Job) -> Any:
    documents = [record.document for record in batch.records]
    dates = [date_of(document.metadata, job) for document in documents]
    return rows_of(
        SCHEMA,
        document=[numbers[record.source.line or 0] for record in batch.records],
        id=[document.id for document in documents],
        key=batch.keys,
        content=contents(document.text.encode() for document in documents),
        ends=[times_of(date)[1] for date in dates],
        date=[date.machine if date else None for date in dates],
        series=[_hashed(series_of(document.metadata, job)) for document in documents],
        text=[document.text for document in documents],
        minima=minima,
    )


def _hashed(series: str | None) -> int:
    """Return 63 bits of a series' hash, -1 for none."""
    return -1 if series is None else xxhash.xxh3_64_intdigest(series.encode()) >> 1

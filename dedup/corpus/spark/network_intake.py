"""Documents in, their dates, their series and the minima of their windows out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyspark.sql import DataFrame

from dedup.corpus.intake import Batch, batches
from dedup.corpus.job import Job as Corpus
from dedup.corpus.keep import Keep
from dedup.corpus.network.job import Job
from dedup.corpus.network.order import date_of, series_of, times_of
from dedup.corpus.spark.intake import Columns, chosen_columns, in_spark, lists, records, rejects, rows_of
from dedup.formats import Fields, Record, Rejected
from dedup.sketching.sketches import sketch_tokens
from dedup.sketching.tokens import tokenize

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

    def read(parts: Iterable[Any]) -> Iterator[Any]:
        for part in parts:
            given = part.to_pydict()
            for batch in batches(records(given, names, fields), ranking, indexed=False):
                yield from _documents(batch, given["document"], job)

    return chosen.mapInArrow(read, in_spark(SCHEMA))


def _documents(batch: Batch, numbers: Sequence[int], job: Job) -> Iterator[Any]:
    """Yield a row for each document of a batch, then for each that cannot be used."""
    tokens = tokenize([record.document.text for record in batch.records], job.unit)
    sketched = sketch_tokens(tokens, job.scheme)
    of = np.repeat(np.arange(len(batch.records)), np.diff(sketched.offsets))[sketched.places >= 0]
    sizes = np.bincount(of, minlength=len(batch.records))
    minima = lists(sketched.buckets[sketched.places >= 0], sizes)
    good = np.flatnonzero(sizes).tolist()
    used = [batch.records[row] for row in good]
    yield _rows(used, [batch.keys[row] for row in good], minima.take(pa.array(good, pa.int64())), numbers, job)
    empty = [_without_words(batch.records[row]) for row in np.flatnonzero(sizes == 0).tolist()]
    yield rows_of(SCHEMA, **rejects([*batch.rejects, *empty], numbers))


def _without_words(record: Record) -> Rejected:
    reason = "the text has no words: there is nothing to compare"
    return Rejected(record.source, record.document.id, "no_words", reason)


def _rows(used: Sequence[Record], begins: Sequence[int], minima: Any, numbers: Sequence[int], job: Job) -> Any:
    documents = [record.document for record in used]
    dates = [date_of(document.metadata, job) for document in documents]
    return rows_of(
        SCHEMA,
        document=[numbers[record.source.line or 0] for record in used],
        id=[document.id for document in documents],
        key=begins,
        content=np.array([xxhash.xxh3_64_intdigest(document.text.encode()) for document in documents], np.uint64).view(
            np.int64
        ),
        ends=[times_of(date)[1] for date in dates],
        date=[date.machine if date else None for date in dates],
        series=[_hashed(series_of(document.metadata, job)) for document in documents],
        text=[document.text for document in documents],
        minima=minima,
    )


def _hashed(series: str | None) -> int:
    """Return 63 bits of a series' hash, -1 for none."""
    return -1 if series is None else xxhash.xxh3_64_intdigest(series.encode()) >> 1

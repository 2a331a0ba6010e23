"""Minima in, passages out: each document is held to those before it, as `dedup.search.partners` holds it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.network.job import Job
from dedup.corpus.network.order import Standing, Times, days_between, held, surely_earlier
from dedup.corpus.spark.intake import in_spark
from dedup.corpus.spark.tables import Tables
from dedup.model import Document
from dedup.printings.pairs import PAIR
from dedup.printings.pairs import rows_of as passages_of
from dedup.search.partners import LISTED, TOGETHER, Asking, candidates, compared
from dedup.stores.base import Postings

ASKED = pa.schema(
    {"rank": pa.int64(), "counts": pa.list_(pa.int32()), "earlier": pa.list_(pa.int64()), "truncated": pa.bool_()}
)
"""A document that asks: in how many documents each of its minima is, and with which earlier ones it is compared."""
FOUND = pa.schema(
    {name: pa.from_numpy_dtype(PAIR[name]) for name in PAIR.names or ()} | {"days": pa.int64(), "directed": pa.bool_()}
)
"""A passage, as in `PAIR`; places are ranks."""


def asked(texts: DataFrame, job: Job, total: int, tables: Tables) -> DataFrame:
    """Return rows of ASKED for the documents, `total` of them, that share minima with earlier ones."""
    postings = texts.select(
        "rank", F.col("key").alias("begins"), "series", F.posexplode("minima").alias("at", "bucket")
    )
    buckets = tables.keep("work/buckets", _several(postings))
    shared = (
        postings.select("rank", "at", "bucket")
        .join(buckets, "bucket")
        .groupBy("rank")
        .agg(F.sort_array(F.collect_list(F.struct("at", "count", "listed"))).alias("shared"))
    )
    asking = texts.select("rank", F.col("key").alias("begins"), "series", "text").join(shared, "rank")
    return tables.keep("work/asked", asking.mapInArrow(lambda parts: _asked(parts, job, total), in_spark(ASKED)))


def _several(postings: DataFrame) -> DataFrame:
    """Return the buckets of several documents: how many these are, and the first LISTED in their order."""
    bucket = Window.partitionBy("bucket")
    return (
        postings.withColumn("row", F.row_number().over(bucket.orderBy("rank")))
        .withColumn("count", F.count("*").over(bucket).cast("int"))
        .where((F.col("row") <= LISTED) & (F.col("count") > 1))
        .groupBy("bucket", "count")
        .agg(F.sort_array(F.collect_list(F.struct("rank", "begins", "series"))).alias("listed"))
    )


def _asked(parts: Iterable[Any], job: Job, total: int) -> Iterator[Any]:
    for part in parts:
        found = [row for given in _columns(part) if (row := _asks(given, job, total))]
        yield pa.RecordBatch.from_pylist(found, ASKED)


def _columns(part: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(part.column(name) for name in ("rank", "begins", "series", "text", "shared")), strict=True)


def _asks(given: tuple[Any, ...], job: Job, total: int) -> dict[str, Any] | None:
    """Return a row of ASKED; None for a document that is compared with none, and for which nothing is left unread."""
    rank, begins, series, text, shared = given
    asking = Asking.of(text.as_py(), job.scheme, job.question)
    if asking is None:
        return None
    own = Standing(*(np.int64(one.as_py()) for one in (rank, begins, series)))
    postings, others = _postings(shared.values, len(asking.minima), total)
    places = np.where(held(others, own, job), others.places, -1)
    numbers, left, _ = candidates(postings, lambda numbers: places[numbers], job.scheme)
    cut = (np.diff(postings.offsets) < postings.counts) & (postings.counts > 1)
    truncated = left or asking.hidden(cut, job.scheme, job.question)
    if not len(numbers) and not truncated:
        return None
    return {
        "rank": rank.as_py(),
        "counts": postings.counts.astype(np.int32),
        "earlier": places[numbers],
        "truncated": truncated,
    }


def _postings(shared: Any, minima: int, total: int) -> tuple[Postings, Standing]:
    """Return what an index would answer, entries numbered from 0, and where the document of each entry stands.

    A bucket that only the document itself is in lists none.
    """
    at = np.asarray(shared.field("at"))
    counts, sizes = np.ones(minima, np.uint32), np.zeros(minima, np.int64)
    counts[at], sizes[at] = shared.field("count"), shared.field("listed").value_lengths()
    listed = shared.field("listed").flatten()
    others = Standing(*(np.asarray(listed.field(name)) for name in ("rank", "begins", "series")))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return Postings(counts, offsets, np.arange(len(listed), dtype=np.uint32), total), others


def judged(candidates: DataFrame, texts: DataFrame, job: Job, total: int) -> DataFrame:
    """Return rows of FOUND: the texts of each document and of those before it are brought together, and aligned."""
    of_each = candidates.where(F.size("earlier") > 0).select(
        "rank", "counts", F.posexplode(F.concat(F.array("rank"), "earlier")).alias("at", "document")
    )
    of_each = of_each.withColumn("counts", F.when(F.col("at") == 0, F.col("counts")))
    text = texts.select(F.col("rank").alias("document"), F.col("key").alias("begins"), "ends", "text")
    together = of_each.join(text, "document").repartition("rank").sortWithinPartitions("rank", "at")
    return together.mapInArrow(lambda parts: _judged(parts, job, total), in_spark(FOUND))


def _judged(parts: Iterable[Any], job: Job, total: int) -> Iterator[Any]:
    """Yield the passages of each document with those that follow it; a few texts are held at once."""
    rows = (row for part in parts for row in part.to_pylist())
    for _, group in groupby(rows, itemgetter("rank")):
        first = next(group)
        asking = Asking.of(first["text"], job.scheme, job.question)
        if asking:
            query = asking.query(np.array(first["counts"], np.uint32), total)
            while some := list(islice(group, TOGETHER)):
                documents = [Document(str(row["document"]), row["text"]) for row in some]
                matches = compared(query, documents, job.scheme, job.question)
                found = [row for match in matches for row in passages_of(int(match.id), first["rank"], match)]
                yield _found(np.array(found, PAIR), first, some)


def _found(pairs: Any, later: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> Any:
    """Return passages of some documents, in their order, as rows of FOUND."""
    of = np.searchsorted([row["document"] for row in earlier], pairs["a"])
    a = Times(*(np.array([row[name] for row in earlier], np.int64)[of] for name in Times._fields))
    b = Times(*(np.full(len(pairs), later[name], np.int64) for name in Times._fields))
    columns = {name: pa.array(np.ascontiguousarray(pairs[name])) for name in PAIR.names or ()}
    columns |= {"days": pa.array(days_between(a, b)), "directed": pa.array(surely_earlier(a, b))}
    return pa.RecordBatch.from_pydict(columns, FOUND)

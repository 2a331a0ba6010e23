"""Runs of words that stand elsewhere, on Spark: the definition and the kernels of `dedup.corpus.runs`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import Job
from dedup.corpus.runs import kernels
from dedup.corpus.runs.joints import Cut, without
from dedup.corpus.spark.against import taken_in
from dedup.corpus.spark.intake import Columns, check_columns
from dedup.corpus.spark.kept import kept, numbered
from dedup.corpus.spark.ranks import ranked_documents, rejected
from dedup.corpus.spark.runs_intake import take_in, windows
from dedup.corpus.spark.tables import Tables
from dedup.errors import InvalidInput

_RUNS = "run_rank bigint, first int, words int, source_rank bigint, source_first int"
_WRITTEN = ("id", "start", "end", "words", "source", "source_start", "source_end", "source_in_index")
_PLACES = ("start", "end", "before", "after")


def find_runs(
    documents: DataFrame,
    out: str,
    job: Job,
    *,
    id: str = "id",  # noqa: A002 - the name of the column
    text: str = "text",
    number: str | None = None,
    against: DataFrame | str | None = None,
) -> DataFrame:
    """Find the runs of words that stand elsewhere; return the rows that `dedup corpus --level runs` writes.

    Args:
        documents: a row for each document.
        out: a folder that all machines reach, not there yet; it gets `runs.parquet`, `rejects.parquet` (documents that
            cannot be used: id, code, reason), if the job is to cut runs out `kept.parquet` (what is left of the
            documents, with the columns of the input), and a folder `work` to be thrown away.
        job: of level "runs"; its threads and its memory are Spark's own matter.
        id: the column with the documents' ids.
        text: the column with their texts.
        number: a column of whole numbers: the least is the first for `keep="first"`; without it the least id is.
        against: documents that outrank all others and are left alone: a table with the same columns, or the URL of an
            index that all machines reach.

    Raises:
        InvalidInput: there is no such column, or the job is of another level.
        OutputExists: the folder is there already.
        StoreError: the index cannot be read, here or by a worker.
    """
    if job.level != "runs":
        raise InvalidInput(f"the job is of level {job.level}; give one of level runs, or call `deduplicate`")
    tables, columns = Tables(documents.sparkSession, out), Columns(id, text, number)
    check_columns(documents, job, columns)
    read, numbers = numbered(documents, tables)
    intake = tables.keep("work/intake", taken_in(read, against, job, columns, tables, take_in, numbers))
    ranked = ranked_documents(intake, tables)
    tables.keep("rejects.parquet", rejected(intake, ranked))
    texts = intake.where(F.isnull("code")).join(ranked.select("document", "rank"), "document")
    found = tables.keep("work/runs-found", _found(_copies(texts, job, tables), texts, job))
    placed = tables.keep("work/runs", _placed(found, texts))
    runs = tables.keep("runs.parquet", placed.orderBy("rank", "first").select(*_WRITTEN))
    if job.cut:
        left = kept(read, numbers, text, ranked, _cuts(placed, job), job, _without)
        tables.keep("kept.parquet", left.select(*documents.columns))
    return runs


def _copies(texts: DataFrame, job: Job, tables: Tables) -> DataFrame:
    """Return rank and `places` of each document with repeated windows: each of these, and its first place."""
    zipped = F.arrays_zip("buckets", "firsts", "windows")
    postings = texts.select("rank", F.explode(zipped).alias("posting")).select(
        "rank",
        F.col("posting.buckets").alias("bucket"),
        F.struct(F.col("posting.firsts").alias("first"), F.col("posting.windows").alias("windows")).alias("posting"),
    )
    several = postings.groupBy("bucket").count().where("count > 1").select("bucket")
    of_document = (
        postings.join(several, "bucket", "left_semi")
        .groupBy("rank")
        .agg(F.sort_array(F.collect_list("posting")).alias("postings"))
    )
    hashed = tables.keep("work/windows", windows(of_document.join(texts.select("rank", "tokens"), "rank"), job.least))
    at = F.struct("rank", "place")
    firsts = hashed.groupBy("low", "high").agg(F.min(at).alias("first"), F.count("*").alias("count")).where("count > 1")
    repeated = (
        hashed.where("rank >= 0")
        .join(firsts, ["low", "high"])
        .where((F.col("rank") != F.col("first.rank")) | (F.col("place") - F.col("first.place") >= job.least))
    )
    place = F.struct("place", F.col("first.rank").alias("source"), F.col("first.place").alias("source_place"))
    return repeated.groupBy("rank").agg(F.sort_array(F.collect_list(place)).alias("places"))


def _found(copies: DataFrame, texts: DataFrame, job: Job) -> DataFrame:
    """Return the runs by rank and token: the tokens of a document and of its sources are brought together."""
    tokens = texts.select("rank", "tokens")
    copies = copies.withColumn("sources", F.array_distinct("places.source"))
    of_sources = (
        copies.select("rank", F.explode("sources").alias("source"))
        .join(tokens.toDF("source", "source_tokens"), "source")
        .groupBy("rank")
        .agg(F.collect_list(F.struct("source", "source_tokens")).alias("of_sources"))
    )
    together = copies.select("rank", "places").join(tokens, "rank").join(of_sources, "rank")
    return together.mapInArrow(lambda parts: _extended(parts, job.least), _RUNS)


def _extended(parts: Iterable[Any], n: int) -> Iterator[Any]:
    names = ("rank", "places", "tokens", "of_sources")
    for part in parts:
        for rank, places, tokens, of_sources in zip(*(part.column(name) for name in names), strict=True):
            yield _runs(rank, places.values, tokens.values, of_sources.values, n)


def _runs(rank: Any, places: Any, tokens: Any, of_sources: Any, n: int) -> Any:
    """Return the runs of one document."""
    ranks = np.asarray(of_sources.field("source"))
    texts = [np.asarray(one.values) for one in of_sources.field("source_tokens")]
    sizes = [len(tokens), *map(len, texts)]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    order = np.argsort(ranks)
    of_place = order[np.searchsorted(ranks[order], np.asarray(places.field("source")))] + 1
    starts, firsts = (np.asarray(places.field(name)).astype(np.int64) for name in ("place", "source_place"))
    joined = np.concatenate([np.asarray(tokens), *texts]).view(np.uint64)
    one_each = np.ones(len(starts), np.int64)
    found, words, sources = kernels.extended(joined, offsets, starts, offsets[of_place] + firsts, one_each, n)
    of_source = np.searchsorted(offsets, sources, side="right") - 1
    columns = (found, words, sources - offsets[of_source])
    first, length, source_first = (pa.array(one.astype(np.int32)) for one in columns)
    source = pa.array(ranks[of_source - 1])
    return pa.RecordBatch.from_arrays(
        [pa.repeat(rank, len(found)), first, length, source, source_first],
        ["run_rank", "first", "words", "source_rank", "source_first"],
    )


def _placed(found: DataFrame, texts: DataFrame) -> DataFrame:
    """Return the runs with ids, and the places of them, their sources, and the words beside both, in code points."""
    for rank, first, side in (("run_rank", "first", ""), ("source_rank", "source_first", "source_")):
        names = {"rank": rank, "document": f"{side}document", "id": "source" if side else "id"}
        named = (F.col(name).alias(alias) for name, alias in names.items())
        of = texts.select(*named, "length", "starts", "ends")
        found = found.join(of, rank)
        end = F.col(first) + F.col("words")
        columns = {
            f"{side}start": F.get("starts", F.col(first)),
            f"{side}end": F.get("ends", end - 1),
            f"{side}before": F.when(F.col(first) > 0, F.get("ends", F.col(first) - 1)).otherwise(0),
            f"{side}after": F.coalesce(F.get("starts", end), "length"),
        }
        found = found.withColumns({name: column.cast("bigint") for name, column in columns.items()})
        found = found.drop("length", "starts", "ends")
    columns = {"words": F.col("words").cast("bigint"), "source_in_index": F.col("source_rank") < 0}
    return found.withColumns(columns).withColumnRenamed("run_rank", "rank")


def _cuts(runs: DataFrame, job: Job) -> DataFrame:
    """Return where runs are cut out of documents; with `keep="none"` their sources too."""
    cuts = runs.select("document", *_PLACES)
    if job.keep.rule != "none":
        return cuts
    of_sources = runs.select("source_document", *(f"source_{name}" for name in _PLACES)).toDF("document", *_PLACES)
    return cuts.union(of_sources.distinct())


def _without(text: str, cuts: Sequence[Any]) -> str:
    return without(text, [Cut(*cut) for cut in cuts])

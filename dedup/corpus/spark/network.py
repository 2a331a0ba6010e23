"""Who reprints whom, on Spark: the definition and the kernels of `dedup.corpus.network`."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.network.job import Job
from dedup.corpus.network.tables import CLUSTER, PAIRS, PASSAGES, written
from dedup.corpus.spark.intake import Columns, in_spark
from dedup.corpus.spark.network_clusters import printings
from dedup.corpus.spark.network_intake import take_in
from dedup.corpus.spark.network_pairs import asked, judged
from dedup.corpus.spark.ranks import ranked_documents, rejected
from dedup.corpus.spark.tables import Tables
from dedup.scheme import Unit


class Network(NamedTuple):
    """What was found.

    Attributes:
        pairs: the passages of two documents, with the columns of `pairs.parquet` that `dedup network` writes.
        passages: the printings of texts, with the columns of `passages.parquet`.
        truncated: the id of each document for which something that may share a passage was left unread.
    """

    pairs: DataFrame
    passages: DataFrame
    truncated: DataFrame


def find_network(
    documents: DataFrame,
    out: str,
    job: Job | None = None,
    *,
    id: str = "id",  # noqa: A002 - the name of the column
    text: str = "text",
) -> Network:
    """Find the pairs of documents that share a passage, and which passages are the same text.

    Args:
        documents: a row for each document. Of the other columns those with dates and the series are read.
        out: a folder that all machines reach, not there yet; it gets `pairs.parquet`, `passages.parquet`,
            `truncated.parquet`, `rejects.parquet` (documents that cannot be used: id, code, reason) and a folder
            `work` to be thrown away. Of several documents with one id the earliest is used; of these one is chosen by
            a hash of its text.
        job: which passages make a pair, and which pairs count; its threads are Spark's own matter.
        id: the column with the documents' ids.
        text: the column with their texts.

    Raises:
        InvalidInput: there is no such column.
        OutputExists: the folder is there already.
    """
    job = job or Job()
    tables = Tables(documents.sparkSession, out)
    intake = tables.keep("work/intake", take_in(documents, job, Columns(id, text)))
    ranks = ranked_documents(intake, tables)
    tables.keep("rejects.parquet", rejected(intake, ranks))
    texts = intake.where(F.isnull("code")).drop("id").join(ranks, "document")
    total = ranks.count()
    asking = asked(texts, job, total, tables)
    found = judged(asking, texts, job, total).withColumn("passage", F.monotonically_increasing_id())
    passages = tables.keep("work/passages", found)
    placed = printings(passages, tables).withColumn("kind", _kind())
    return Network(
        tables.keep("pairs.parquet", _pairs(passages, placed, ranks)),
        tables.keep("passages.parquet", _passages(placed, texts, ranks, job.unit)),
        tables.keep("truncated.parquet", asking.where("truncated").join(ranks, "rank").select("id")),
    )


def _kind() -> Any:
    return F.when(F.col("reworded"), "reworded").otherwise("passage")


def _named(printings: DataFrame, ranks: DataFrame) -> DataFrame:
    """Return printings with the name of their cluster, after its first printing."""
    ids = ranks.select(F.col("rank").alias("first_rank"), F.col("id").alias("first"))
    named = F.format_string(CLUSTER, "first", "first_start", "first_end")
    return printings.join(ids, "first_rank").withColumn("cluster", named)


def _pairs(passages: DataFrame, printings: DataFrame, ranks: DataFrame) -> DataFrame:
    """Return the rows of `pairs.parquet`, by the earlier document, then by the later."""
    clusters = _named(printings, ranks).select("cluster", F.explode("passages").alias("passage"))
    both = passages.join(clusters, "passage").withColumn("kind", _kind())
    both = both.withColumnRenamed("matched", "matched_words").withColumn(
        "days", F.when(F.col("days") >= 0, F.col("days"))
    )
    for side in ("a", "b"):
        ids = ranks.select(F.col("rank").alias(side), F.col("id").alias(f"{side}_id"))
        both = both.join(ids, side)
    ordered = both.orderBy("a", "b", "a_start", "b_start").drop("a", "b").withColumnsRenamed({"a_id": "a", "b_id": "b"})
    return ordered.select(*PAIRS.names)


def _passages(printings: DataFrame, texts: DataFrame, ranks: DataFrame, unit: Unit) -> DataFrame:
    """Return the rows of `passages.parquet`, cluster by cluster."""
    named = _named(printings.drop("passages"), ranks)
    whole = named.join(texts.select("rank", F.col("id").alias("document"), "date", "text"), "rank")
    columns = [name for name in PASSAGES.names if name != "words"]
    ordered = whole.orderBy("printing").select(*columns)
    return ordered.mapInArrow(lambda parts: _cut(parts, unit), in_spark(PASSAGES))


def _cut(parts: Iterable[Any], unit: Unit) -> Iterator[Any]:
    """Cut the texts of printings out of those of their documents."""
    for part in parts:
        columns = dict(zip(part.schema.names, part.columns, strict=True))
        spans = zip(*(columns[name].to_pylist() for name in ("text", "start", "end")), strict=True)
        cut = written([text[start:end] for text, start, end in spans], unit)
        table = pa.table(columns | cut).select(PASSAGES.names).cast(PASSAGES)
        yield from table.to_batches()

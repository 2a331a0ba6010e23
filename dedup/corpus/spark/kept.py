"""What is left of a DataFrame whose texts lose some of their parts."""

from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import Job
from dedup.corpus.spark.tables import Tables
from dedup.corpus.units import has_words

Without = Callable[[str, Sequence[Any]], str]


def numbered(documents: DataFrame, tables: Tables) -> tuple[DataFrame, str]:
    """Return the documents with a column that says which document a row is, and its name, as no other begins."""
    name = "document"
    while any(column.startswith(name) for column in documents.columns):
        name += "_"
    return tables.keep("work/input", documents.withColumn(name, F.monotonically_increasing_id())), name


def kept(
    read: DataFrame, number: str, text: str, chosen: DataFrame, cuts: DataFrame, job: Job, without: Without
) -> DataFrame:
    """Return the documents that take part, without their cuts; those of which no word is left are not among them.

    Args:
        read: the documents, with a column `number`.
        number: the column that says which document a row is.
        text: the column with the texts.
        chosen: the `document` of each that takes part.
        cuts: the `document`, and where each cut lies.
        job: what a word is.
        without: returns a text without its cuts, which come in order.
    """
    cut = f"{number}_cuts"
    places = F.struct(*(name for name in cuts.columns if name != "document"))
    of_document = cuts.groupBy("document").agg(F.sort_array(F.collect_list(places)).alias(cut))
    part = chosen.select("document").distinct().join(of_document, "document", "left")
    both = read.join(part.withColumnRenamed("document", number), number)

    def left(whole: str, parts: Sequence[Any] | None) -> str | None:
        rest = without(whole, parts) if parts else ""
        return rest if has_words(rest, job) else None

    shortened = F.udf(left, "string", useArrow=False)(F.col(text), F.col(cut))
    both = both.withColumn(text, F.when(F.isnull(cut), F.col(text)).otherwise(shortened))
    return both.where(F.isnotnull(text)).drop(cut, number)

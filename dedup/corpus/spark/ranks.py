"""Units by rank, and of those with the same folded tokens the best ranked; or documents by rank.

Documents that the collection is held against outrank all others: their ranks are negative, as are their numbers.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.spark.intake import UNIT_COLUMNS
from dedup.corpus.spark.tables import Tables

AGAINST = 1 << 62
"""So much is taken from the ranks of what the collection is held against: more than Spark counts in 2 ** 29 parts."""


def ranked(intake: DataFrame, tables: Tables) -> DataFrame:
    """Return the units of the best document of each id, with `rank` and `twin`: the best rank with the same tokens."""
    units = (
        _best_of_each_id(intake.where(F.isnull("code")).select("unit", *UNIT_COLUMNS))
        .orderBy(_old().desc(), "key", "id", "start")
        .select(F.monotonically_increasing_id().alias("rank"), "unit", *UNIT_COLUMNS)
        .drop("key", "content")
    )
    # kept before it is used twice: a second sort may cut its partitions elsewhere
    ranks = tables.keep("work/ranks", _set_apart(units))
    twins = ranks.groupBy("low", "high").agg(F.min("rank").alias("twin"))
    return tables.keep("work/units", ranks.join(twins, ["low", "high"]).drop("low", "high"))


def ranked_documents(intake: DataFrame, tables: Tables) -> DataFrame:
    """Return document, id and rank of the best document of each id."""
    best = _best_of_each_id(intake.where(F.isnull("code")).select("document", "id", "key", "content"))
    ordered = best.orderBy(_old().desc(), "key", "id")
    ranks = ordered.select("document", "id", F.monotonically_increasing_id().alias("rank"))
    return tables.keep("work/ranks", _set_apart(ranks))


def _old() -> Column:
    """Whether the collection is held against the document."""
    return F.col("document") < 0


def _set_apart(ranks: DataFrame) -> DataFrame:
    return ranks.withColumn("rank", F.col("rank") - F.when(_old(), AGAINST).otherwise(0))


def _best_of_each_id(rows: DataFrame) -> DataFrame:
    """Return the rows of the best document of each id, of the collection and of what it is held against."""
    repeated = Window.partitionBy("id", _old()).orderBy("key", "content", "document")
    return rows.withColumn("place", F.rank().over(repeated)).where("place = 1").drop("place")


def rejected(intake: DataFrame, units: DataFrame) -> DataFrame:
    """Return id, code and reason of each document that takes no part."""
    repeated = (
        intake.where(F.isnull("code") & ~_old())
        .select("document", "id")
        .distinct()
        .join(units.select("document").distinct(), "document", "left_anti")
        .select("id", F.lit("duplicate_id").alias("code"), F.lit("another document has this id").alias("reason"))
    )
    return intake.where(F.isnotnull("code")).select("id", "code", "reason").union(repeated)

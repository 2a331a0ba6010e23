"""Buckets in, pairs of ranks out: in each bucket all units with each other, in a full one with the `STAR` best ranked.

A bucket may hold any number of units, and no task sees more of one than `FULL` + 1 from each task before it: Spark cuts
the window at both sides of the shuffle (WindowGroupLimit). Where there are more, the others are joined to the best.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import FULL, STAR
from dedup.corpus.spark.tables import Tables


def candidates(intake: DataFrame, units: DataFrame, tables: Tables) -> DataFrame:
    """Return the pairs of ranks that share a bucket as `better` and `worse`, each once; twins have one rank.

    What the collection is held against, whose ranks are negative, is not paired with itself.
    """
    one_of_each = units.where("rank = twin").select("unit", "rank")
    kept = tables.keep("work/postings", intake.select("unit", "buckets").join(one_of_each, "unit").drop("unit"))
    postings = kept.select("rank", F.explode("buckets").alias("bucket"))
    best = tables.keep("work/best", _best(postings))
    full = tables.keep("work/full", best.where(F.size("ranks") > FULL))
    pairs = _pairs(best)
    if not full.isEmpty():
        pairs = pairs.union(_rest(postings, full))
    # a worse one has few better ones, so this spreads evenly, and the join to come needs no other shuffle
    return pairs.where("worse >= 0").repartition("worse").distinct()


def _best(postings: DataFrame) -> DataFrame:
    """Return the ranks of the best FULL + 1 units of each bucket with several, in order."""
    bucket = Window.partitionBy("bucket")
    return (
        postings.withColumn("place", F.row_number().over(bucket.orderBy("rank")))
        .where(F.col("place") <= FULL + 1)
        .withColumn("size", F.count("*").over(bucket))
        .where("size > 1")
        .groupBy("bucket")
        .agg(F.sort_array(F.collect_list("rank")).alias("ranks"))
    )


def _pairs(best: DataFrame) -> DataFrame:
    """Pair the best of each bucket: all with all, and those of a full one with its STAR best."""
    stars = F.when(F.size("ranks") > FULL, F.slice("ranks", 1, STAR)).otherwise(F.col("ranks"))
    placed = best.select("ranks", F.posexplode(stars).alias("place", "better"))
    others = F.slice("ranks", F.col("place") + 2, F.size("ranks"))
    return placed.select("better", F.explode(others).alias("worse"))


def _rest(postings: DataFrame, full: DataFrame) -> DataFrame:
    """Pair what stands behind the best of the full buckets with these; few of those are sent to all machines."""
    stars = full.select("bucket", F.slice("ranks", 1, STAR).alias("ranks"), F.element_at("ranks", -1).alias("last"))
    behind = postings.join(stars, "bucket").where("rank > last")
    return behind.select(F.explode("ranks").alias("better"), F.col("rank").alias("worse"))

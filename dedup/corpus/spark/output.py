"""The tables that others read, with the user's own ids: clusters and pairs, as `dedup corpus` writes them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.clusters import EXACT, KINDS, NEAR, SURVIVOR
from dedup.corpus.job import Level

_EVIDENCE = ("shared", "similarity")
_PLACED = ("id", "start", "stop")


def members(units: DataFrame, owners: DataFrame) -> DataFrame:
    """Return the units of clusters of several documents, each with its `survivor`.

    Of what the collection is held against, whose ranks are negative, survivors alone are members.
    """
    of_twins = owners.toDF("twin", "owner")
    owned = units.join(of_twins, "twin", "left").withColumn("survivor", F.coalesce("owner", "twin")).drop("owner")
    owned = owned.where("rank >= 0 OR rank = survivor")
    documents = owned.groupBy("survivor").agg(F.min("document").alias("one"), F.max("document").alias("other"))
    return owned.join(documents.where("one < other"), "survivor", "left_semi")


def clusters(members: DataFrame, units: DataFrame, compared: DataFrame, level: Level) -> DataFrame:
    """Return a row for each member: its survivor, how it is its duplicate, and the evidence.

    Args:
        members: units, each with its survivor.
        units: all of them.
        compared: pairs with what they share, at least those of a survivor and a near one.
        level: what a unit is.
    """
    evidence = compared.select(F.col("better").alias("survivor"), F.col("worse").alias("twin"), *_EVIDENCE)
    kind = F.when(F.col("rank") == F.col("survivor"), KINDS[SURVIVOR])
    kind = kind.when(F.col("twin") == F.col("survivor"), KINDS[EXACT]).otherwise(KINDS[NEAR])
    best = units.select(F.col("rank").alias("survivor"), *(F.col(name).alias(f"best_{name}") for name in _PLACED))
    rows = members.join(evidence, ["survivor", "twin"], "left").join(best, "survivor")
    cluster = F.col("best_id") if level == "documents" else F.concat_ws(":", "best_id", "best_start")
    return rows.select(
        cluster.alias("cluster"),
        "id",
        *_places(level, {"start": "start", "end": "stop", "survivor_start": "best_start", "survivor_end": "best_stop"}),
        F.col("best_id").alias("survivor"),
        F.coalesce("similarity", F.lit(1.0)).alias("similarity"),
        kind.alias("kind"),
        F.coalesce("shared", "shingles").alias("shared_shingles"),
        (F.col("survivor") < 0).alias("survivor_in_index"),
    )


def cuts(members: DataFrame, units: DataFrame) -> DataFrame:
    """Return document, start and end of each paragraph that stands in a better ranked document."""
    best = units.select(F.col("rank").alias("survivor"), F.col("document").alias("survivor_document"))
    copies = members.where("rank >= 0").join(best, "survivor").where("document <> survivor_document")
    return copies.select("document", "start", F.col("stop").alias("end"))


def pairs(edges: DataFrame, units: DataFrame, level: Level) -> DataFrame:
    """Return a row for each pair that is similar enough, and for each unit with the tokens of a better ranked one."""
    near = edges.select("better", "worse", "similarity", "shared", F.lit(KINDS[NEAR]).alias("kind"))
    twins = units.where("rank <> twin AND rank >= 0")
    exact = twins.select("twin", "rank", F.lit(1.0), "shingles", F.lit(KINDS[EXACT]))
    rows = near.union(exact)
    for end, side in (("better", "a"), ("worse", "b")):
        named = units.select(F.col("rank").alias(end), *(F.col(name).alias(f"{side}_{name}") for name in _PLACED))
        rows = rows.join(named, end)
    a, b = (_places(level, {f"{side}_start": f"{side}_start", f"{side}_end": f"{side}_stop"}) for side in "ab")
    shared = F.col("shared").alias("shared_shingles")
    return rows.select(F.col("a_id").alias("a"), *a, F.col("b_id").alias("b"), *b, "similarity", shared, "kind")


def _places(level: Level, names: dict[str, str]) -> list[Column]:
    """Return where paragraphs stand; documents need no place."""
    return [F.col(name).alias(alias) for alias, name in names.items()] if level == "passages" else []

"""Edges in, owners out: in rounds over all machines while there is much to decide, the rest in one task.

A round costs a few shuffles of what is left. A chain of n documents that each resemble the next takes n / 2 rounds; so
few edges as one machine holds at once are decided by the kernels of the job for one machine, in one pass.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus import kernels
from dedup.corpus.job import Closure
from dedup.corpus.spark.tables import Tables
from dedup.printings import roots

ONE_TASK = 1 << 22
"""So many edges are decided in one task, which takes some 300 MB."""
OWNERS = "rank bigint, survivor bigint"


def owners(edges: DataFrame, closure: Closure, tables: Tables, one_task: int = ONE_TASK) -> DataFrame:
    """Return the `survivor` of each `rank` that is none itself."""
    edges = edges.select("better", "worse")
    if closure == "transitive":
        return tables.keep("work/owners", _united(edges, tables, one_task))
    members = _members(edges, tables, one_task)
    theirs = edges.join(members.withColumnRenamed("rank", "better"), "better", "left_anti")
    return tables.keep(
        "work/owners", theirs.groupBy(F.col("worse").alias("rank")).agg(F.min("better").alias("survivor"))
    )


def _members(edges: DataFrame, tables: Tables, one_task: int) -> DataFrame:
    """Return the ranks that are no survivors.

    Who has no better ranked neighbour left to decide about is a survivor, whom that one resembles a member; a member
    decides about nobody. This is the greedy choice in order of rank (Blelloch, Fineman, Shun, SPAA 2012).
    """
    found, left, turn = edges.select(F.col("worse").alias("rank")).limit(0), edges, 0
    while left.count() > one_task:
        turn += 1
        waiting = left.select(F.col("worse").alias("better"))
        decided = left.join(waiting, "better", "left_anti").select(F.col("worse").alias("rank")).distinct()
        decided = tables.keep(f"work/members-{turn}", decided)
        found = found.union(decided)
        for side in ("better", "worse"):
            left = left.join(decided.withColumnRenamed("rank", side), side, "left_anti")
        left = tables.keep(f"work/undecided-{turn}", left.select("better", "worse"))
    return found.union(_in_one_task(left, transitive=False).select("rank"))


def _united(edges: DataFrame, tables: Tables, one_task: int) -> DataFrame:
    """Return the least rank of each component (Kiveris et al., Connected Components in MapReduce and Beyond, 2014)."""
    turn, stars = 0, edges
    while stars.count() > one_task:
        turn += 1
        before, stars = stars, tables.keep(f"work/stars-{turn}", _small_star(_large_star(stars)))
        if before.exceptAll(stars).isEmpty() and stars.exceptAll(before).isEmpty():
            return stars.select(F.col("worse").alias("rank"), F.col("better").alias("survivor"))
    return _in_one_task(stars, transitive=True)


def _large_star(edges: DataFrame) -> DataFrame:
    """Lead each neighbour behind a unit to the best of the unit and its neighbours."""
    both = edges.select("better", "worse").union(edges.select("worse", "better")).toDF("unit", "neighbour")
    least = both.groupBy("unit").agg(F.least("unit", F.min("neighbour")).alias("better"))
    behind = both.where("neighbour > unit").join(least, "unit")
    return behind.select("better", F.col("neighbour").alias("worse")).distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Lead a unit, and all its neighbours before it, to the best of them."""
    least = edges.groupBy("worse").agg(F.min("better").alias("least"))
    before = edges.join(least, "worse").where("better > least").select("least", "better")
    return before.union(least.select("least", "worse")).distinct().toDF("better", "worse")


def _in_one_task(edges: DataFrame, *, transitive: bool) -> DataFrame:
    ordered = edges.repartition(1).sortWithinPartitions("worse", "better")
    return ordered.mapInArrow(lambda parts: _owned(parts, transitive=transitive), OWNERS)


def _owned(parts: Iterable[Any], *, transitive: bool) -> Iterator[Any]:
    """Yield rank and survivor of each unit that is none itself."""
    table = pa.Table.from_batches(parts, pa.schema({"better": pa.int64(), "worse": pa.int64()}))
    ends = np.concatenate([table["better"].to_numpy(), table["worse"].to_numpy()])
    ranks, places = np.unique(ends, return_inverse=True)
    found = np.arange(len(ranks), dtype=np.int64)
    better, worse = np.split(places, 2)
    (roots.unite if transitive else kernels.attach)(found, better, worse)
    if transitive:
        roots.flatten(found)
    gone = found != np.arange(len(ranks))
    yield pa.RecordBatch.from_arrays([pa.array(ranks[gone]), pa.array(ranks[found[gone]])], ["rank", "survivor"])

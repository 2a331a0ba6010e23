"""Pairs in, what they share out: each pair's two sets of shingles are brought together and compared by the kernel."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow.compute import binary_length
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import Job
from dedup.corpus.kernels import shared
from dedup.corpus.sets import similarity
from dedup.corpus.spark.tables import Tables

SCHEMA = "better bigint, worse bigint, shared int, similarity double"


def compared(
    pairs: DataFrame, intake: DataFrame, units: DataFrame, job: Job, least: float, tables: Tables, name: str
) -> DataFrame:
    """Return the pairs that are at least so similar, with how many shingles they share and how similar they are.

    Sets travel only of units that are in some pair, and with the pair only that of one side: a shuffle carries each of
    those sets once, and one more for each pair. The pairs are kept under a name.
    """
    place = units.select("rank", "unit")
    for side in ("worse", "better"):
        at = place.withColumnsRenamed({"rank": side, "unit": f"{side}_unit"})
        pairs = pairs.join(at, side)
    pairs = tables.keep(f"work/{name}", pairs)
    paired = pairs.select(F.explode(F.array("better_unit", "worse_unit")).alias("unit")).distinct()
    sets = intake.select("unit", "set").join(paired, "unit", "left_semi")
    for side in ("worse", "better"):
        of = sets.withColumnsRenamed({"unit": f"{side}_unit", "set": f"{side}_set"})
        pairs = pairs.join(of, f"{side}_unit")
    both = pairs.select("better", "worse", "better_set", "worse_set")
    return both.mapInArrow(lambda parts: _similar(parts, job, least), SCHEMA)


def _similar(parts: Iterable[Any], job: Job, least: float) -> Iterator[Any]:
    for part in parts:
        sides = part.column("better_set"), part.column("worse_set")
        sets = np.frombuffer(bytearray().join(one for side in sides for one in side.to_pylist()), np.uint64)
        sizes = np.concatenate([np.asarray(binary_length(side)) for side in sides]).astype(np.int64) // 8
        left, right = np.split(np.arange(len(sizes)), 2)
        counts = shared(sets, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), left, right)
        similarities = similarity(counts, sizes[left], sizes[right], job.measure)
        enough = similarities >= least
        ranks = part.select(["better", "worse"]).filter(pa.array(enough))
        yield pa.RecordBatch.from_arrays(
            [*ranks.columns, pa.array(counts[enough]), pa.array(similarities[enough])],
            ["better", "worse", "shared", "similarity"],
        )

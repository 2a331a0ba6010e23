"""Pairs in, what they share out: each pair's two sets of shingles are brought together and compared by the kernel."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from dedup.corpus.job import Job
from dedup.corpus.kernels import shared
from dedup.corpus.sets import similarity

SCHEMA = "better bigint, worse bigint, shared int, similarity double"


def compared(pairs: DataFrame, intake: DataFrame, units: DataFrame, job: Job, least: float) -> DataFrame:
    """Return the pairs that are at least so similar, with how many shingles they share and how similar they are.

    Only the set of one side travels with the pair: a shuffle carries each unit's set once, and one more for each pair.
    """
    place, sets = units.select("rank", "unit"), intake.select("unit", "set")
    for side in ("worse", "better"):
        at = place.withColumnsRenamed({"rank": side, "unit": f"{side}_unit"})
        pairs = pairs.join(at, side)
    for side in ("worse", "better"):
        of = sets.withColumnsRenamed({"unit": f"{side}_unit", "set": f"{side}_set"})
        pairs = pairs.join(of, f"{side}_unit")
    both = pairs.select("better", "worse", "better_set", "worse_set")
    return both.mapInArrow(lambda parts: _similar(parts, job, least), SCHEMA)


def _similar(parts: Iterable[Any], job: Job, least: float) -> Iterator[Any]:
    for part in parts:
        better, worse = part.column("better_set"), part.column("worse_set")
        sets = np.concatenate([np.asarray(side.flatten()) for side in (better, worse)]).view(np.uint64)
        sizes = np.concatenate([np.asarray(side.value_lengths()) for side in (better, worse)]).astype(np.int64)
        left, right = np.split(np.arange(len(sizes)), 2)
        counts = shared(sets, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]), left, right)
        similarities = similarity(counts, sizes[left], sizes[right], job.measure)
        enough = similarities >= least
        ranks = part.select(["better", "worse"]).filter(pa.array(enough))
        yield pa.RecordBatch.from_arrays(
            [*ranks.columns, pa.array(counts[enough]), pa.array(similarities[enough])],
            ["better", "worse", "shared", "similarity"],
        )

"""Passages in, printings of texts out: one task has them all, and puts them together as on one machine."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from dedup.corpus.spark.intake import in_spark, lists
from dedup.corpus.spark.tables import Tables
from dedup.printings.clusters import Printings, cluster
from dedup.printings.pairs import PAIR

ROWS = 1 << 14  # not measured: printings in a batch that leaves the task
PRINTINGS = pa.schema(
    {
        "printing": pa.int64(),
        "rank": pa.int64(),
        "start": pa.int64(),
        "end": pa.int64(),
        "pairs": pa.int64(),
        "reworded": pa.bool_(),
        "similarity": pa.float64(),
        "evidence": pa.float64(),
        "first_rank": pa.int64(),
        "first_start": pa.int64(),
        "first_end": pa.int64(),
        "passages": pa.list_(pa.int64()),
    }
)
"""A printing: its number in the order of clusters, its document, the first printing of its cluster, and the numbers of
the passages whose first side it is."""


def printings(passages: DataFrame, tables: Tables) -> DataFrame:
    """Return rows of PRINTINGS for passages, which have a number each."""
    together = passages.select("passage", *(PAIR.names or ())).repartition(1)
    return tables.keep("work/printings", together.mapInArrow(_clustered, in_spark(PRINTINGS)))


def _clustered(parts: Iterable[Any]) -> Iterator[Any]:
    batches = list(parts)
    if not batches:
        return
    table = pa.Table.from_batches(batches)
    pairs = np.empty(len(table), PAIR)
    for name in PAIR.names or ():
        pairs[name] = table[name].to_numpy()
    yield from _rows(cluster(pairs), table["passage"].to_numpy()).to_batches(ROWS)


def _rows(found: Printings, passages: Any) -> Any:
    firsts = found.firsts[found.cluster]
    of = found.of_pair[:, 0]
    sizes = np.bincount(of, minlength=len(found.cluster))
    columns = {
        "printing": np.arange(len(found.cluster)),
        "rank": found.document,
        "start": found.start,
        "end": found.end,
        "pairs": found.pairs,
        "reworded": found.reworded,
        "similarity": found.similarity,
        "evidence": found.evidence,
        "first_rank": found.document[firsts],
        "first_start": found.start[firsts],
        "first_end": found.end[firsts],
        "passages": lists(passages[np.argsort(of, kind="stable")], sizes),
    }
    return pa.table(columns, PRINTINGS)

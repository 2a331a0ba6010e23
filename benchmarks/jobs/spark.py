"""Measure the job on Spark, stage by stage: `python -m benchmarks.jobs.spark [--documents 10000 100000 1000000]`.

The collection is that of `benchmarks.jobs.corpus`, as Parquet. Spark runs on this machine with two cores; what a stage
takes is read from its event log: seconds of its queries, seconds of its tasks, and bytes per document that are shuffled
and written. A row `all` counts the whole run, with what lies between the queries. Core-seconds are those of Java, of
the workers in Python and of this process.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from benchmarks.report.table import print_table
from benchmarks.texts.copies import collection
from dedup.corpus.spark import deduplicate

GROUP = 20_000
STAGES = {
    "intake": "1 sketch",
    "ranks": "2 rank",
    "units": "2 rank",
    "rejects.parquet": "2 rank",
    "postings": "3 bucket",
    "best": "3 bucket",
    "full": "3 bucket",
    "pairs": "3 bucket",
    "edges": "4 verify",
    "cluster": "6 write",
    "clusters.parquet": "6 write",
    "pairs.parquet": "6 write",
}
TARGET = re.compile(r"InsertIntoHadoopFsRelationCommand.*?Arguments: \S+/([^/,]+),", re.DOTALL)
FIGURES = ("seconds", "task seconds", "shuffled B/doc", "written B/doc", "spilled B/doc")
SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"


def write(path: Path, documents: int) -> None:
    """Write a collection as Parquet, a file for each GROUP of documents."""
    path.mkdir()
    texts = collection()
    for first in range(0, documents, GROUP):
        own = list(islice(texts, min(GROUP, documents - first)))
        table = pa.table({"id": [f"d{first + i}" for i in range(len(own))], "text": own})
        pq.write_table(table, path / f"{first:09}.parquet", compression="zstd", row_group_size=GROUP // 4)


def session(log: Path, memory: str) -> SparkSession:
    """Return a session of two cores that logs what happens."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", memory)
    settings: dict[str, bool | float | str | None] = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(log.parent),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    return builder.config(map=settings).getOrCreate()


def measure(spark: SparkSession, path: Path, out: Path) -> dict[str, Any]:
    """Run the job; return what the whole of it took and found."""
    begun, before = time.perf_counter(), _core_seconds()
    clusters, pairs = deduplicate(spark.read.parquet(str(path)), str(out))
    seconds, cores = time.perf_counter() - begun, _core_seconds() - before
    near = clusters.where("kind = 'near'").count()
    return {"seconds": seconds, "core seconds": cores, "near": near, "pairs": pairs.count()}


def _core_seconds() -> float:
    """Return what this process and those below it have taken so far, and those of them that have ended."""
    taken, parents = dict[int, int](), dict[int, int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            parents[int(path.parent.name)], taken[int(path.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    own = {os.getpid()}
    while below := {process for process, parent in parents.items() if parent in own} - own:
        own |= below
    return sum(taken.get(process, 0) for process in own) / os.sysconf("SC_CLK_TCK")


def stages(log: Path, documents: int) -> Iterator[dict[str, Any]]:
    """Yield what each stage took."""
    name_of, begun, execution_of = dict[int, str](), dict[int, int](), dict[int, int]()
    sums: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for event in _events(log):
        kind = event["Event"]
        if kind == f"{SQL}Start":
            number = event["executionId"]
            target = TARGET.search(event["physicalPlanDescription"])
            name_of[number] = STAGES.get(target[1], "5 cluster") if target else "7 count"
            begun[number] = event["time"]
        elif kind == f"{SQL}End":
            number = event["executionId"]
            sums[name_of[number]]["seconds"] += (event["time"] - begun[number]) / 1e3
        elif kind == "SparkListenerJobStart":
            number = int(event["Properties"].get("spark.sql.execution.id", -1))
            execution_of |= dict.fromkeys(event["Stage IDs"], number)
        elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            own, metrics = sums[name_of.get(execution_of[event["Stage ID"]], "7 count")], event["Task Metrics"]
            own["task seconds"] += metrics["Executor Run Time"] / 1e3
            own["shuffled B/doc"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"] / documents
            own["written B/doc"] += metrics["Output Metrics"]["Bytes Written"] / documents
            own["spilled B/doc"] += metrics["Disk Bytes Spilled"] / documents
    for name in sorted(sums):
        yield {"documents": documents, "stage": name[2:], **{figure: sums[name][figure] for figure in FIGURES}}


def _events(log: Path) -> Iterator[dict[str, Any]]:
    [file] = log.iterdir()
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def run(documents: int, memory: str) -> list[dict[str, Any]]:
    """Measure one size in a session of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "in", documents)
        (folder / "log").mkdir()
        spark = session(folder / "log", memory)
        found = measure(spark, folder / "in", folder / "out")
        disk = sum(file.stat().st_size for file in (folder / "out").rglob("*") if file.is_file())
        shutil.rmtree(folder / "in")
        spark.stop()
        rows = list(stages(folder / "log", documents))
    whole = {figure: sum(row[figure] for row in rows) for figure in FIGURES} | {"seconds": found["seconds"]}
    counts = f"{found['near']:,} near, {found['pairs']:,} pairs, {disk / 2**20:,.0f} MB"
    print(f"{documents:,}: {counts}, {found['core seconds']:,.0f} core-seconds", file=sys.stderr)
    return [*rows, {"documents": documents, "stage": "all", **whole}]


def main() -> None:
    """Print a row for each size and stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--memory", default="4g", help="of the Java process")
    args = parser.parse_args()
    print_table([row for documents in sorted(args.documents) for row in run(documents, args.memory)])


if __name__ == "__main__":
    main()

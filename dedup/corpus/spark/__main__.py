"""`python -m dedup.corpus.spark INPUT… --out FOLDER`; under `spark-submit` a file that calls `main()`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, get_args

from pyspark.errors import AnalysisException, PySparkRuntimeError
from pyspark.sql import DataFrame, SparkSession

from dedup.corpus import Job, Keep
from dedup.corpus.job import Closure, Level, Measure
from dedup.corpus.spark.run import deduplicate
from dedup.corpus.spark.runs import find_runs
from dedup.corpus.spark.tables import WORK
from dedup.errors import InvalidInput, MissingExtra, ResemblesError
from dedup.scheme import Unit

USAGE = 2
FORMATS = {".parquet": "parquet", ".orc": "orc", ".csv": "csv"}
OPTIONS: dict[str, dict[str, Any]] = {"csv": {"header": True, "multiLine": True, "escape": '"'}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an error on purpose is one line, and exit code 2."""
    asked = _parser().parse_args(arguments)
    try:
        said = _run(asked)
    except ResemblesError as error:
        print(f"error[{error.code}]: {error}", file=sys.stderr)
        sys.exit(USAGE)
    print(said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dedup.corpus.spark", description="Find the duplicates in a collection, on Spark.")
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, globs or URLs that Spark reads")
    parser.add_argument("--out", required=True, help="a folder that all machines reach, not there yet")
    parser.add_argument("--format", help="as Spark names it; by default as the name ends, else json")
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--level", choices=get_args(Level), default="documents")
    parser.add_argument("--measure", choices=get_args(Measure), default="jaccard")
    parser.add_argument("--keep", default="first", help="first, longest, earliest[:FIELD] or priority:FIELD=a,b")
    parser.add_argument("--closure", choices=get_args(Closure), default="survivor")
    parser.add_argument("--unit", choices=get_args(Unit), default="word", help="characters are for texts read by OCR")
    parser.add_argument(
        "--cut", action="store_true", help="with --level passages or runs: write what is left without them"
    )
    parser.add_argument("--min-words", type=int, help="of a paragraph (12), or of a run (50)")
    parser.add_argument("--id-field", default="id")
    parser.add_argument("--text-field", default="text")
    old = parser.add_mutually_exclusive_group()
    old.add_argument("--against", metavar="URL", help="hold the collection against an index that all machines reach")
    old.add_argument("--against-table", metavar="INPUT", help="hold it against documents that Spark reads likewise")
    parser.add_argument("--number-field", help="numbers by which `first` goes; without it by id")
    return parser


def _run(asked: argparse.Namespace) -> str:
    keep = Keep.parse(asked.keep)
    same = (asked.measure, keep, asked.closure, asked.cut, asked.min_words)
    job = Job(asked.threshold, asked.level, *same, unit=asked.unit)
    spark = _session()
    options: dict[str, Any] = {"id": asked.id_field, "text": asked.text_field, "number": asked.number_field}
    options["against"] = _read(spark, [asked.against_table], asked.format) if asked.against_table else asked.against
    found = _found(_read(spark, asked.inputs, asked.format), asked.out, job, options)
    rejects = spark.read.parquet(f"{asked.out}/rejects.parquet").count()
    _remove(spark, f"{asked.out}/{WORK}")
    return f"{found}, {rejects:,} rejected"


def _found(documents: DataFrame, out: str, job: Job, options: dict[str, Any]) -> str:
    """Do the job; say what was found."""
    if job.level == "runs":
        runs = find_runs(documents, out, job, **options)
        return f"{runs.count():,} runs in {runs.select('id').distinct().count():,} documents"
    clusters, pairs = deduplicate(documents, out, job, **options)
    duplicates = clusters.where("kind <> 'survivor'").count()
    groups = clusters.select("cluster").distinct().count()
    return f"{duplicates:,} duplicates in {groups:,} clusters, {pairs.count():,} pairs"


def _session() -> SparkSession:
    """Return the session of `spark-submit`, or one on this machine.

    Raises:
        MissingExtra: there is no Java.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # on this machine the workers run what runs this
    try:
        return SparkSession.builder.appName("dedup.corpus.spark").getOrCreate()
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise MissingExtra(
            "Spark's Java did not start, as told above; install Java 17 or newer (Debian: apt install "
            "openjdk-17-jre-headless), or let JAVA_HOME name its folder"
        ) from error


def _read(spark: SparkSession, inputs: Sequence[str], kind: str | None) -> DataFrame:
    """Return the documents that Spark reads in a format, by default as the first name ends.

    Raises:
        InvalidInput: it cannot be read.
    """
    kind = kind or FORMATS.get(PurePosixPath(inputs[0].rstrip("/")).suffix, "json")
    try:
        return spark.read.format(kind).options(**OPTIONS.get(kind, {})).load([*inputs])
    except AnalysisException as error:
        raise InvalidInput(f"{', '.join(inputs)}: cannot be read as {kind} ({error.getCondition()})") from error


def _remove(spark: SparkSession, folder: str) -> None:
    """Remove what is not needed any more, wherever it is."""
    context: Any = spark.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(folder)  # noqa: SLF001 - Spark has no other way to remove a folder
    path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)  # noqa: SLF001 - the same


if __name__ == "__main__":
    main()

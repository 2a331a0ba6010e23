"""The whole job, stage by stage."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import Job
from dedup.corpus.output import without
from dedup.corpus.spark import output
from dedup.corpus.spark.against import taken_in
from dedup.corpus.spark.candidates import candidates
from dedup.corpus.spark.clusters import ONE_TASK, owners
from dedup.corpus.spark.edges import compared
from dedup.corpus.spark.intake import Columns, check_columns, take_in
from dedup.corpus.spark.kept import kept, numbered
from dedup.corpus.spark.ranks import ranked, rejected
from dedup.corpus.spark.tables import Tables
from dedup.errors import InvalidInput


def deduplicate(
    documents: DataFrame,
    out: str,
    job: Job | None = None,
    *,
    id: str = "id",  # noqa: A002 - the name of the column
    text: str = "text",
    number: str | None = None,
    against: DataFrame | str | None = None,
    one_task: int = ONE_TASK,
) -> tuple[DataFrame, DataFrame]:
    """Find the duplicates in a DataFrame; return clusters and pairs, with the columns that `dedup corpus` writes.

    A DataFrame has no order: unless a column of numbers is named, of several documents that the rule of `job.keep`
    holds equal the one with the least id is best.

    Args:
        documents: a row for each document; other columns are not read, but for the one that ranks them.
        out: a folder that all machines reach, not there yet; it gets `clusters.parquet`, `pairs.parquet`,
            `rejects.parquet` (documents that cannot be used: id, code, reason), if the job is to cut passages out
            `kept.parquet` (what is left of the documents, with the columns of the input), and a folder `work` to be
            thrown away.
        job: what counts as a duplicate, and which stays; its threads and its memory are Spark's own matter.
        id: the column with the documents' ids.
        text: the column with their texts.
        number: a column of whole numbers: the least is the first for `keep="first"`.
        against: documents that outrank all others and are left alone: a table with the same columns, or the URL of an
            index that all machines reach.
        one_task: so many edges are put into clusters by one task; more of them in rounds, until no more are left.

    Raises:
        InvalidInput: there is no such column, or runs are asked for, which `find_runs` finds.
        OutputExists: the folder is there already.
        StoreError: the index cannot be read, here or by a worker.
    """
    job = job or Job()
    if job.level == "runs":
        raise InvalidInput("runs are found by `find_runs`, not by `deduplicate`; call that")
    tables, columns = Tables(documents.sparkSession, out), Columns(id, text, number)
    check_columns(documents, job, columns)
    read, numbers = numbered(documents, tables) if job.cut else (documents, None)
    intake = tables.keep("work/intake", _intake(read, against, job, columns, tables, numbers))
    units = ranked(intake, tables)
    tables.keep("rejects.parquet", rejected(intake, units))
    pairs = candidates(intake, units, tables)
    edges = tables.keep("work/edges", compared(pairs, intake, units, job, job.threshold, tables, "pairs"))
    owned = owners(edges, job.closure, tables, one_task)
    members = output.members(units, owned)
    if numbers:
        left = kept(read, numbers, text, units, output.cuts(members, units), job, without)
        tables.keep("kept.parquet", left.select(*documents.columns))
    evidence = _evidence(owned, intake, units, job, tables) if job.closure == "transitive" else edges
    clusters = tables.keep("clusters.parquet", output.clusters(members, units, evidence, job.level))
    return clusters, tables.keep("pairs.parquet", output.pairs(edges, units, job.level))


def _intake(
    documents: DataFrame,
    against: DataFrame | str | None,
    job: Job,
    columns: Columns,
    tables: Tables,
    numbers: str | None,
) -> DataFrame:
    """Return the units of the collection and of what it is held against, numbered by a column `unit`."""
    taken = taken_in(documents, against, job, columns, tables, take_in, numbers)
    return taken.withColumn("unit", F.monotonically_increasing_id())


def _evidence(owned: DataFrame, intake: DataFrame, units: DataFrame, job: Job, tables: Tables) -> DataFrame:
    """Return what each unit shares with its survivor, which it need not resemble where closure is transitive."""
    near = owned.select(F.col("survivor").alias("better"), F.col("rank").alias("worse"))
    return compared(near, intake, units, job, 0, tables, "evidence")

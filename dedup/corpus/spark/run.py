"""The whole job, stage by stage."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.job import Job
from dedup.corpus.spark import output
from dedup.corpus.spark.candidates import candidates
from dedup.corpus.spark.clusters import ONE_TASK, owners
from dedup.corpus.spark.edges import compared
from dedup.corpus.spark.intake import Columns, take_in
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
    one_task: int = ONE_TASK,
) -> tuple[DataFrame, DataFrame]:
    """Find the duplicates in a DataFrame; return clusters and pairs, with the columns that `dedup corpus` writes.

    A DataFrame has no order: unless a column of numbers is named, of several documents that the rule of `job.keep`
    holds equal the one with the least id is best.

    Args:
        documents: a row for each document; other columns are not read, but for the one that ranks them.
        out: a folder that all machines reach, not there yet; it gets `clusters.parquet`, `pairs.parquet`,
            `rejects.parquet` (documents that cannot be used: id, code, reason) and a folder `work` to be thrown away.
        job: what counts as a duplicate, and which stays; its threads and its memory are Spark's own matter.
        id: the column with the documents' ids.
        text: the column with their texts.
        number: a column of whole numbers: the least is the first for `keep="first"`.
        one_task: so many edges are put into clusters by one task; more of them in rounds, until no more are left.

    Raises:
        InvalidInput: there is no such column, or the job is to cut passages out.
        OutputExists: the folder is there already.
    """
    job = job or Job()
    if job.level == "runs":
        raise InvalidInput("runs are found by `find_runs`, not by `deduplicate`; call that")
    if job.cut:
        raise InvalidInput("Spark reports passages and cuts none out; leave cut out, or use `dedup corpus`")
    tables = Tables(documents.sparkSession, out)
    intake = tables.keep("work/intake", take_in(documents, job, Columns(id, text, number)))
    units = ranked(intake, tables)
    tables.keep("rejects.parquet", rejected(intake, units))
    found = compared(candidates(intake, units, tables), intake, units, job, job.threshold)
    edges = tables.keep("work/edges", found)
    owned = owners(edges, job.closure, tables, one_task)
    members = output.members(units, owned)
    if job.closure == "transitive":
        near = owned.select(F.col("survivor").alias("better"), F.col("rank").alias("worse"))
        evidence = compared(near, intake, units, job, 0)
    else:
        evidence = edges
    clusters = tables.keep("clusters.parquet", output.clusters(members, units, evidence, job.level))
    return clusters, tables.keep("pairs.parquet", output.pairs(edges, units, job.level))

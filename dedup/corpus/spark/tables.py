"""The tables of one run, each in Parquet: what is written once is neither computed twice nor lost with a machine."""

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from dedup.errors import OutputExists

WORK = "work"
"""The folder of what is only needed meanwhile."""


class Tables:
    """Writes tables into a folder that all machines reach."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        """Write into `folder`: a path, or a URL that Spark knows.

        Raises:
            OutputExists: there is such a folder.
        """
        self._folder = folder.rstrip("/")
        try:
            spark.read.format("binaryFile").load([folder, folder])  # only looks; at a single path it would warn
        except AnalysisException as error:
            if error.getCondition() != "PATH_NOT_FOUND":
                raise
        else:
            raise OutputExists(f"{folder}: is there already; name another folder, or remove this one")

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Write a table, and return it as it is read back."""
        path = f"{self._folder}/{name}"
        frame.write.parquet(path)
        return frame.sparkSession.read.schema(frame.schema).parquet(path)

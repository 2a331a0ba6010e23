"""The tables of one run, each in Parquet: what is written once is neither computed twice nor lost with a machine."""

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from dedup.errors import OutputExists

WORK = "work"
"""The folder of what is only needed meanwhile."""


class Tables:
    """Writes tables into a folder that all machines reach."""

    def __init__(self, folder: str) -> None:
        """Write into `folder`: a path, or a URL that Spark knows."""
        self._folder = folder.rstrip("/")

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Write a table, and return it as it is read back.

        Raises:
            OutputExists: the folder has a table of this name.
        """
        path = f"{self._folder}/{name}"
        try:
            frame.write.parquet(path)
        except AnalysisException as error:
            if error.getCondition() != "PATH_ALREADY_EXISTS":
                raise
            raise OutputExists(f"{path}: is there already; name another folder, or remove this one") from error
        return frame.sparkSession.read.schema(frame.schema).parquet(path)

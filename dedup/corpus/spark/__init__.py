"""The same job on Apache Spark: DataFrames in and out, the same clusters, as many machines as the session has.

The definition is that of `dedup.corpus`, and so are the kernels, which run in Python workers on batches of Arrow. All
else are joins, windows and aggregates of Spark's own, so that what does not fit into memory is on disk.
"""

from dedup.extras import extra

with extra("spark", "dedup.corpus.spark"):
    import pandas as pd  # noqa: F401 - the workers of PySpark need it
    import pyspark  # noqa: F401 - to say what is missing, once, and first

from dedup.corpus.spark.network import Network, find_network
from dedup.corpus.spark.run import deduplicate
from dedup.corpus.spark.runs import find_runs

__all__ = ["Network", "deduplicate", "find_network", "find_runs"]

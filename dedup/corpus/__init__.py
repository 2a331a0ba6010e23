"""A whole collection at once: which documents, or paragraphs, are duplicates of which, and what stays.

One definition of the result, whatever the order of the input, the number of threads or the engine:

1. Every unit (a document, or a paragraph) has a rank: those of an index first, then by the rule of `keep`, then by id.
2. Units of the same folded tokens are one: the best ranked stands for all.
3. In each bucket (a band of the MinHash signature, or a window minimum) all units are paired; if they are more than
   `FULL`, each with the `STAR` best ranked ones alone.
4. A pair is an edge if its similarity, computed on the two sets of shingles, reaches the threshold.
5. In order of rank, a unit that resembles no survivor is a survivor; any other belongs to the best ranked survivor that
   it resembles. So a chain of small changes is no cluster, unless `closure` is "transitive".

Runs of words that stand elsewhere, at any boundary, have a definition of their own: see `dedup.corpus.runs`.
"""

from dedup.extras import extra

with extra("corpus", "dedup.corpus"):
    import duckdb  # noqa: F401 - to say what is missing, once, and first
    import pyarrow as pa  # noqa: F401 - the same

from dedup.corpus.frames import Deduplicated, deduplicate
from dedup.corpus.job import Job
from dedup.corpus.keep import Keep
from dedup.corpus.run import run
from dedup.corpus.runs.run import find_runs
from dedup.corpus.summary import Summary

__all__ = ["Deduplicated", "Job", "Keep", "Summary", "deduplicate", "find_runs", "run"]

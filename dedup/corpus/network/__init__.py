"""A collection as a network: which documents share a passage, and which passages are the same text.

One definition of the result, whatever the order of the input and the number of threads:

1. Documents have an order: those with a date by its beginning, then those without; of equal ones by id.
2. Two documents are a pair if the later one, looked up, shares a passage with the earlier one that is no boilerplate.
   The filters of the job leave pairs out; a pair that was left unread is counted.
3. The stretches of all passages, on both sides, are parts of *printings*. The two sides of a passage are the same text,
   and so are two stretches of one document that overlap by .65 of the longer: what hangs together is a *cluster*. Two
   clusters are one if they overlap, by half of the shorter stretch, in at least half of the documents of the one that
   has more; or if one lies in the other, by .8 of its stretch, in all of its documents; or if they have a printing in
   common. So a text that is printed whole, in halves and shifted is one, and two texts that stand side by side on
   some pages are two.
4. A cluster is named after its first printing, in the order of documents: `id:start-end`.
"""

from dedup.extras import extra

with extra("corpus", "dedup.corpus.network"):
    import pyarrow as pa  # noqa: F401 - to say what is missing, once, and first

from dedup.corpus.network.job import Job
from dedup.corpus.network.run import over, run
from dedup.corpus.network.summary import Summary

__all__ = ["Job", "Summary", "over", "run"]

"""The whole job of runs, stage by stage."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.against import Against
from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.kept import Kept, open_kept
from dedup.corpus.results_folder import WORK
from dedup.corpus.results_lake import results
from dedup.corpus.runs.find import Collection, Runs, find
from dedup.corpus.runs.intake import take_in
from dedup.corpus.runs.output import write_documents, write_table
from dedup.corpus.runs.places import place
from dedup.corpus.runs.report_page import write_page
from dedup.corpus.runs.summary import Counts, Summary, summarize
from dedup.corpus.summary import write_summary
from dedup.corpus.units import HASH_SLICES
from dedup.corpus.watch import Counted, Watch, unwatched
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.formats import Item, Rejected

_RUNS = """
CREATE TABLE runs (
    run BIGINT, document BIGINT, first BIGINT, words BIGINT, source BIGINT, source_first BIGINT
)
"""


def find_runs(
    items: Iterable[Item],
    out: Path | str,
    job: Job,
    *,
    name: str = "",
    against: Index | None = None,
    joins: bool = False,
    force: bool = False,
    reject: Callable[[Rejected], None] = lambda _: None,
    watch: Watch = unwatched,
) -> Summary:
    """Find the runs of words that stand elsewhere and write them into the folder `out`.

    Args:
        items: the collection, read once.
        out: a folder that is not there yet, or empty; or the URL of such a place.
        job: of level "runs": how long a run is, which copy is the first, and whether the others are cut out.
        name: what the report calls the collection.
        against: an index whose documents outrank all others and are left alone.
        joins: what is kept will go into that index: a document that is there under its own id is no duplicate of
            itself.
        force: replace what `out` holds.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.

    Raises:
        InvalidInput: nothing that was read can be used, or the job is of another level.
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written.
    """
    if job.level != "runs":
        raise InvalidInput(f"the job is of level {job.level}; give one of level runs, or call `run`")
    with results(out, force=force) as folder:
        found = resolved_runs(
            items, folder, job, against=against, joins=joins, keep=open_kept, reject=reject, watch=watch
        )
        with found as (join, summary):
            write_page(folder, join, folder / WORK, job, summary, name)
    return summary


@contextmanager
def resolved_runs(
    items: Iterable[Item],
    folder: Path,
    job: Job,
    *,
    against: Index | None,
    joins: bool = False,
    keep: Callable[[Path, Path, int], Kept],
    reject: Callable[[Rejected], None],
    watch: Watch,
) -> Iterator[tuple[Join, Summary]]:
    """Write what is found into `folder`, in which `work` is for what is thrown away; yield its tables and figures.

    Args:
        items: the collection, read once.
        folder: where to write.
        job: of level "runs".
        against: an index whose documents outrank all others and are left alone.
        joins: what is kept will go into that index.
        keep: opens what takes the documents that stay, from the folders of the work files and of the results, and how
            many threads work.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.
    """
    work, counted = folder / WORK, Counted(reject)
    of_index = Against(against, job)
    offsets = take_in(of_index.sources(items), work, job, counted, lambda more: watch("documents read", more))
    documents = len(offsets) - 1
    counted.check(documents)
    with Join(work, job) as join:
        for twice, source in join.rank_documents(joins=joins):
            counted(Rejected(source, twice, "duplicate_id", "another document has this id"))
        words, in_runs = _found(join, work, offsets, job, watch)
        place(join, work, job)
        write_table(join, folder)
        lines = None
        if job.cut:
            advance = partial(watch, "documents written", total=documents)
            lines = write_documents(join, folder, keep(work, folder, job.threads), job, advance)
        summary = summarize(join, work, job, Counts(counted.count, words, in_runs, of_index.cut), lines)
        write_summary(folder, summary)
        yield join, summary


def _found(join: Join, work: Path, offsets: NDArray[np.int64], job: Job, watch: Watch) -> tuple[int, int]:
    """Write a table `runs`, in order; return how many words there are, and how many lie in one.

    The tokens are mapped meanwhile, and no longer: the system counts them as this process's memory.
    """
    join.run(_RUNS)
    ranked, indexed = join.column("SELECT document, indexed FROM documents ORDER BY rank")
    collection = Collection.open(work, offsets, ranked, indexed)
    count, in_runs = 0, 0
    for some in find(work, collection, job, lambda more: watch("parts of the words compared", more, HASH_SLICES)):
        documents, sources = collection.documents(some.places), collection.documents(some.sources)
        join.insert(
            "runs",
            run=np.arange(count, count + len(documents)),
            document=documents,
            first=some.places - collection.offsets[documents],
            words=some.words,
            source=sources,
            source_first=some.sources - collection.offsets[sources],
        )
        count += len(documents)
        in_runs += _covered(some, collection)
    return int(np.diff(offsets)[ranked[~indexed]].sum()), in_runs


def _covered(runs: Runs, collection: Collection) -> int:
    """Return how many words lie in a run, each counted once."""
    starts = runs.places + collection.order[collection.documents(runs.places)]
    ends = np.maximum.accumulate(starts + runs.words)
    unseen = np.concatenate([starts[:1], np.maximum(starts[1:], ends[:-1])])
    return int(np.maximum(ends - unseen, 0).sum())

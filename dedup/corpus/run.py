"""The whole job, stage by stage."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.against import Against
from dedup.corpus.candidates import Ranks, pair
from dedup.corpus.clusters import Found, cluster, members, verify
from dedup.corpus.intake import UNITS, take_in
from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.kept import Kept, open_kept
from dedup.corpus.output import name_members, write_documents, write_ids, write_tables
from dedup.corpus.report_page import write_page
from dedup.corpus.results_folder import WORK
from dedup.corpus.results_lake import results
from dedup.corpus.sets import Sets, make_sets
from dedup.corpus.summary import Summary, summarize, write_summary
from dedup.corpus.watch import Counted, Watch, unwatched
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.formats import Item, Rejected


def run(
    items: Iterable[Item],
    out: Path | str,
    job: Job,
    *,
    name: str = "",
    against: Index | None = None,
    joins: bool = False,
    previous: Iterable[str] = (),
    force: bool = False,
    ids: bool = False,
    reject: Callable[[Rejected], None] = lambda _: None,
    watch: Watch = unwatched,
) -> Summary:
    """Find the duplicates among `items` and write what was found into the folder `out`.

    Args:
        items: the collection, read once.
        out: a folder that is not there yet, or empty; or the URL of such a place.
        job: what counts as a duplicate, and which stays.
        name: what the report calls the collection.
        against: an index whose documents outrank all others and are left alone.
        joins: what is kept will go into that index: a document that is there under its own id is no duplicate of
            itself.
        previous: ids of the documents that an earlier run kept, which outrank the others.
        force: replace what `out` holds.
        ids: of the documents that stay and go write the ids alone.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.

    Raises:
        InvalidInput: nothing that was read can be used; or runs are asked for, which `find_runs` finds; or documents
            that stay, or ids, are to stand for parts of them.
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written.
    """
    if previous and job.level != "documents":
        raise InvalidInput("only whole documents stay from run to run; leave --previous out, or give --level documents")
    if ids and job.level != "documents":
        raise InvalidInput("ids alone do not say which passages are repeated; leave --ids out, or --level")
    keep = None if ids else open_kept
    with results(out, force=force) as folder:
        found = resolved(
            items, folder, job, against=against, joins=joins, previous=previous, keep=keep, reject=reject, watch=watch
        )
        with found as (join, summary):
            write_page(folder, join, folder / WORK, job, summary, name)
    return summary


@contextmanager
def resolved(
    items: Iterable[Item],
    folder: Path,
    job: Job,
    *,
    against: Index | None,
    joins: bool = False,
    previous: Iterable[str],
    keep: Callable[[Path, Path, int], Kept] | None,
    reject: Callable[[Rejected], None],
    watch: Watch,
) -> Iterator[tuple[Join, Summary]]:
    """Write what is found into `folder`, in which `work` is for what is thrown away; yield its tables and figures.

    Args:
        items: the collection, read once.
        folder: where to write.
        job: what counts as a duplicate, and which stays.
        against: an index whose documents outrank all others and are left alone.
        joins: what is kept will go into that index.
        previous: ids of the documents that an earlier run kept.
        keep: opens what takes the documents that stay, from the folders of the work files and of the results, and how
            many threads work; without it the ids alone are written.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.
    """
    if job.level == "runs":
        raise InvalidInput("runs are found by `find_runs`, or by `dedup corpus --level runs`; call that")
    work, texts = folder / WORK, job.level == "documents" or job.cut
    counted = Counted(reject)
    indexed = Against(against, job)
    spool = texts and keep is not None
    sources = indexed.sources(items)
    documents, _ = take_in(sources, work, job, counted, lambda more: watch("documents read", more), spool=spool)
    counted.check(documents)
    with Join(work, job) as join:
        join.remember(previous)
        for twice, source in join.rank(joins=joins):
            counted(Rejected(source, twice, "duplicate_id", "another document has this id"))
        found, cut, twins, sets = compared(join, work, job, watch)
        members(join, sets, cluster(join, twins, job.closure), twins)
        sets.close()  # half the disk that the job takes, before as much again is written
        name_members(join)
        write_tables(join, folder, job)
        written = None
        if texts:
            to = keep(work, folder, job.threads) if keep else None
            written = _write(join, folder, to, job, lambda more: watch("documents written", more, documents))
        summary = summarize(join, work, job, found, cut + indexed.cut, counted.count, written)
        write_summary(folder, summary)
        yield join, summary


def _write(join: Join, folder: Path, kept: Kept | None, job: Job, advance: Callable[[int], None]) -> tuple[int, int]:
    """Write what stays and what goes, without `kept` the ids alone; return how many documents, or lines, each has."""
    return write_documents(join, folder, kept, job, advance) if kept else write_ids(join, folder)


def compared(join: Join, work: Path, job: Job, watch: Watch) -> tuple[Found, int, NDArray[np.int64], Sets]:
    """Write an edge for each pair that is similar enough.

    Returns:
        What verification saw, how many buckets were too full to pair all, the rank of the best unit of the same words
        for each rank, and the sets.
    """
    units, twins, indexed = join.column("SELECT unit, twin, indexed FROM units ORDER BY rank")
    best = np.flatnonzero(twins == np.arange(len(twins)))
    ranks = np.full(join.one("SELECT count(*) FROM read_parquet(?)", [str(work / UNITS)]), -1, np.int64)
    ranks[units[best]] = best
    paired, full = pair(join, work, Ranks(ranks, indexed), job, watch)
    sets = make_sets(join, work, twins, paired, job, lambda more: watch("sets of shingles made", more))
    return verify(join, sets, job.threshold, lambda more: watch("pairs compared", more)), full, twins, sets

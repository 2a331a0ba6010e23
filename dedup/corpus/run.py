"""The whole job, stage by stage."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from dedup.corpus.clusters import Found, Sets, cluster, members, verify
from dedup.corpus.folder import WORK, output
from dedup.corpus.intake import take_in
from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.output import name_members, write_lines, write_tables
from dedup.corpus.page import write_page
from dedup.corpus.summary import Summary, summarize, write_summary
from dedup.formats import Item, Rejected, Source


class Watch(Protocol):
    """Is told how far the job is."""

    def __call__(self, stage: str, more: int) -> None:
        """Count `more` of what the stage works on."""


def run(
    items: Iterable[Item],
    out: Path,
    job: Job,
    *,
    against: Iterable[Item] = (),
    force: bool = False,
    reject: Callable[[Rejected], None] = lambda _: None,
    watch: Watch = lambda stage, more: None,  # noqa: ARG005 - the names are the protocol's
) -> Summary:
    """Find the duplicates among `items` and write what was found into the folder `out`.

    Args:
        items: the collection, read once.
        out: a folder that is not there yet, or empty.
        job: what counts as a duplicate, and which stays.
        against: documents of an index, which outrank all others and are left alone.
        force: replace what `out` holds.
        reject: is told of each item that cannot be used.
        watch: is told of the progress.

    Raises:
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written.
    """
    with output(out, force=force) as folder:
        work = folder / WORK
        sources: Sequence[tuple[Iterable[Item], bool]] = ((against, True), (items, False))
        counted = _Counted(reject)
        take_in(sources, work, job, counted, lambda more: watch("documents read", more))
        with Join(work, job) as join:
            for name, path, line in join.rank():
                counted(Rejected(Source(path, line), name, "duplicate_id", "another document has this id"))
            found, cut = _clusters(join, work, job, watch)
            name_members(join)
            write_tables(join, folder, job)
            lines = write_lines(join, work, folder, job)
            summary = summarize(join, job, found, cut, counted.count, lines)
            write_summary(folder, summary)
            write_page(folder, join, work, job, summary)
    return summary


class _Counted:
    """Counts what is rejected on the way."""

    def __init__(self, reject: Callable[[Rejected], None]) -> None:
        self.count = 0
        self._reject = reject

    def __call__(self, rejected: Rejected) -> None:
        self.count += 1
        self._reject(rejected)


def _clusters(join: Join, work: Path, job: Job, watch: Watch) -> tuple[Found, int]:
    """Write edges and members; return what verification saw, and how many buckets were too full to pair all."""
    cut = 0
    for full in join.find():
        cut += full
        watch("buckets joined", 1)
    [order, twins] = join.column("SELECT unit, twin FROM units ORDER BY rank")
    sets = Sets(work, join.sizes(), order, job)
    found = verify(join, sets, job.threshold, lambda more: watch("pairs verified", more))
    members(join, sets, cluster(join, twins, job), twins)
    return found, cut

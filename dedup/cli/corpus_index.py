"""What a collection keeps, into an index: as `ingest` would put it."""

from contextlib import closing
from typing import TYPE_CHECKING

import typer

from dedup.cli.exit import INTERRUPTED
from dedup.cli.ingest_patience import open_patiently
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import Progress, note
from dedup.corpus.putting import put_items
from dedup.corpus.results_lake import kept_in
from dedup.errors import InvalidInput, StoreError, SystemRefused
from dedup.formats import Fields, Reading, read
from dedup.formats.lakes import shown_path
from dedup.stores.urls import shown

if TYPE_CHECKING:
    from dedup.corpus import Job


def prepare_index(url: str, job: "Job", *, ids: bool) -> None:
    """Make the index if it is new, so that what is wrong with it is told before hours of work.

    Raises:
        InvalidInput: no texts are kept that could go into it.
    """
    if ids:
        raise InvalidInput("an index takes texts, and --ids keeps none; leave --ids or --index out")
    if job.level != "documents" and not job.cut:
        raise InvalidInput(f"an index takes the documents kept, and {job.level} are only reported; add --cut")
    open_patiently(url).close()


def put_kept(out: str, url: str, fields: Fields, rejects: Rejects, progress: Progress) -> dict[str, int]:
    """Put the documents kept in the folder `out` into the index; return what became of how many."""
    file = str(kept_in(out))
    counts = {"put": 0, "unchanged": 0, "replaced": 0}
    progress.noun, progress.done = "documents put", 0
    try:
        with open_patiently(url) as index, closing(read(file, how=Reading(fields))) as items:
            for outcome in put_items(index, items, rejects.add):
                counts[outcome.status] += 1
                progress.advance(1)
    except (KeyboardInterrupt, StoreError, SystemRefused) as error:
        rest = f"dedup ingest {shown_path(file)} --index {shown(url)}"
        count = f"{sum(counts.values()):,} documents in the index"
        note(f"stopped: the results are in {shown_path(out)}, {count}; the others: {rest}")
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from error
        raise
    return counts

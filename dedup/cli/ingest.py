"""Documents into an index, batch by batch."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NoReturn

import typer

from dedup.cli.exit import INTERRUPTED
from dedup.cli.ingest_patience import open_patiently
from dedup.cli.ingest_progress import IngestProgress
from dedup.cli.ingest_repeats import Repeats
from dedup.cli.inputs import open_input
from dedup.cli.rejects import Duplicates, Rejects
from dedup.cli.terminal import line, listed, note
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import StoreBusy, StoreError, StoreUnreachable, SystemRefused
from dedup.formats import Item, Meter, Reading, Rejected, Source
from dedup.model import Document, Placed, Reject
from dedup.search.filters import Filter


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents are put, of what the paths hold.

    Attributes:
        how: how the files are read.
        where: a condition that the metadata must meet.
        limit: the most documents to put.
        skip_like: from what share on a document is left out as like one that is there; None puts all.
        measure: which share.
    """

    how: Reading
    where: Filter | None
    limit: int | None
    skip_like: float | None = None
    measure: Literal["jaccard", "containment"] = "jaccard"


def run(
    paths: list[str],
    url: str,
    selection: Selection,
    *,
    json: bool,
    rejects: str | None,
    duplicates: str | None = None,
    ttl: int = 0,
) -> None:
    """Put what the paths hold into the index at `url`, to expire after `ttl` seconds unless that is 0."""
    meter, counts = Meter(), {"put": 0, "unchanged": 0, "replaced": 0}
    with ExitStack() as stack:
        items = stack.enter_context(closing(open_input(paths, selection.how, meter)))
        rejected = stack.enter_context(Rejects(rejects))
        alike = stack.enter_context(Duplicates(duplicates))
        index = stack.enter_context(open_patiently(url))
        prepare_kernels()
        progress = stack.enter_context(IngestProgress(meter, rejected))
        sources, repeats = deque[Source](), Repeats()
        try:
            documents = _documents(items, selection, sources, rejected, progress)
            for outcome in _outcomes(index, documents, selection, ttl):
                source = sources.popleft()
                if isinstance(outcome, Reject):
                    rejected.add(Rejected(source, outcome.id, outcome.code, outcome.reason))
                elif outcome.duplicate_of:
                    alike.add(source, outcome)
                    progress.advance(1)
                else:
                    counts[outcome.status] += 1
                    repeats.add(outcome.id, source)
                    progress.advance(1)
            repeats.tell()
            if ttl and counts["unchanged"]:
                note(f"{counts['unchanged']:,} unchanged documents keep their time: --ttl is for those put or replaced")
            _tell_of(index)
        except (KeyboardInterrupt, StoreError, SystemRefused, MemoryError) as error:
            _stop(error, sum(counts.values()))
    totals = counts | {"rejected": rejected.count}
    if selection.skip_like:
        totals["duplicates"] = alike.count
    if not any(totals.values()):
        note(f"no document was put: {'no record meets --where' if selection.where else 'the input holds no record'}")
    if selection.where:
        totals["left_out"] = progress.left_out
    _tell(totals, progress.seconds, json=json)
    raise typer.Exit(rejected.exit_code)


def _tell_of(index: Index) -> None:
    """Say what the index needs, and what it has found."""
    if index.stats().grow:
        note("the shards of the index are full and take more and more memory: run `dedup index grow`")
    if index.new_hits:
        hits = "1 hit of a watch" if index.new_hits == 1 else f"{index.new_hits:,} hits of watches"
        note(f"{hits}: `dedup watch hits` shows what came in that is watched for")


def _documents(
    items: Iterator[Item], selection: Selection, sources: deque[Source], rejects: Rejects, progress: IngestProgress
) -> Iterator[Document]:
    """Yield the documents selected, and note where each stood; what is no document is told at once."""
    for item in items:
        progress.advance(0)
        if isinstance(item, Rejected):
            rejects.add(item)
        elif selection.where is None or selection.where(item.document.metadata):
            sources.append(item.source)
            yield item.document
        else:
            progress.left_out += 1


def _outcomes(index: Index, documents: Iterator[Document], selection: Selection, ttl: int) -> Iterator[Placed | Reject]:
    """Yield what became of each document, until as many are in as are wanted."""
    wanted, like, measure = selection.limit, selection.skip_like, selection.measure
    while wanted != 0:
        out = 0
        for outcome in index.put_each(islice(documents, wanted), ttl=ttl, skip_like=like, measure=measure):
            out += isinstance(outcome, Reject) or outcome.duplicate_of is not None
            yield outcome
        wanted = out  # others may take the places of these


def _stop(error: BaseException, count: int) -> NoReturn:
    """Say what is safe and how to go on, then end."""
    stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else "stopped"
    passes = isinstance(error, KeyboardInterrupt | StoreUnreachable | StoreBusy)
    how = "" if passes else "mend what the error says, then "
    note(f"{stopped}: {count:,} documents are in and safe; {how}run the same command again to go on")
    if isinstance(error, KeyboardInterrupt):
        raise typer.Exit(INTERRUPTED) from error
    raise error


def _tell(totals: dict[str, int], seconds: float, *, json: bool) -> None:
    if json:
        print(line(totals | {"seconds": round(seconds, 3)}))
    else:
        print(listed(totals), f"in {seconds:.2f} s")

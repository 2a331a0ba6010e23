"""Documents into an index, batch by batch."""

from collections.abc import Iterator
from itertools import chain

import typer

from dedup.cli.exit import INTERRUPTED
from dedup.cli.opening import open_index, prepare_kernels
from dedup.cli.rejects import Rejects
from dedup.cli.shape import line
from dedup.cli.terminal import Progress, note
from dedup.engine import Index
from dedup.formats import Item, Record, Rejected, read

DOCUMENTS_AT_ONCE = 2_000
CHARACTERS_AT_ONCE = 32 << 20


def run(paths: list[str], url: str, *, json: bool, rejects: str | None, ttl: int = 0) -> None:
    """Put what the paths hold into the index at `url`, to expire after `ttl` seconds unless that is 0."""
    streams = [read(path) for path in paths]
    counts = {"put": 0, "unchanged": 0, "replaced": 0}
    with Rejects(rejects) as rejected, open_index(url, create=True) as index, Progress("documents") as progress:
        prepare_kernels()
        try:
            for batch in _batches(chain.from_iterable(streams), rejected):
                _put(index, batch, counts, rejected, ttl)
                progress.advance(len(batch))
        except KeyboardInterrupt as error:
            safe = f"{sum(counts.values()):,} documents are in and safe"
            note(f"interrupted: {safe}; run the same command again to go on")
            raise typer.Exit(INTERRUPTED) from error
    seconds = progress.seconds
    totals = counts | {"rejected": rejected.count}
    if json:
        print(line(totals | {"seconds": round(seconds, 3)}))
    else:
        print(", ".join(f"{count:,} {name}" for name, count in totals.items()), f"in {seconds:.2f} s")
    raise typer.Exit(rejected.exit_code)


def _batches(items: Iterator[Item], rejects: Rejects) -> Iterator[list[Record]]:
    """Yield batches bounded in documents and in characters, so that memory is bounded too."""
    batch: list[Record] = []
    characters = 0
    for item in items:
        if isinstance(item, Rejected):
            rejects.add(item)
            continue
        batch.append(item)
        characters += len(item.document.text)
        if len(batch) == DOCUMENTS_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _put(index: Index, batch: list[Record], counts: dict[str, int], rejects: Rejects, ttl: int) -> None:
    report = index.put((record.document for record in batch), ttl=ttl)
    counts["put"] += report.put
    counts["unchanged"] += report.unchanged
    counts["replaced"] += report.replaced
    for one in report.rejected:
        rejects.add(Rejected(batch[one.place].source, one.id, one.code, one.reason))

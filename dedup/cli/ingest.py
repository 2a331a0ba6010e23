"""`dedup ingest`: documents into an index, batch by batch."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli import options
from dedup.cli.exit import INTERRUPTED
from dedup.cli.terminal import Progress, note

if TYPE_CHECKING:
    from dedup.cli.rejects import Rejects
    from dedup.engine import Index
    from dedup.formats import Item, Record

DOCUMENTS_AT_ONCE = 2_000
CHARACTERS_AT_ONCE = 32 << 20


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH…", help="Folders of .txt, files .txt or .jsonl (also .gz, .zst), or - for JSONL."),
    ],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
    rejects: options.Rejects = None,
) -> None:
    """Put documents into the index; an id that is there already is replaced.

    Each batch is durable once it is counted, so after any interruption the same command may simply be run again.
    """
    from dedup.cli.opening import open_index
    from dedup.cli.rejects import Rejects
    from dedup.formats import read

    streams = [read(path) for path in paths]
    with Rejects(rejects) as rejected, open_index(index, create=True) as opened, Progress("documents") as progress:
        counts = {"put": 0, "unchanged": 0, "replaced": 0}
        try:
            for batch in _batches(chain.from_iterable(streams), rejected):
                for name, count in _put(opened, batch, rejected).items():
                    counts[name] += count
                progress.advance(len(batch))
        except KeyboardInterrupt as error:
            note(f"interrupted: {sum(counts.values()):,} documents are in and safe; run the same command again to go on")
            raise typer.Exit(INTERRUPTED) from error
    _report(counts | {"rejected": rejected.count}, progress, json=json)
    raise typer.Exit(rejected.exit_code)


def _batches(items: "Iterator[Item]", rejects: "Rejects") -> "Iterator[list[Record]]":
    from dedup.formats import Rejected

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


def _put(index: "Index", batch: "list[Record]", rejects: "Rejects") -> dict[str, int]:
    from dedup.formats import Rejected

    report = index.put(record.document for record in batch)
    for one in report.rejected:
        rejects.add(Rejected(batch[one.place].source, one.id, one.code, one.reason))
    return {"put": report.put, "unchanged": report.unchanged, "replaced": report.replaced}


def _report(counts: dict[str, int], progress: Progress, *, json: bool) -> None:
    if json:
        from dedup.cli.shape import line

        print(line(counts | {"seconds": round(progress.seconds, 3)}))
    else:
        parts = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        print(f"{parts} in {progress.seconds:.2f} s")

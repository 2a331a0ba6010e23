"""A whole collection: its duplicates into a folder of results."""

from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dedup.cli.corpus_options import check_memory, threads_or_all
from dedup.cli.corpus_progress import Stages
from dedup.cli.exit import INTERRUPTED
from dedup.cli.opening import open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, note
from dedup.cli.warm import prepare_kernels
from dedup.formats import Fields, Item, Meter

if TYPE_CHECKING:
    from dedup.corpus import Job, Summary
    from dedup.corpus.job import Closure, Level, Measure
    from dedup.scheme import Unit


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a job, unchecked."""

    threshold: float
    level: "Level"
    measure: "Measure"
    keep: str
    closure: "Closure"
    cut: bool
    min_words: int | None
    unit: "Unit"
    threads: int | None
    memory: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a collection is held against: the URL of an index, the results of an earlier run and their fields."""

    against: str | None
    previous: str | None
    fields: Fields


def run(
    items: Generator[Item],
    meter: Meter,
    out: str,
    asked: Asked,
    beside: Beside,
    *,
    name: str,
    force: bool,
    json: bool,
    rejects: str | None,
) -> None:
    """Write what is duplicate among the items, a collection called `name`, into the folder `out`."""
    job = _job(asked)
    from dedup.corpus import run as find  # noqa: PLC0415 - what it needs is an extra
    from dedup.corpus.earlier import survivors  # noqa: PLC0415 - the same

    previous = survivors(Path(beside.previous), beside.fields) if beside.previous else ()
    with ExitStack() as stack:
        stack.enter_context(closing(items))
        rejected = stack.enter_context(Rejects(rejects))
        index = stack.enter_context(open_index(beside.against, read_only=True)) if beside.against else None
        progress = stack.enter_context(Stages(meter))
        prepare_kernels()
        try:
            summary = find(
                items,
                Path(out),
                job,
                name=name,
                against=index,
                previous=previous,
                force=force,
                reject=rejected.add,
                watch=progress,
            )
        except KeyboardInterrupt as error:
            note(f"interrupted: nothing was written to {out}; run the same command again")
            raise typer.Exit(INTERRUPTED) from error
    _show(summary, out, progress.seconds, json=json)
    raise typer.Exit(rejected.exit_code)


def _job(asked: Asked) -> "Job":
    """Check what is asked.

    Raises:
        MissingExtra: the packages that the job needs are not installed.
        InvalidInput: something makes no sense.
    """
    from dedup.corpus import Job, Keep  # noqa: PLC0415 - what it needs is an extra

    check_memory(asked.memory)
    return Job(
        threshold=asked.threshold,
        level=asked.level,
        measure=asked.measure,
        keep=Keep.parse(asked.keep),
        closure=asked.closure,
        cut=asked.cut,
        min_words=asked.min_words,
        unit=asked.unit,
        threads=threads_or_all(asked.threads),
        memory=asked.memory,
    )


def _show(summary: "Summary", out: str, seconds: float, *, json: bool) -> None:
    figures: dict[str, Any] = {
        name: getattr(summary, name)
        for name in ("documents", "indexed", "rejected", "exact", "near", "clusters", "kept", "removed", "pairs")
    }
    if summary.undated:
        name = summary.settings["keep"]["field"] or "published or date"
        which = f"{summary.undated:,} of {summary.documents:,} documents"
        note(f"{which} have no date that could be read (field {name}) and rank last")
    if summary.earlier:
        verb = "is" if summary.stay == 1 else "are"
        note(f"of {summary.earlier:,} documents that the earlier run kept, {summary.stay:,} {verb} kept again")
    if json:
        print(line(figures | {"seconds": round(seconds, 3), "out": out}))
        return
    counts = [
        f"{count:,} {name.removesuffix('s') if count == 1 else name}"
        for name, count in figures.items()
        if count or name != "indexed"  # those of the index named by --against
        if count is not None
    ]
    print(", ".join(counts), f"in {seconds:.2f} s")
    for one in summary.largest[:3]:
        print(f"a cluster of {one.size:,}: duplicates of {one.survivor!a}")
    print(f"the results are in {out}; open {out}/report.html")

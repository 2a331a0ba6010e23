"""A whole collection: its duplicates into a folder of results."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dedup.cli.corpus_options import NOT_FOR_RUNS, check_memory, threads_or_all
from dedup.cli.corpus_progress import Stages
from dedup.cli.exit import INTERRUPTED
from dedup.cli.opening import open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, note
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.formats import Item, Meter, Record, Source
from dedup.stores.urls import shown

if TYPE_CHECKING:
    from dedup.corpus import Job, Summary
    from dedup.corpus.job import Closure, Level, Measure
    from dedup.corpus.runs.summary import Summary as RunsSummary
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


def run(
    items: Generator[Item],
    meter: Meter,
    out: str,
    asked: Asked,
    *,
    name: str,
    against: str | None,
    force: bool,
    json: bool,
    rejects: str | None,
) -> None:
    """Write what is duplicate among the items, a collection called `name`, into the folder `out`."""
    job = _job(asked)
    from dedup.corpus import find_runs  # noqa: PLC0415 - what it needs is an extra
    from dedup.corpus import run as find_duplicates  # noqa: PLC0415 - the same

    find: Callable[..., Summary | RunsSummary] = find_runs if job.level == "runs" else find_duplicates
    with ExitStack() as stack:
        stack.enter_context(closing(items))
        rejected = stack.enter_context(Rejects(rejects))
        indexed = _indexed(stack.enter_context(open_index(against, read_only=True)), against) if against else iter(())
        progress = stack.enter_context(Stages(meter))
        prepare_kernels()
        try:
            summary = find(
                items,
                Path(out),
                job,
                name=name,
                against=indexed,
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
    said = {name: getattr(asked, name) for name in NOT_FOR_RUNS if asked.level != "runs"}
    return Job(
        level=asked.level,
        keep=Keep.parse(asked.keep),
        cut=asked.cut,
        min_words=asked.min_words,
        unit=asked.unit,
        threads=threads_or_all(asked.threads),
        memory=asked.memory,
        **said,
    )


def _indexed(index: Index, url: str) -> Iterator[Item]:
    for document in index.documents():
        yield Record(Source(shown(url)), document)


def _show(summary: "Summary | RunsSummary", out: str, seconds: float, *, json: bool) -> None:
    figures = summary.figures
    if summary.undated:
        name = summary.settings["keep"]["field"] or "published or date"
        which = f"{summary.undated:,} of {summary.documents:,} documents"
        note(f"{which} have no date that could be read (field {name}) and rank last")
    if json:
        print(line(figures | {"seconds": round(seconds, 3), "out": out}))
        return
    counts = [
        f"{count:,} {_noun(name, count)}"
        for name, count in figures.items()
        if count or name != "indexed"  # those of the index named by --against
        if count is not None
    ]
    print(", ".join(counts), f"in {seconds:.2f} s")
    for said in summary.largest_in_words:
        print(said)
    print(f"the results are in {out}; open {out}/report.html")


def _noun(name: str, count: int) -> str:
    first, *rest = name.split("_")
    return " ".join([first.removesuffix("s") if count == 1 else first, *rest])

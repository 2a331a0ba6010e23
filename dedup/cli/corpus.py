"""A whole collection: its duplicates into a folder of results."""

from collections.abc import Generator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dedup.cli.corpus_index import prepare_index, put_kept
from dedup.cli.corpus_options import check_memory, threads_or_all
from dedup.cli.corpus_progress import Stages
from dedup.cli.exit import INTERRUPTED
from dedup.cli.opening import open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, listed, note
from dedup.cli.warm import prepare_kernels
from dedup.formats import Fields, Item, Meter
from dedup.stores.urls import shown

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
    """What a collection is held against: the URL of an index, and the results of an earlier run."""

    against: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the results go.

    Attributes:
        out: the folder.
        force: replace the results that it holds.
        ids: of documents kept and removed write the ids alone.
        index: the URL of an index for the documents kept, if any.
        fields: which fields of the input, and so of the documents kept, are the id and the text.
    """

    out: str
    force: bool
    ids: bool
    index: str | None
    fields: Fields


def run(
    items: Generator[Item],
    meter: Meter,
    asked: Asked,
    beside: Beside,
    wanted: Wanted,
    *,
    name: str,
    json: bool,
    rejects: str | None,
) -> None:
    """Write what is duplicate among the items, a collection called `name`."""
    job = _job(asked)
    from dedup.corpus import run as find  # noqa: PLC0415 - what it needs is an extra
    from dedup.corpus.earlier import survivors  # noqa: PLC0415 - the same

    previous = survivors(Path(beside.previous), wanted.fields) if beside.previous else ()
    if wanted.index:
        prepare_index(wanted.index, job, ids=wanted.ids)
    with ExitStack() as stack:
        stack.enter_context(closing(items))
        rejected = stack.enter_context(Rejects(rejects))
        progress = stack.enter_context(Stages(meter))
        try:
            with open_index(beside.against, read_only=True) if beside.against else nullcontext() as index:
                prepare_kernels()
                summary = find(
                    items,
                    Path(wanted.out),
                    job,
                    name=name,
                    against=index,
                    previous=previous,
                    force=wanted.force,
                    ids=wanted.ids,
                    reject=rejected.add,
                    watch=progress,
                )
        except KeyboardInterrupt as error:
            note(f"interrupted: nothing was written to {wanted.out}; run the same command again")
            raise typer.Exit(INTERRUPTED) from error
        put = put_kept(wanted.out, wanted.index, wanted.fields, rejected, progress) if wanted.index else {}
    _show(summary, put, wanted, progress.seconds, json=json)
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


def _show(summary: "Summary", put: dict[str, int], wanted: Wanted, seconds: float, *, json: bool) -> None:
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
        print(line(figures | put | {"seconds": round(seconds, 3), "out": wanted.out}))
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
    if wanted.index:
        print(f"{listed(put)} in the index {shown(wanted.index)}")
    print(f"the results are in {wanted.out}; open {wanted.out}/report.html")

"""A whole collection: its duplicates into a folder of results."""

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from dedup.cli.corpus_index import prepare_index, put_kept
from dedup.cli.corpus_options import NOT_FOR_RUNS, check_memory, threads_or_all
from dedup.cli.corpus_progress import Stages, uninterrupted
from dedup.cli.opening import open_index, place_of
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, listed, note
from dedup.cli.warm import prepare_kernels
from dedup.formats import Fields, Item, Meter
from dedup.formats.lakes import shown_path
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


@dataclass(frozen=True, slots=True)
class Beside:
    """What a collection is held against: the URL of an index, and the results of an earlier run."""

    against: str | None
    previous: str | None

    def joined_by(self, index: str | None) -> bool:
        """Whether what goes into the index at a URL goes into the one that the collection is held against."""
        return bool(index and self.against) and place_of(str(index)) == place_of(str(self.against))


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
    from dedup.corpus import find_runs  # noqa: PLC0415 - what it needs is an extra
    from dedup.corpus import run as find_duplicates  # noqa: PLC0415 - the same
    from dedup.corpus.earlier import survivors  # noqa: PLC0415 - the same

    previous = survivors(beside.previous, wanted.fields) if beside.previous else ()
    of_documents: dict[str, Any] = {"previous": previous, "ids": wanted.ids} if job.level != "runs" else {}
    find: Callable[..., Summary | RunsSummary] = find_runs if job.level == "runs" else find_duplicates
    if wanted.index:
        prepare_index(wanted.index, job, ids=wanted.ids)
    with ExitStack() as stack:
        stack.enter_context(closing(items))
        rejected = stack.enter_context(Rejects(rejects))
        progress = stack.enter_context(Stages(meter))
        held = open_index(beside.against, read_only=True) if beside.against else nullcontext()
        with uninterrupted(wanted.out), held as index:  # closed before the same index may take what is kept
            prepare_kernels()
            stack.enter_context(_imports_left_alone())
            summary = find(
                items,
                wanted.out,
                job,
                name=name,
                against=index,
                joins=beside.joined_by(wanted.index),
                force=wanted.force,
                reject=rejected.add,
                watch=progress,
                **of_documents,
            )
        put = put_kept(wanted.out, wanted.index, wanted.fields, rejected, progress) if wanted.index else {}
    _show(summary, put, wanted, progress.seconds, json=json)
    raise typer.Exit(rejected.exit_code)


@contextmanager
def _imports_left_alone() -> Iterator[None]:
    """Let the garbage collector pass over what is there already, modules above all: it is no garbage.

    ADR 28: to read a document takes 19 us instead of 28.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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


def _show(summary: "Summary | RunsSummary", put: dict[str, int], wanted: Wanted, seconds: float, *, json: bool) -> None:
    figures, unit = summary.figures, f"{summary.settings['unit']}s"
    in_words = {} if summary.settings["level"] == "documents" else {"removed": "cut_out"}
    for said in summary.notes:
        note(said)
    if json:
        print(line(figures | put | {"seconds": round(seconds, 3), "out": shown_path(wanted.out)}))
        return
    counts = [
        f"{count:,} {_noun(in_words.get(name, name).replace('words', unit), count)}"
        for name, count in figures.items()
        if count or name != "indexed"  # those of the index named by --against
        if count is not None
    ]
    print(", ".join(counts), f"in {seconds:.2f} s")
    for said in summary.largest_in_words:
        print(said)
    if wanted.index:
        print(f"{listed(put)} in the index {shown(wanted.index)}")
    out = shown_path(wanted.out)
    print(f"the results are in {out}; open {out}/report.html")


def _noun(name: str, count: int) -> str:
    first, *rest = name.split("_")
    return " ".join([first.removesuffix("s") if count == 1 else first, *rest])

"""A collection, or an index, as a network: who shares passages with whom, into a folder of results."""

from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from dedup.cli.corpus_options import threads_or_all
from dedup.cli.corpus_progress import Stages, uninterrupted
from dedup.cli.inputs import named, open_input
from dedup.cli.opening import open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, note
from dedup.cli.warm import prepare_kernels
from dedup.formats import Meter, Reading
from dedup.formats.lakes import shown_path
from dedup.report.views import counted
from dedup.stores.urls import shown

if TYPE_CHECKING:
    from dedup.corpus.network import Job, Summary
    from dedup.scheme import Unit


_FIGURES = (
    *("documents", "rejected", "linked", "edges", "directed", "passages", "reworded"),
    *("clusters", "printings", "largest", "truncated", "common", "undated", "without_series"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a job, by the names of `dedup.corpus.network.Job`."""

    date: str | None
    series: str | None
    within: int | None
    min_words: int | None
    min_similarity: float | None
    reworded: bool
    unit: "Unit"
    threads: int | None

    @property
    def job(self) -> "Job":
        """The job, checked.

        Raises:
            MissingExtra: the packages that the job needs are not installed.
            InvalidInput: something makes no sense.
        """
        from dedup.corpus.network import Job  # noqa: PLC0415 - what it needs is an extra

        return Job(**(asdict(self) | {"threads": threads_or_all(self.threads)}))


def of_input(
    paths: list[str], how: Reading, out: str, asked: Asked, *, force: bool, json: bool, rejects: str | None
) -> None:
    """Write the network of what the paths hold into the folder `out`."""
    job, meter = asked.job, Meter()
    from dedup.corpus.network import run  # noqa: PLC0415 - the same

    with ExitStack() as stack:
        items = stack.enter_context(closing(open_input(paths, how, meter)))
        rejected = stack.enter_context(Rejects(rejects))
        progress = stack.enter_context(Stages(meter))
        with uninterrupted(out):
            prepare_kernels()
            summary = run(items, out, job, name=named(paths), force=force, reject=rejected.add, watch=progress)
    _show(summary, job, out, progress.seconds, json=json)
    raise typer.Exit(rejected.exit_code)


def of_index(url: str, out: str, asked: Asked, *, force: bool, json: bool) -> None:
    """Write the network of an index's documents into the folder `out`."""
    job = asked.job
    from dedup.corpus.network import over  # noqa: PLC0415 - the same

    with open_index(url, read_only=True) as index, Stages(Meter()) as progress, uninterrupted(out):
        prepare_kernels()
        summary = over(index, out, job, name=shown(url), force=force, watch=progress)
    _show(summary, job, out, progress.seconds, json=json)


def _show(summary: "Summary", job: "Job", out: str, seconds: float, *, json: bool) -> None:
    _tell(summary, job)
    if json:
        print(
            line(
                {name: getattr(summary, name) for name in _FIGURES}
                | {"seconds": round(seconds, 3), "out": shown_path(out)}
            )
        )
        return
    print(
        f"{counted(summary.documents, 'document')}, {summary.linked:,} of them in {counted(summary.edges, 'pair')} "
        f"that share {counted(summary.passages, 'passage')}, in {seconds:.2f} s"
    )
    most = counted(summary.largest, "document")
    print(f"{counted(summary.clusters, 'text')} printed more than once, the most reprinted in {most}")
    where = shown_path(out)
    print(f"the results are in {where}; open {where}/report.html")


def _tell(summary: "Summary", job: "Job") -> None:
    """Say what the figures leave out."""
    if summary.undated:
        which = f"{summary.undated:,} of {summary.documents:,} documents"
        alone = "they are in no pair" if job.within is not None else "their pairs have no direction"
        note(f"{which} have no date that could be read (field {job.date or 'published or date'}): {alone}")
    if summary.without_series:
        which = f"{summary.without_series:,} of {summary.documents:,} documents"
        note(f"{which} have no field {job.series!r} (--series): none of their pairs is left out for its series")
    if summary.common:
        note(
            f"{summary.common:,} of {summary.documents:,} documents share with some others only what so many documents "
            "hold that it is boilerplate: such pairs are left out"
        )
    if summary.truncated:
        note(
            f"{summary.truncated:,} of {summary.documents:,} documents hold something that is too common to compare "
            "with all documents that hold it: there may be more pairs"
        )

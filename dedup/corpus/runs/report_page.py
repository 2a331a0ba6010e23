"""report.html: the runs that were found, for people."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.lines import documents_of
from dedup.corpus.report_page import SAMPLES, settings_as_words
from dedup.corpus.results_folder import REPORT
from dedup.corpus.runs.summary import Summary
from dedup.engine import compare
from dedup.model import Document
from dedup.report import views
from dedup.report.charts import Chart, counts, doubling
from dedup.report.collection import Page, Sample, Table, write
from dedup.report.views import counted, percent
from dedup.scheme import Scheme

_CUT_OUT = {"removed": "runs cut out"}
AROUND, SHOWN = 300, 3000  # not measured: characters beside a run, and of it, that can be read
_SAMPLES = """
SELECT words, document, start, stop, source_document, source_start, source_stop FROM named
QUALIFY row_number() OVER (PARTITION BY floor(log2(words / ?)) ORDER BY run) <= 2
ORDER BY words, run LIMIT ?
"""


def write_page(folder: Path, join: Join, work: Path, job: Job, summary: Summary, name: str) -> None:
    """Write the report on the runs of the collection called `name`."""
    page = Page(
        title="Repeated runs of a collection",
        collection=name,
        rules=(("Kept", job.keep.told), ("Run", f"{job.least} {job.unit}s or more")),
        lead=_lead(summary, job),
        totals=_totals(summary),
        charts=[_lengths(summary, job)],
        clusters=(),
        tables=[_most_repeated(summary, job)],
        samples=_samples(join, work, job),
        made=datetime.now(UTC),
        settings=", ".join(settings_as_words(summary.settings)),
    )
    with (folder / REPORT).open("w", encoding="utf-8") as file:
        write(file, page)


def _lead(summary: Summary, job: Job) -> str:
    share = percent(summary.words_in_runs / summary.words) if summary.words else "0 %"
    cut = ""
    if job.cut:
        cut = " They were cut out, the first copies too." if job.keep.rule == "none" else " They were cut out."
    return (
        f"Of {summary.words:,} {job.unit}s, {summary.words_in_runs:,} ({share}) lie in a run of at least {job.least} "
        f"that stands earlier too: in a better ranked document, or before it in the same one. Each of the "
        f"{counted(summary.runs, 'run')} was compared with its source {job.unit} by {job.unit}.{cut}"
    )


def _totals(summary: Summary) -> Sequence[tuple[str, str]]:
    shown = (
        "documents",
        "documents_with_runs",
        "runs",
        "words_in_runs",
        "kept",
        "gone",
        "removed",
        "rejected",
        "undated",
    )
    held = [("of the index", summary.indexed)] if summary.indexed else []
    values = [*((name.replace("_", " "), getattr(summary, name)) for name in shown), *held]
    return [(_CUT_OUT.get(name, name), f"{count:,}") for name, count in values if count is not None]


def _lengths(summary: Summary, job: Job) -> Chart:
    return counts("Runs by length", f"{job.unit}s in a run", "runs", doubling(list(summary.lengths.items()), job.least))


def _most_repeated(summary: Summary, job: Job) -> Table:
    rows = [[one.text, f"{one.copies:,}", f"{one.words:,}", one.source] for one in summary.repeated]
    note = "Copies that are longer or shorter than others of the same source count apart."
    return Table("The most repeated runs", ["text", "copies", f"{job.unit}s", "source"], rows, note)


def _samples(join: Join, work: Path, job: Job) -> Iterator[Sample]:
    """Yield runs of all lengths beside their sources."""
    rows = join.rows(_SAMPLES, [float(job.least), SAMPLES])
    documents = documents_of(work, {row[1] for row in rows} | {row[4] for row in rows})
    for words, *place in rows:
        here, there = _around(documents[place[0]], *place[1:3]), _around(documents[place[3]], *place[4:6])
        match = compare(there.text, here.text, scheme=Scheme(unit=job.unit))
        yield Sample(views.pair(there, here, match, job.unit), f"a run of {words:,} {job.unit}s")


def _around(document: Document, start: int, stop: int) -> Document:
    return replace(document, text=document.text[max(start - AROUND, 0) : min(stop, start + SHOWN) + AROUND])

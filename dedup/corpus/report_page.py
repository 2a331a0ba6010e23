"""report.html: what was found, for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from textwrap import shorten
from typing import Any

from dedup.corpus.job import STAR, Job
from dedup.corpus.join import Join
from dedup.corpus.lines import documents_of
from dedup.corpus.results_folder import REPORT
from dedup.corpus.summary import Summary
from dedup.engine import compare
from dedup.model import Document
from dedup.report import views
from dedup.report.charts import counts, curves, doubling, histogram
from dedup.report.collection import Cluster, Page, Sample, write
from dedup.report.views import counted, percent

SAMPLES = 10
LARGEST, MEMBERS, BEGINNING = 10, 50, 240  # not measured: clusters, members of one and characters that can be read
_MEASURES = {"jaccard": "Jaccard", "containment": "containment"}
_SAMPLES = """
SELECT a.document, a.start, a.stop, b.document, b.start, b.stop, similarity
FROM edges JOIN units AS a ON a.rank = better JOIN units AS b ON b.rank = worse
QUALIFY row_number() OVER (PARTITION BY least(floor((similarity - ?) / ?), ?) ORDER BY better, worse) = 1
ORDER BY similarity, better, worse
"""


_CLUSTERS = """
SELECT survivor_rank, document, start, stop, count(*) OVER (PARTITION BY survivor_rank) AS size FROM named
WHERE survivor_rank IN (SELECT survivor_rank FROM named GROUP BY survivor_rank ORDER BY count(*) DESC, 1 LIMIT ?)
QUALIFY row_number() OVER (PARTITION BY survivor_rank ORDER BY rank) <= ?
ORDER BY size DESC, survivor_rank, rank
"""


def write_page(folder: Path, join: Join, work: Path, job: Job, summary: Summary, name: str) -> None:
    """Write the report on the collection called `name`."""
    noun = "documents" if job.level == "documents" else "paragraphs"
    page = Page(
        title="Duplicates of a collection",
        collection=name,
        lead=_lead(summary, job, noun),
        totals=_totals(summary),
        charts=_charts(summary, job, noun),
        clusters=tuple(_clusters(join, work)),
        tables=(),
        samples=_samples(join, work, job),
        rules=(("Kept", job.keep.told), ("Duplicate", f"{_MEASURES[job.measure]} of {job.threshold:g} or more")),
        made=datetime.now(UTC),
        settings=", ".join(settings_as_words(summary.settings | summary.scheme)),
    )
    with (folder / REPORT).open("w", encoding="utf-8") as file:
        write(file, page)


def settings_as_words(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield each setting that says something with its value."""
    for name, value in values.items():
        parts = value.values() if isinstance(value, Mapping) else [value]
        said = [views.as_words(list(part) if isinstance(part, tuple) else part) for part in parts if part is not None]
        if any(said):
            yield " ".join([name.replace("_", " "), *filter(None, said)])


def _lead(summary: Summary, job: Job, noun: str) -> str:
    closure = (
        "Each duplicate resembles what it is a duplicate of."
        if job.closure == "survivor"
        else "Clusters are transitive: a member may resemble another member only."
    )
    recall = (
        f" Of the pairs at the threshold {percent(summary.recall_at_threshold)} share a bucket; "
        f"of all that there should be, {percent(summary.expected_recall or 1)} are expected to have been found."
        if summary.recall_at_threshold
        else ""
    )
    full = f" {counted(summary.full_buckets, 'bucket')} were too full to compare more than the {STAR} best with all."
    return (
        f"Of {summary.units:,} {noun}, {summary.candidates:,} pairs with a common bucket were compared shingle by "
        f"shingle; {summary.pairs:,} have a {_MEASURES[job.measure]} of {job.threshold:g} or more. Those of the same "
        f"{job.unit}s are exact duplicates, and no pairs. {closure}{recall}{full * bool(summary.full_buckets)}"
    )


def _totals(summary: Summary) -> Sequence[tuple[str, str]]:
    parts = () if summary.settings["level"] == "documents" else ("gone",)
    shown = ("documents", "kept", *parts, "removed", "exact", "near", "clusters", "rejected", "undated")
    held = (("of the index", summary.indexed), ("kept earlier", summary.earlier), ("kept again", summary.stay))
    found = ((name, getattr(summary, name)) for name in shown)
    totals = [(name, count) for name, count in found if count is not None]
    return [(name, f"{count:,}") for name, count in [*totals, *(one for one in held if one[1])]]


def _charts(summary: Summary, job: Job, noun: str) -> list[Any]:
    sizes = counts("Clusters by size", f"{noun} in a cluster", "clusters", doubling(list(summary.sizes.items())))
    similar = histogram("Candidate pairs by similarity", "pairs", summary.histogram, job.threshold)
    if job.measure == "containment":
        return [sizes, similar]
    scheme = job.scheme
    name = f"{scheme.bands} bands of {scheme.rows} rows"
    found = curves(
        f"How likely a pair is found, with {name}, and where this run's pairs lie",
        "share of pairs found",
        [(name, scheme.rows, scheme.bands)],
        summary.histogram,
        job.threshold,
    )
    return [sizes, similar, found]


def _clusters(join: Join, work: Path) -> Iterator[Cluster]:
    """Yield the largest clusters, what stays of each first."""
    for _, group in groupby(join.rows(_CLUSTERS, [LARGEST, MEMBERS]), key=itemgetter(0)):
        rows = list(group)
        documents = documents_of(work, {row[1] for row in rows})
        _, first, start, stop, size = rows[0]
        beginning = shorten(documents[first].text[start:stop][: 2 * BEGINNING], BEGINNING, placeholder=" …")
        yield Cluster(tuple(views.name(documents[row[1]]) for row in rows), size, beginning)


def _samples(join: Join, work: Path, job: Job) -> Iterator[Sample]:
    width = max((1 - job.threshold) / SAMPLES, 1e-9)
    rows = join.rows(_SAMPLES, [job.threshold, width, SAMPLES - 1])
    documents = documents_of(work, {row[0] for row in rows} | {row[3] for row in rows})
    for row in rows:
        left, right = _part(documents[row[0]], *row[1:3]), _part(documents[row[3]], *row[4:6])
        match = compare(left.text, right.text, scheme=job.scheme)
        yield Sample(views.pair(left, right, match, job.unit), f"{_MEASURES[job.measure].capitalize()} {row[6]:.4f}")


def _part(document: Document, start: int, stop: int) -> Document:
    return replace(document, text=document.text[start:stop])

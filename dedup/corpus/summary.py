"""What a run found, in figures."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.corpus.clusters import BINS, EXACT, NEAR, Found
from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.keep import LAST
from dedup.corpus.lines import documents_of
from dedup.corpus.results_folder import SUMMARY

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LARGEST, BEGINNING = 10, 120
_FIGURES = ("documents", "indexed", "rejected", "exact", "near", "clusters", "kept", "gone", "removed", "pairs")
_SIZES = """
SELECT size, count(*) FROM (SELECT count(*) AS size FROM named GROUP BY survivor_rank) GROUP BY size ORDER BY size
"""
_DUPLICATES = "SELECT count(*) FROM named WHERE kind = ? AND NOT indexed AND document <> survivor_document"
UNDATED = "SELECT count(*) FROM documents WHERE NOT indexed AND key = ?"
_EARLIER = "SELECT count(*) FROM survivors"
_STAY = """
SELECT count(*) FROM documents WHERE NOT indexed AND id IN (SELECT id FROM survivors) AND document NOT IN (
    SELECT document FROM named WHERE NOT indexed AND document <> survivor_document
)
"""
_LARGEST = """
SELECT survivor, count(*) AS size, survivor_document, survivor_start, survivor_stop FROM named
GROUP BY survivor_rank, survivor, survivor_document, survivor_start, survivor_stop
ORDER BY size DESC, survivor_rank LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One of the largest clusters: its survivor's id, its members, survivor included, and how its text begins."""

    survivor: str
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found.

    Attributes:
        documents: those compared, without an index's.
        indexed: those of the index that share a bucket with these, which were read.
        earlier: those that an earlier run kept, of which `stay` stay again, the others being gone or duplicates.
        stay: how many these are.
        units: documents or paragraphs compared, an index's included.
        rejected: records that could not be used.
        kept: lines of `kept.jsonl.zst`; None if passages are reported and not cut out.
        gone: documents that are not kept, of passages those of which nothing is left; None likewise.
        removed: lines of `removed.jsonl.zst`; None likewise.
        exact: duplicates with the same folded words as what stays.
        near: other duplicates.
        clusters: groups of two or more.
        sizes: how many clusters there are of each size, by size.
        largest: the largest of them.
        candidates: pairs that shared a bucket, each compared.
        pairs: those similar enough.
        histogram: candidates by similarity, in equal parts from 0 to 1.
        undated: documents without a date that could be read, which rank last; None unless the earliest is kept.
        full_buckets: buckets of more than `FULL` units, in which only the `STAR` best ranked were paired with all.
        recall_at_threshold: share of the pairs at the threshold that share a bucket; None where no formula gives it.
        expected_recall: share of this run's pairs that are expected to have been found; the same.
        settings: what was asked.
        scheme: of the signatures.
    """

    documents: int
    indexed: int
    earlier: int
    stay: int
    units: int
    rejected: int
    kept: int | None
    gone: int | None
    removed: int | None
    exact: int
    near: int
    clusters: int
    sizes: dict[int, int]
    largest: list[Cluster]
    candidates: int
    pairs: int
    histogram: list[int]
    undated: int | None
    full_buckets: int
    recall_at_threshold: float | None
    expected_recall: float | None
    settings: dict[str, Any]
    scheme: dict[str, Any]

    @property
    def figures(self) -> dict[str, int | None]:
        """What the command prints."""
        whole = self.settings["level"] == "documents"  # of which those that go are those removed
        return {name: getattr(self, name) for name in _FIGURES if not (whole and name == "gone")}

    @property
    def notes(self) -> list[str]:
        """What is to be told beside the figures."""
        verb = "is" if self.stay == 1 else "are"
        again = f"of {self.earlier:,} documents that the earlier run kept, {self.stay:,} {verb} kept again"
        return [*undated_note(self.undated, self.documents, self.settings), *([again] if self.earlier else [])]

    @property
    def largest_in_words(self) -> list[str]:
        """The largest clusters in words."""
        return [f"a cluster of {one.size:,}: duplicates of {one.survivor!a}" for one in self.largest[:3]]


def summarize(
    join: Join, work: Path, job: Job, found: Found, cut: int, rejected: int, lines: tuple[int, int] | None
) -> Summary:
    """Return the figures of a run."""
    scheme, by_band = job.scheme, job.measure == "jaccard"
    sizes, documents = join.rows(_SIZES), join.one("SELECT count(*) FROM documents WHERE NOT indexed")
    return Summary(
        documents=documents,
        indexed=join.one("SELECT count(*) FROM documents WHERE indexed"),
        earlier=join.one(_EARLIER),
        stay=join.one(_STAY),
        units=join.one("SELECT count(*) FROM units"),
        rejected=rejected,
        kept=lines[0] if lines else None,
        gone=documents - lines[0] if lines else None,
        removed=lines[1] if lines else None,
        exact=join.one(_DUPLICATES, [EXACT]),
        near=join.one(_DUPLICATES, [NEAR]),
        clusters=sum(count for _, count in sizes),
        sizes=dict(sizes),
        largest=_largest(join, work),
        candidates=found.candidates,
        pairs=found.edges,
        histogram=found.histogram.tolist(),
        undated=join.one(UNDATED, [LAST]) if job.keep.rule == "earliest" else None,
        full_buckets=cut,
        recall_at_threshold=scheme.recall(job.threshold) if by_band else None,
        expected_recall=_expected(found, job) if by_band else None,
        settings=settings(job),
        scheme=asdict(scheme),
    )


def _largest(join: Join, work: Path) -> list[Cluster]:
    rows = join.rows(_LARGEST, [LARGEST])
    documents = documents_of(work, {row[2] for row in rows})
    return [
        Cluster(survivor, size, shorten(documents[number].text[start:stop], BEGINNING, placeholder="…"))
        for survivor, size, number, start, stop in rows
    ]


def _expected(found: Found, job: Job) -> float | None:
    """Return the share found, if each pair stands for the 1 / recall pairs of its similarity that there should be."""
    middles = (np.arange(BINS) + 0.5) / BINS
    counts = found.histogram[middles >= job.threshold]
    recalls = np.array([job.scheme.recall(middle) for middle in middles[middles >= job.threshold]])
    return float(counts.sum() / (counts / recalls).sum()) if counts.sum() else None


def settings(job: Job) -> dict[str, Any]:
    """Return what decides about the result."""
    return {name: value for name, value in asdict(job).items() if name not in ("threads", "memory")}


def undated_note(undated: int | None, documents: int, settings: dict[str, Any]) -> list[str]:
    """Return what is to be told of documents without a date, if there are any."""
    name = settings["keep"]["field"] or "published or date"
    which = f"{undated or 0:,} of {documents:,} documents"
    return [f"{which} have no date that could be read (field {name}) and rank last"] if undated else []


def write_summary(folder: Path, summary: "DataclassInstance") -> None:
    """Write `summary.json`."""
    text = json.dumps(asdict(summary), indent=2, ensure_ascii=False)
    (folder / SUMMARY).write_text(text + "\n", "utf-8", errors="backslashreplace")

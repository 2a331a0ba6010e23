"""What a run found of runs, in figures."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.keep import LAST
from dedup.corpus.lines import documents_of
from dedup.corpus.summary import BEGINNING, LARGEST, UNDATED, settings, undated_note

_FIGURES = ("documents", "indexed", "rejected", "words", "runs", "words_in_runs", "kept", "gone", "removed")
_REPEATED = """
SELECT source, source_document, source_start, source_stop, words, count(*) AS copies FROM named
GROUP BY ALL ORDER BY copies DESC, words DESC, min(run) LIMIT ?
"""
_LENGTHS = "SELECT words, count(*) FROM named GROUP BY words ORDER BY words"


@dataclass(frozen=True, slots=True)
class Repeated:
    """One of the most repeated runs: its source and the place in it, its words, its copies, and how it begins."""

    source: str
    start: int
    end: int
    words: int
    copies: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found of runs.

    Attributes:
        documents: those read, without an index's.
        indexed: those of the index.
        rejected: records that could not be used.
        words: of the documents, or characters if that is the unit.
        runs: rows of `runs.parquet`.
        words_in_runs: words that lie in a run, each counted once.
        documents_with_runs: documents that have a run; a source is none by being one.
        kept: documents that stay, with what is left of them; None if the runs are reported and not cut out.
        gone: documents of which nothing is left; None likewise.
        removed: lines of `removed.jsonl.zst`; None likewise.
        lengths: how many runs there are of each number of words.
        repeated: the runs with most copies.
        full_buckets: buckets of the index of which not all documents were read: a run in one of the others is missed.
        undated: documents without a date that could be read, which rank last; None unless the earliest is kept.
        settings: what was asked.
    """

    documents: int
    indexed: int
    rejected: int
    words: int
    runs: int
    words_in_runs: int
    documents_with_runs: int
    kept: int | None
    gone: int | None
    removed: int | None
    lengths: dict[int, int]
    repeated: list[Repeated]
    full_buckets: int
    undated: int | None
    settings: dict[str, Any]

    @property
    def figures(self) -> dict[str, int | None]:
        """What the command prints."""
        return {name: getattr(self, name) for name in _FIGURES}

    @property
    def notes(self) -> list[str]:
        """What is to be told beside the figures."""
        full = f"{self.full_buckets:,} buckets of the index were too full to read: a run may stand there too"
        return [*undated_note(self.undated, self.documents, self.settings), *([full] if self.full_buckets else [])]

    @property
    def largest_in_words(self) -> list[str]:
        """The most repeated runs in words."""
        unit = self.settings["unit"]
        told = ((one, "copy" if one.copies == 1 else "copies") for one in self.repeated[:3])
        return [f"a run of {one.words:,} {unit}s of {one.source!a} has {one.copies:,} {noun}" for one, noun in told]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted on the way, named as in the summary."""

    rejected: int
    words: int
    words_in_runs: int
    full_buckets: int


def summarize(join: Join, work: Path, job: Job, counts: Counts, lines: tuple[int, int] | None) -> Summary:
    """Return the figures of a run, of which some were counted on the way."""
    documents = join.one("SELECT count(*) FROM documents WHERE NOT indexed")
    return Summary(
        documents=documents,
        indexed=join.one("SELECT count(*) FROM documents WHERE indexed"),
        rejected=counts.rejected,
        words=counts.words,
        runs=join.one("SELECT count(*) FROM named"),
        words_in_runs=counts.words_in_runs,
        documents_with_runs=join.one("SELECT count(DISTINCT document) FROM named"),
        kept=lines[0] if lines else None,
        gone=documents - lines[0] if lines else None,
        removed=lines[1] if lines else None,
        lengths=dict(join.rows(_LENGTHS)),
        repeated=_repeated(join, work),
        full_buckets=counts.full_buckets,
        undated=join.one(UNDATED, [LAST]) if job.keep.rule == "earliest" else None,
        settings=_settings(job),
    )


def _repeated(join: Join, work: Path) -> list[Repeated]:
    rows = join.rows(_REPEATED, [LARGEST])
    documents = documents_of(work, {row[1] for row in rows})
    return [
        Repeated(
            source, start, end, words, copies, shorten(documents[number].text[start:end], BEGINNING, placeholder="…")
        )
        for source, number, start, end, words, copies in rows
    ]


def _settings(job: Job) -> dict[str, Any]:
    said = settings(job) | {"min_words": job.least}
    return {name: said[name] for name in ("level", "min_words", "keep", "cut", "unit")}

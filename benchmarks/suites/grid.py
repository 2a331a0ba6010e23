"""What is found of planted passages, by length and by share of words edited, beside what LSH alone finds.

A query is a whole host article with one passage planted in it (see `planting`), looked up at default settings but for
the limit. Ours must name the source and the place in both texts; of the baselines the source alone is asked.
"""

import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dedup
from benchmarks.harness.machine import installed
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.baselines import DocumentLSH, SentenceLSH
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.cases import Case, case_of
from benchmarks.texts.cases import measure as scored
from benchmarks.texts.planting import Planted, Planter
from dedup import Document, Index
from dedup.search.question import Question

TABLE = "Passages"
LENGTHS = (15, 25, 40, 80)
RATES = (0.0, 0.05, 0.1, 0.2, 0.3)
HOSTS = 300
LIMIT = 32  # as many as the candidates verified by default allow: others that a host resembles do not count
BASELINES = 3_000
"""Of the articles, how many the baselines index: a dictionary of sentences is slow to fill, and less is easier."""

Finder = DocumentLSH | SentenceLSH
Places = dict[tuple[str, str], list[Case]]


@dataclass(slots=True)
class Cell:
    """The trials of one length and one rate.

    Attributes:
        trials: passages planted.
        found: of them, those found with their source at the planted place, on both sides.
        named: for each baseline, how often it named the source, and of how many trials that it could have.
        cases: the planted places, by trial and source.
        detections: the passages reported of the source, likewise.
        seconds: a look-up's duration, for each trial.
    """

    length: int
    rate: float
    trials: int = 0
    found: int = 0
    named: dict[str, list[bool]] = field(default_factory=dict)
    cases: Places = field(default_factory=dict)
    detections: Places = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def add(self, index: Index, planted: Planted, baselines: Mapping[str, Finder]) -> None:
        """Look a text up and count the answer."""
        start = time.perf_counter()
        answer = index.look_up(planted.text, None, Question(limit=LIMIT)).answer
        self.seconds.append(time.perf_counter() - start)
        self.trials += 1
        self.found += planted.hits(answer)
        key = f"{self.length} {self.rate} {self.trials}", planted.source
        self.cases[key] = [case_of(planted.place, planted.origin)]
        self.detections[key] = [case_of(passage.query, passage.document) for passage in planted.passages(answer)]
        for name, baseline in baselines.items():
            if int(planted.source) < BASELINES:
                self.named.setdefault(name, []).append(planted.source in baseline.found(planted.text))

    def rows(self) -> Iterator[Row]:
        """Yield what was found, and what the baselines found."""
        of: dict[str, Any] = {
            "table": TABLE,
            "case": f"{self.length} words, {self.rate:.0%} edited",
            "size": self.length,
        }
        precise: dict[str, Any] = {"accuracy": scored(self.cases, self.detections)["precision"], "measure": "precision"}
        yield Row(**of, **precise, name="resembles, at its place", unit="share", median=self.found / self.trials)
        for name, hits in self.named.items():
            share = sum(hits) / len(hits)
            yield Row(**of, name=name, unit="share", median=share, version=installed("datasketch"))


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the cells, then all trials together."""
    tell(f"passages: {scale.articles:,} articles")
    texts = articles(scale.articles + HOSTS, scale.data)
    hosts, sources = texts[:HOSTS], texts[HOSTS:]
    planter = Planter(sources, hosts, unigrams(sources), random.Random(1))
    some = {str(place): text for place, text in enumerate(sources[:BASELINES])}
    baselines: dict[str, Finder] = {
        "document MinHash-LSH at .2, source named": DocumentLSH(some, 0.2),
        "sentence MinHash-LSH at .5, source named": SentenceLSH(some),
    }
    with tempfile.TemporaryDirectory() as folder, dedup.open(f"lmdb:{Path(folder) / 'index'}") as index:
        index.put(Document(str(place), text) for place, text in enumerate(sources))
        cells = []
        for length in LENGTHS:
            tell(f"passages: {length} words")
            for rate in RATES:
                cell = Cell(length, rate)
                for _ in range(scale.trials):
                    cell.add(index, planter.plant(length, rate), baselines)
                cells.append(cell)
                yield from cell.rows()
    yield from together(cells)


def together(cells: list[Cell]) -> Iterator[Row]:
    """Yield the measures of PAN over all trials, and the time of a look-up."""
    measured = scored(
        {key: value for cell in cells for key, value in cell.cases.items()},
        {key: value for cell in cells for key, value in cell.detections.items()},
    )
    of: dict[str, Any] = {"table": TABLE, "name": "resembles, at its place"}
    for measure in ("plagdet", "precision", "recall"):
        yield Row(**of, case=f"all trials, {measure}", unit="share", median=measured[measure])
    median, spread = middle([1e3 * seconds for cell in cells for seconds in cell.seconds])
    recall = sum(cell.found for cell in cells) / sum(cell.trials for cell in cells)
    yield Row(
        **of,
        case="look-up of a host of 300 words",
        unit="ms",
        median=median,
        spread=spread,
        accuracy=recall,
        measure="recall",
    )

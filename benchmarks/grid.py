"""Measure what is found of planted passages, by length and by share of words edited: `python -m benchmarks.grid`.

A query is a whole host article with one passage planted in it (see `planting`), looked up at default settings but for
the limit.
"""

import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, articles, print_table, unigrams
from benchmarks.pan import Case
from benchmarks.pan import measure as scored
from benchmarks.planting import Planted, Planter
from dedup import Document, Index, Span
from dedup.lookup import Lookup, Question

LENGTHS = (15, 25, 40, 80)
RATES = (0.0, 0.05, 0.1, 0.2, 0.3)
TARGETS = {15: (1, 1, 0.84, 0.68, 0.32), 25: (1, 1, 1, 1, 0.80)}
HOSTS = 300
FIRST = 20
LIMIT = 32  # as many as the candidates verified by default allow: others that a host resembles do not count


@dataclass(slots=True)
class Cell:
    """The trials of one length and one rate.

    Attributes:
        trials: passages planted.
        found: of them, those found with their source at the planted place, on both sides.
        ranked: of them, those whose source is among the first 20 candidates, before verification.
        others: matches with passages that are neither the source's nor boilerplate, natural reuse included.
        cases: the planted places, by trial and source.
        detections: the passages reported of the source, likewise.
        milliseconds: a look-up's duration, for each trial.
    """

    length: int
    rate: float
    trials: int = 0
    found: int = 0
    ranked: int = 0
    others: int = 0
    cases: dict[tuple[str, str], list[Case]] = field(default_factory=dict)
    detections: dict[tuple[str, str], list[Case]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)

    def add(self, planted: Planted, found: Lookup) -> None:
        """Count one answer."""
        answer = found.answer
        self.trials += 1
        self.ranked += found.seen is not None and planted.source in list(found.seen.read)[:FIRST]
        self.found += planted.hits(answer)
        self.others += sum(
            match.id != planted.source and any(passage.kind == "passage" for passage in match.passages)
            for match in answer
        )
        key = f"{self.length} {self.rate} {self.trials}", planted.source
        self.cases[key] = [case(planted.place, planted.origin)]
        self.detections[key] = [case(passage.query, passage.document) for passage in planted.passages(answer)]

    def row(self) -> dict[str, Any]:
        """Return the figures, the target beside the recall."""
        measured = scored(self.cases, self.detections)
        return {
            "words": self.length,
            "edited": f"{self.rate:.0%}",
            "recall": self.found / self.trials,
            "target": float(TARGETS.get(self.length, (1,) * len(RATES))[RATES.index(self.rate)]),
            "recall@20": self.ranked / self.trials,
            "precision": measured["precision"],
            "char_recall": measured["recall"],
            "granularity": measured["granularity"],
            "plagdet": measured["plagdet"],
            "others": self.others / self.trials,
            "ms": float(np.median(self.milliseconds)),
        }


def case(query: Span, document: Span) -> Case:
    """Return the two places as a case of the PAN measures."""
    return Case(query.start, query.end, document.start, document.end)


def measure(index: Index, planter: Planter, trials: int) -> Iterator[Cell]:
    """Plant and look up, cell by cell."""
    for length in LENGTHS:
        for rate in RATES:
            cell = Cell(length, rate)
            for _ in range(trials):
                planted = planter.plant(length, rate)
                start = time.perf_counter()
                found = index.look_up(planted.text, None, Question(limit=LIMIT))
                cell.milliseconds.append((time.perf_counter() - start) * 1e3)
                cell.add(planted, found)
            yield cell


def main() -> None:
    """Print a row a cell, then all trials together."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=15_000)
    parser.add_argument("--trials", type=int, default=50, help="trials a cell")
    args = parser.parse_args()
    texts = articles(args.documents + HOSTS, args.data, args.seed)
    hosts, sources = texts[:HOSTS], texts[HOSTS:]
    planter = Planter(sources, hosts, unigrams(sources), random.Random(args.seed))
    with tempfile.TemporaryDirectory() as folder, dedup.open(f"lmdb:{Path(folder) / 'index'}") as index:
        index.put(Document(str(place), text) for place, text in enumerate(sources))
        cells = list(measure(index, planter, args.trials))
    rows = [cell.row() for cell in cells]
    truth = {key: value for cell in cells for key, value in cell.cases.items()}
    found = {key: value for cell in cells for key, value in cell.detections.items()}
    total = {"e2e_recall": float(np.mean([row["recall"] for row in rows])), **scored(truth, found)}
    if args.json:
        print(json.dumps({"documents": args.documents, "trials": args.trials, "cells": rows, "all": total}))
        return
    print_table(rows)
    print()
    print_table([total])


if __name__ == "__main__":
    main()

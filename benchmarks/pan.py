"""Measure the passages found in the PAN 2013 text alignment pairs: `python -m benchmarks.pan --data FOLDER [--json]`.

Each pair is aligned directly, without an index. The folder, also given by RESEMBLES_EVAL, holds
`pan13_train/docs.jsonl.gz`, `pairs.jsonl.gz` and `spans.jsonl.gz`. The measures are those of Potthast, Stein,
Barrón-Cedeño and Rosso, An Evaluation Framework for Plagiarism Detection, COLING 2010, macro-averaged over characters:

    recall       mean over the cases of the share of their characters, in both texts, that detections of them cover
    precision    the same with detections and cases exchanged
    granularity  detections per case that was detected
    plagdet      F1(precision, recall) / log2(1 + granularity)
"""

import argparse
import json
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import arguments, print_table, records
from dedup.align import align, overlaps
from dedup.text import tokenize


class Case(NamedTuple):
    """A passage in two texts, places in code points."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int

    def meets(self, other: "Case") -> bool:
        """Say whether the two overlap in both texts."""
        across = self.a_start < other.a_end and other.a_start < self.a_end
        return across and self.b_start < other.b_end and other.b_start < self.b_end


Cases = Mapping[tuple[str, str], Sequence[Case]]


def union(intervals: Iterable[tuple[int, int]]) -> int:
    """Return how many places the intervals cover; empty and reversed ones cover none."""
    covered, end = 0, 0
    for start, stop in sorted(intervals):
        covered += max(0, stop - max(start, end))
        end = max(end, stop)
    return covered


def coverage(of: Cases, by: Cases) -> float:
    """Return the mean share of the characters of each case that the cases which it meets cover."""
    shares = []
    for pair, cases in of.items():
        for case in cases:
            met = [other for other in by.get(pair, ()) if case.meets(other)]
            across = union((max(case.a_start, x.a_start), min(case.a_end, x.a_end)) for x in met)
            down = union((max(case.b_start, x.b_start), min(case.b_end, x.b_end)) for x in met)
            shares.append((across + down) / (case.a_end - case.a_start + case.b_end - case.b_start))
    return statistics.fmean(shares) if shares else 0.0


def measure(truth: Cases, found: Cases) -> dict[str, float]:
    """Return plagdet, precision, recall, granularity, and counts of cases, detections and pairs with detections."""
    recall, precision = coverage(truth, found), coverage(found, truth)
    met = [sum(case.meets(x) for x in found.get(pair, ())) for pair, cases in truth.items() for case in cases]
    granularity = statistics.fmean(hits) if (hits := [count for count in met if count]) else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "plagdet": f1 / math.log2(1 + granularity),
        "precision": precision,
        "recall": recall,
        "granularity": granularity,
        "cases": len(met),
        "detections": sum(map(len, found.values())),
        "pairs": len(found),
        "pairs_detected": sum(map(bool, found.values())),
    }


def detect(one: str, other: str, args: argparse.Namespace) -> list[Case]:
    """Return the passages that two texts share."""
    a, b = tokenize([one]), tokenize([other])
    found = align(a.hashes, b.hashes, b.offsets, min_words=args.min_words, min_similarity=args.min_similarity)
    starts, ends = a.starts[found.query_start], a.ends[found.query_end - 1]
    begins, stops = b.starts[found.document_start], b.ends[found.document_end - 1]
    return [Case(*map(int, places)) for places in zip(starts, ends, begins, stops, strict=True)]


def accuracy(folder: Path, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the measures by category."""
    texts = {record["id"]: record["text"] for record in records(folder / "docs.jsonl.gz")}
    cases, pairs = defaultdict(list), defaultdict(list)
    for span in records(folder / "spans.jsonl.gz"):
        cases[span["a"], span["b"]].append(Case(*(span[name] for name in Case._fields)))
    for record in records(folder / "pairs.jsonl.gz"):
        pairs[record["category"]].append((record["a"], record["b"]))
    figures = {}
    for category, keys in sorted(pairs.items()):
        found = {(a, b): detect(texts[a], texts[b], args) for a, b in keys}
        figures[category] = measure({key: cases[key] for key in keys if key in cases}, found)
    return figures


def speed(args: argparse.Namespace, words: int = 300, documents: int = 50) -> dict[str, float]:
    """Return microseconds a candidate: made-up texts, each with an edited passage of the query, Zipf's frequencies."""
    random = np.random.default_rng(1)
    vocabulary = random.integers(0, 2**63, 20000, dtype=np.uint64)
    shares = 1 / np.arange(1, len(vocabulary) + 1)

    def text(length: int) -> NDArray[np.uint64]:
        return random.choice(vocabulary, length, p=shares / shares.sum())

    query, batch = text(words), text(words * documents)
    for document in range(documents):
        length = int(random.integers(15, 80))
        start, place = random.integers(0, words - length), document * words + 100
        batch[place : place + length] = query[start : start + length]
        batch[place : place + length][random.random(length) < 0.1] = 0
    offsets = np.arange(documents + 1, dtype=np.int64) * words
    limits = {"min_words": args.min_words, "min_similarity": args.min_similarity}
    calls = {
        "align": lambda: align(query, batch, offsets, **limits),
        "overlaps": lambda: overlaps(query, batch, offsets),
    }
    figures = {}
    for name, call in calls.items():
        call()
        figures[f"{name}_us"] = statistics.median(timed(call) for _ in range(args.repeats)) / documents
    return figures


def timed(call: Any) -> float:
    """Return how many microseconds a call takes."""
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1000


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--min-words", type=int, default=12)
    parser.add_argument("--min-similarity", type=float, default=0.6)
    parser.add_argument("--repeats", type=int, default=201, help="timed calls")
    args = parser.parse_args()
    folder = Path(args.data or ".") / "pan13_train"
    figures = accuracy(folder, args) if folder.is_dir() else None
    times = speed(args)
    if args.json:
        print(json.dumps({"accuracy": figures, "candidate": times}))
        return
    if figures is None:
        print(f"skipped: no PAN 2013 data in {folder}; give --data or RESEMBLES_EVAL")
    else:
        print_table([{"category": category, **row} for category, row in figures.items()])
    print("a candidate of 300 words, in batches of 50: " + ", ".join(f"{n} {v:.1f}" for n, v in times.items()))


if __name__ == "__main__":
    main()

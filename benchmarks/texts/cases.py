"""Passages that two texts are known to share, and how well those found agree with them.

The measures are those of Potthast, Stein, Barrón-Cedeño and Rosso, An Evaluation Framework for Plagiarism Detection,
COLING 2010, macro-averaged:

    recall       mean over the cases of the share of their characters, in both texts, that detections of them cover
    precision    the same with detections and cases exchanged
    granularity  detections per case that was detected
    plagdet      F1(precision, recall) / log2(1 + granularity)
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dedup.model import Span


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


def case_of(query: Span, document: Span) -> Case:
    """Return the two places as a case of the PAN measures."""
    return Case(query.start, query.end, document.start, document.end)


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

"""PAN's measures of passages found (Potthast, Stein, Barrón-Cedeño, Rosso, COLING 2010), by characters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dedup import Span

Spans = tuple[Span, Span]
"""A place in the one text and in the other."""


@dataclass(frozen=True, slots=True)
class Score:
    """Precision over detections, recall over cases, detections for each case detected; plagdet joins them."""

    precision: float
    recall: float
    granularity: float

    @property
    def plagdet(self) -> float:
        """F1 / log2(1 + granularity)."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both / math.log2(1 + self.granularity) if both else 0.0


def score(cases: Sequence[Sequence[Spans]], detections: Sequence[Sequence[Spans]]) -> Score:
    """Score the detections of each pair of texts against its cases."""
    pairs = list(zip(cases, detections, strict=True))
    covered = [_share(case, found) for true, found in pairs for case in true]
    right = [_share(detection, true) for true, found in pairs for detection in found]
    counts = [sum(_meet(case, detection) for detection in found) for true, found in pairs for case in true]
    detected = [count for count in counts if count]
    return Score(
        sum(right) / len(right) if right else 1.0,
        sum(covered) / len(covered) if covered else 1.0,
        sum(detected) / len(detected) if detected else 1.0,
    )


def _meet(a: Spans, b: Spans) -> bool:
    return all(x.start < y.end and y.start < x.end for x, y in zip(a, b, strict=True))


def _share(one: Spans, others: Sequence[Spans]) -> float:
    """Return the share of the characters of `one`, on both sides, that lie in those of `others` that meet it."""
    near = [other for other in others if _meet(one, other)]
    covered = sum(covered_by(one[side], [other[side] for other in near]) for side in (0, 1))
    return covered / sum(side.end - side.start for side in one)


def covered_by(span: Span, others: Sequence[Span]) -> int:
    """Return how many characters of `span` lie in the union of `others`."""
    covered, end = 0, span.start
    for other in sorted(others, key=lambda other: other.start):
        start, stop = max(other.start, end), min(other.end, span.end)
        covered += max(0, stop - start)
        end = max(end, stop)
    return covered

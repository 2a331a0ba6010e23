"""Which words of two stretches of text differ, for display."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.align.steps import steps
from dedup.sketching.tokens import Tokens, tokenize

Runs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; `differs` if its words have no counterpart in the other text."""

    text: str
    differs: bool


def differences(a: str, b: str) -> tuple[list[Segment], list[Segment]]:
    """Return both texts in pieces, aligned by their longest common subsequence of words.

    Between two anchors too far apart to align in 16 MB nothing is said to differ.
    """
    tokens = tokenize([a, b])
    cut = int(tokens.offsets[1])
    places = _places(tokens)
    changed_a, changed_b = _changes(tokens.hashes[:cut], tokens.hashes[cut:])
    return _segments(a, places[:cut], changed_a), _segments(b, places[cut:], changed_b)


def without_order(a: str, b: str) -> tuple[list[Segment], list[Segment]]:
    """Return both texts in pieces; their common words are those of both multisets, in any order."""
    tokens = tokenize([a, b])
    here, there = tokens.of(0), tokens.of(1)
    common = Counter(here.hashes.tolist()) & Counter(there.hashes.tolist())
    first = _segments(a, _places(here), _unpaired(here.hashes, common))
    return first, _segments(b, _places(there), _unpaired(there.hashes, common))


def _places(tokens: Tokens) -> Runs:
    return list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))


def redrawn(segments: Iterable[Segment], shown: str) -> list[Segment]:
    """Return the pieces of a text with the characters of another, as long as it and laid out anew."""
    pieces, place = list[Segment](), 0
    for segment in segments:
        pieces.append(Segment(shown[place : place + len(segment.text)], segment.differs))
        place += len(segment.text)
    return pieces


def _unpaired(words: NDArray[np.uint64], common: Counter[int]) -> Runs:
    """Return the runs of words that `common` has not, or no longer."""
    left, runs = common.copy(), list[tuple[int, int]]()
    for place, word in enumerate(words.tolist()):
        if left[word] > 0:
            left[word] -= 1
        elif runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def _changes(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> tuple[Runs, Runs]:
    """Return the runs of words that differ, half-open, on each side; a run may be empty."""
    changed = [step for step in steps(a, b) if not step.equal]
    return [(step.a, step.a_end) for step in changed], [(step.b, step.b_end) for step in changed]


def _segments(text: str, places: Runs, changed: Runs) -> list[Segment]:
    """Cut `text` around the runs of words `changed` (half-open; an empty run is passed over)."""
    segments, done = [], 0
    for first, last in changed:
        if first < last:
            start, end = places[first][0], places[last - 1][1]
            segments += [Segment(text[done:start], differs=False), Segment(text[start:end], differs=True)]
            done = end
    segments.append(Segment(text[done:], differs=False))
    return [segment for segment in segments if segment.text]

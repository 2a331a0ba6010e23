"""Which words of two stretches of text differ, for display."""

from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from dedup.text import tokenize

MOST_CELLS = 1 << 31
"""Bits in rapidfuzz's alignment matrix: 256 MB."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; `differs` if its words have no counterpart in the other text."""

    text: str
    differs: bool


def differences(a: str, b: str) -> tuple[list[Segment], list[Segment]]:
    """Return both texts in pieces, aligned by their longest common subsequence of words.

    Two stretches too long to align in 256 MB come back in one piece each.
    """
    tokens = tokenize([a, b])
    cut = int(tokens.offsets[1])
    first, second = tokens.hashes[:cut].tolist(), tokens.hashes[cut:].tolist()
    if len(first) * len(second) > MOST_CELLS:
        return [Segment(a, differs=False)], [Segment(b, differs=False)]
    places = list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
    changed_a, changed_b = [], []
    for step in LCSseq.opcodes(first, second):
        if step.tag != "equal":
            changed_a.append((step.src_start, step.src_end))
            changed_b.append((step.dest_start, step.dest_end))
    return _segments(a, places[:cut], changed_a), _segments(b, places[cut:], changed_b)


def _segments(text: str, places: list[tuple[int, int]], changed: list[tuple[int, int]]) -> list[Segment]:
    """Cut `text` around the runs of words `changed` (half-open; an empty run is passed over)."""
    segments, done = [], 0
    for first, last in changed:
        if first < last:
            start, end = places[first][0], places[last - 1][1]
            segments += [Segment(text[done:start], differs=False), Segment(text[start:end], differs=True)]
            done = end
    segments.append(Segment(text[done:], differs=False))
    return [segment for segment in segments if segment.text]

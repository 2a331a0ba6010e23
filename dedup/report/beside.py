"""Passages as they are read: the words of both texts beside each other, of a reworded one sentence by sentence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dedup.align.bags import LEAST
from dedup.report.differences import Segment
from dedup.sketching.tokens import Tokens, tokenize

LONGEST = 400  # not measured: characters of a copied passage, a few lines; the texts show the rest
MOST_ROWS = 60  # not measured: sentences of a reworded passage


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; a side may be empty."""

    left: tuple[Segment, ...]
    right: tuple[Segment, ...]
    cut: bool = False


def excerpt(left: Sequence[Segment], right: Sequence[Segment]) -> tuple[Row, ...]:
    """Return the beginning of both sides of a copied passage as one row."""
    sides = [tuple(_beginning(side)) for side in (left, right)]
    cut = any(sum(len(one.text) for one in side) > LONGEST for side in (left, right))
    return (Row(sides[0], sides[1], cut),)


def _beginning(segments: Sequence[Segment]) -> Iterator[Segment]:
    left = LONGEST
    for segment in segments:
        if len(segment.text) > left:
            words = segment.text[:left].rpartition(" ")[0]  # no word is cut, where words have blanks between them
            yield Segment(words or segment.text[:left], segment.differs)
            return
        yield segment
        left -= len(segment.text)


def sentences(left: Sequence[Segment], right: Sequence[Segment]) -> tuple[Row, ...]:
    """Return the sentences of the left side in their order, each with those of the right side that are nearest to it.

    A sentence of the right side that shares no word with any stands alone, at the end.
    """
    here, there = list(_sentences(left)), list(_sentences(right))
    nearest = _nearest([stems for _, stems in here], [stems for _, stems in there])
    rows = [
        Row(one, tuple(segment for j, at in enumerate(nearest) if at == i for segment in there[j][0]))
        for i, (one, _) in enumerate(here)
    ]
    rows += [Row((), one) for (one, _), at in zip(there, nearest, strict=True) if at < 0]
    return tuple(rows[:MOST_ROWS])


def _nearest(here: Sequence[set[int]], there: Sequence[set[int]]) -> list[int]:
    """Return for each of `there` the place of the nearest of `here`, -1 for none; rare stems weigh most."""
    seen = Counter(stem for side in (here, there) for sentence in side for stem in sentence)
    places = list[int]()
    for stems in there:
        worth = [sum(1 / seen[stem] for stem in stems & others) / (1 + len(others)) ** 0.5 for others in here]
        best = max(worth, default=0.0)
        places.append(worth.index(best) if best else -1)
    return places


def _sentences(segments: Sequence[Segment]) -> Iterator[tuple[tuple[Segment, ...], set[int]]]:
    """Yield pieces of text cut where a sentence of LEAST words ends, each sentence with the stems of its words."""
    text = "".join(one.text for one in segments)
    tokens = tokenize([text], prose=True)
    starts = [0]
    for stop in (np.flatnonzero(tokens.stops[:-1]) + 1).tolist():
        if stop - starts[-1] >= LEAST:
            starts.append(stop)
    for first, last in pairwise([*starts, len(tokens.starts)]):
        start = _cut(text, tokens, first) if first else 0
        end = _cut(text, tokens, last) if last < len(tokens.starts) else len(text)
        yield tuple(_part(segments, start, end)), set(tokens.stems[first:last].tolist())


def _cut(text: str, tokens: Tokens, token: int) -> int:
    """Return where the sentence that begins with a token begins: after the blank before it, with its quotation mark."""
    end, start = int(tokens.ends[token - 1]), int(tokens.starts[token])
    gap = text[end:start]
    return end + max((i + 1 for i, character in enumerate(gap) if character.isspace()), default=len(gap))


def _part(segments: Sequence[Segment], start: int, end: int) -> Iterator[Segment]:
    place = 0
    for segment in segments:
        first, last = max(start - place, 0), end - place
        if first < len(segment.text) and last > 0:
            yield Segment(segment.text[first:last], segment.differs)
        place += len(segment.text)

"""Passages as they are read: the words of both texts beside each other, of a reworded one sentence by sentence."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dedup.report.differences import Segment
from dedup.sketching.tokens import tokenize

LONGEST = 400  # not measured: characters of a copied passage, a few lines; the texts show the rest
MOST_ROWS = 60  # not measured: sentences of a reworded passage
_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？।؟۔]|\n\s*\n")


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
    here, there = _sentences(left), _sentences(right)
    nearest = _nearest([_words(one) for one in here], [_words(one) for one in there])
    rows = [
        Row(one, tuple(segment for j, at in enumerate(nearest) if at == i for segment in there[j]))
        for i, one in enumerate(here)
    ]
    rows += [Row((), one) for one, at in zip(there, nearest, strict=True) if at < 0]
    return tuple(rows[:MOST_ROWS])


def _nearest(here: Sequence[set[int]], there: Sequence[set[int]]) -> list[int]:
    """Return for each of `there` the place of the nearest of `here`, -1 for none; rare words weigh most."""
    seen = Counter(word for side in (here, there) for sentence in side for word in sentence)
    places = list[int]()
    for words in there:
        worth = [sum(1 / seen[word] for word in words & others) / (1 + len(others)) ** 0.5 for others in here]
        best = max(worth, default=0.0)
        places.append(worth.index(best) if best else -1)
    return places


def _words(sentence: Sequence[Segment]) -> set[int]:
    return set(tokenize(["".join(one.text for one in sentence)]).hashes.tolist())


def _sentences(segments: Sequence[Segment]) -> list[tuple[Segment, ...]]:
    """Cut pieces of text where a sentence ends."""
    text = "".join(one.text for one in segments)
    ends = [match.end() for match in _END.finditer(text)]
    return [tuple(_part(segments, start, end)) for start, end in pairwise(sorted({0, *ends, len(text)}))]


def _part(segments: Sequence[Segment], start: int, end: int) -> Iterator[Segment]:
    place = 0
    for segment in segments:
        first, last = max(start - place, 0), end - place
        if first < len(segment.text) and last > 0:
            yield Segment(segment.text[first:last], segment.differs)
        place += len(segment.text)

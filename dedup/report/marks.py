"""A text cut into runs of one look each: plain, or part of a shared passage, its differing words apart."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from dedup.report.differences import Segment

BLOCK = 2_000  # not measured: a screen or two of text, laid out when it is looked at
LONGEST_BLOCK = 6_000  # not measured: three times as much where no line ends


@dataclass(frozen=True, slots=True)
class Mark:
    """A passage's stretch of one text.

    Attributes:
        number: the passage's, from 1; of passages that overlap, a place shows the lowest.
        start: its place in the text, code points.
        end: the same, exclusive.
        kind: that of the passage, as it is shown; see `dedup.report.kinds`.
        segments: the stretch in pieces, in order, those that differ marked.
    """

    number: int
    start: int
    end: int
    kind: str
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a text that one passage or none covers.

    Attributes:
        number: the passage's, 0 for none.
        kind: that of the passage; empty for none.
        begins: the numbers of the passages that begin here.
        segments: the words, in order.
    """

    number: int
    kind: str
    begins: tuple[int, ...]
    segments: tuple[Segment, ...]


def blocks(text: str, marks: Sequence[Mark]) -> Iterator[list[Run]]:
    """Cut `text` into blocks of some thousand characters, and these at the ends of `marks`; joined they are the text.

    A block ends at a line's end, of a very long line at a space: a browser lays out the blocks that it shows. Takes
    O(text + marks * log marks).
    """
    cuts = set(breaks(text))
    block = list[Run]()
    for end, run in _runs(text, marks, cuts):
        block.append(run)
        if end in cuts:
            yield block
            block = []
    if block:
        yield block


def breaks(text: str) -> Iterator[int]:
    """Yield where a block ends and the next one begins."""
    start = 0
    while start + LONGEST_BLOCK < len(text):
        line = text.find("\n", start + BLOCK, start + LONGEST_BLOCK)
        last = line if line >= 0 else text.rfind(" ", start + BLOCK, start + LONGEST_BLOCK)
        start = last + 1 if last >= 0 else start + LONGEST_BLOCK
        yield start


def _runs(text: str, marks: Sequence[Mark], cuts: Iterable[int]) -> Iterator[tuple[int, Run]]:
    """Yield each run with its end."""
    begins: dict[int, list[int]] = {}
    for mark in marks:
        begins.setdefault(mark.start, []).append(mark.number)
    cursors = {mark.number: _Cursor(mark) for mark in marks}
    for start, end, cover in _cover(len(text), marks, cuts):
        begun = tuple(sorted(begins.get(start, ())))
        if cover is None:
            yield end, Run(0, kind="", begins=begun, segments=(Segment(text[start:end], differs=False),))
        else:
            segments = tuple(cursors[cover.number].segments(text, start, end))
            yield end, Run(cover.number, cover.kind, begun, segments)


def _cover(length: int, marks: Iterable[Mark], cuts: Iterable[int]) -> Iterator[tuple[int, int, Mark | None]]:
    """Yield the stretches between the ends of marks, each with the mark of the lowest number that covers it."""
    waiting = sorted(marks, key=lambda mark: mark.start, reverse=True)
    edges = sorted({0, length, *cuts, *(mark.start for mark in waiting), *(mark.end for mark in waiting)})
    active: list[tuple[int, int, Mark]] = []
    for start, end in pairwise(edges):
        while waiting and waiting[-1].start <= start:
            mark = waiting.pop()
            heappush(active, (mark.number, mark.end, mark))
        while active and active[0][1] <= start:
            heappop(active)
        yield start, end, active[0][2] if active else None


class _Cursor:
    """Finds a mark's segments between two places."""

    def __init__(self, mark: Mark) -> None:
        self._ends, self._segments, place = list[int](), mark.segments, mark.start
        for segment in mark.segments:
            place += len(segment.text)
            self._ends.append(place)

    def segments(self, text: str, start: int, end: int) -> Iterator[Segment]:
        i = bisect_right(self._ends, start)
        while start < end:
            stop = min(end, self._ends[i])
            yield Segment(text[start:stop], self._segments[i].differs)
            start, i = stop, i + 1

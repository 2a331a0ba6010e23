"""The whole text: every stretch that is found elsewhere with its sources, and the share of the words that they hold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedup.model import Answer, Document, Match, Passage
from dedup.report.kinds import COUNTED, KINDS, shown_kind
from dedup.report.marks import breaks
from dedup.report.reflow import collapsible, reflowed, right_to_left
from dedup.report.views import LONG, WIDTH, Name, name, name_of
from dedup.scheme import Unit
from dedup.search.verdict import decisive
from dedup.sketching.tokens import tokenize

Places: TypeAlias = NDArray[np.int64]

MOST_BADGES = 3  # not measured: wire copy has twenty sources; their numbers would fill a line
GATHER = 30  # not measured: characters, a few words: numbers of passages that begin so close stand together


class Held(NamedTuple):
    """A source that holds a stretch, and how: `rank` is a place in KINDS."""

    rank: int
    source: int


@dataclass(frozen=True, slots=True)
class View:
    """What of an answer is drawn and counted.

    Attributes:
        kinds: those of the passages that count.
        only: the id of the one source that counts; empty for all.
        off: ids of sources that do not count.
    """

    kinds: frozenset[str] = COUNTED
    only: str = ""
    off: frozenset[str] = frozenset()

    def takes(self, source: str) -> bool:
        """Whether the source of that id counts."""
        return source not in self.off and self.only in ("", source)


@dataclass(frozen=True, slots=True)
class Source:
    """A document that holds passages of the text.

    Attributes:
        number: its number, from 1, best first.
        name: how it is called.
        match: the figures.
        words: for each kind that its passages have, the words of the text that lie in them.
        share: the share of the text's words, 0 to 1, that lie in its copied and reworded passages.
        first: the number of its first passage in the text, 0 if it has none.
        earliest: of how many passages it is the source: the earliest document that holds them.
        counts: whether the view takes it.
    """

    number: int
    name: Name
    match: Match
    words: Mapping[str, int]
    share: float
    first: int
    earliest: int
    counts: bool


@dataclass(frozen=True, slots=True)
class Badge:
    """The number of a source, where one of its passages begins.

    Attributes:
        source: the source.
        number: the passage's number in the pair of texts, from 1.
        passage: the passage.
        shown: whether the view takes it, and it is among the first three of those that stand here.
    """

    source: Source
    number: int
    passage: Passage
    shown: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the text that the same sources hold from its beginning to its end.

    Attributes:
        number: its number, from 1.
        text: its characters.
        words: how many words begin in it.
        held: who holds it, and how, the weightiest first; empty if nobody does.
        drawn: the first of `held` that the view takes.
        several: whether the view takes more than one source here.
        badges: of the passages that begin here or a few words on.
        more: how many of them the view takes beyond those shown.
    """

    number: int
    text: str
    words: int
    held: tuple[Held, ...]
    drawn: Held | None
    several: bool
    badges: tuple[Badge, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the strip 1,000 wide that stands for the text; `stretch` is the number of the first stretch in it."""

    x: int
    width: int
    stretch: int
    held: tuple[Held, ...]
    drawn: Held | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A text with its sources.

    Attributes:
        name: how the text is called.
        unit: what is counted, words or characters; the others say words for either.
        words: how many words it has.
        share: the share of them that the sources hold, as the view counts.
        holding: how many sources hold them.
        by_kind: for each kind that occurs, the share that lies in passages of all sources.
        sources: best first.
        cells: the strip.
        blocks: the text.
        long: whether a browser should lay out only the blocks that it shows.
        collapsed: whether runs of blanks are drawn as one.
        rtl: whether it is written from right to left.
        view: what is drawn and counted.
        answer: the answer that it shows.
    """

    name: Name
    unit: Unit
    words: int
    share: float
    holding: int
    by_kind: Mapping[str, float]
    sources: tuple[Source, ...]
    cells: tuple[Cell, ...]
    blocks: Sequence[Sequence[Stretch]] = field(repr=False)
    long: bool
    collapsed: bool
    rtl: bool
    view: View
    answer: Answer

    @property
    def decisive(self) -> Source | None:
        """The source that the answer's verdict rests on; None if that is "new"."""
        return None if self.answer.verdict == "new" else self.sources[decisive(self.answer.matches)]


def whole(query: Document, answer: Answer, unit: Unit = "word", view: View | None = None) -> Whole:
    """Return the text of `query` with the sources that `answer` names, drawn and counted as `view` says, in `unit`."""
    view = view or View()
    starts = tokenize([query.text], unit).starts.astype(np.int64)  # else cast in every search
    total = max(len(starts), 1)
    sources = tuple(_source(i, match, starts, view) for i, match in enumerate(answer, 1))
    shown = reflowed(query.text)
    blocks = list(_blocks(shown, starts, sources, view))
    stretches = [one for block in blocks for one in block]
    marked = [one for one in stretches if one.drawn]
    return Whole(
        name=name(query),
        unit=unit,
        words=len(starts),
        share=sum(one.words for one in marked) / total,
        holding=len({held.source for one in marked for held in one.held if _taken(held, sources, view)}),
        by_kind=_by_kind(stretches, total),
        sources=sources,
        cells=tuple(_cells(stretches, len(query.text), sources, view)),
        blocks=blocks,
        long=len(query.text) > LONG,
        collapsed=collapsible(shown, query.text),
        rtl=right_to_left(query.text),
        view=view,
        answer=answer,
    )


def _source(number: int, match: Match, starts: Places, view: View) -> Source:
    spans = defaultdict[str, list[tuple[int, int]]](list)
    for one in match.passages:
        spans[shown_kind(one.kind)].append((one.query.start, one.query.end))
    counted = [span for kind in COUNTED for span in spans[kind]]
    firsts = {one.query.start: i for i, one in reversed(list(enumerate(match.passages, 1)))}
    return Source(
        number=number,
        name=name_of(match.id, match.metadata),
        match=match,
        words={kind: _union(spans[kind], starts) for kind in KINDS if spans[kind]},
        share=_union(counted, starts) / max(len(starts), 1),
        first=firsts[min(firsts)] if firsts else 0,
        earliest=sum(one.source for one in match.passages),
        counts=view.takes(match.id),
    )


def _union(spans: Iterable[tuple[int, int]], starts: Places) -> int:
    """Return how many words begin in any of the spans."""
    parts, done = list[tuple[int, int]](), 0
    for start, end in sorted(spans):
        if end > done:
            parts.append((max(start, done), end))
            done = end
    first, last = np.searchsorted(starts, np.array(parts, np.int64).reshape(-1, 2).T)
    return int((last - first).sum())


def _blocks(text: str, starts: Places, sources: Sequence[Source], view: View) -> Iterator[list[Stretch]]:
    """Cut the text where a passage begins or ends, and into blocks of some thousand characters."""
    block, cuts = list[Stretch](), set(breaks(text))
    edges = list(_held(len(text), sources, cuts))
    begun = dict(_gathered(_badges(sources, view)))
    words = np.searchsorted(starts, [start for start, _, _ in edges] + [len(text)])
    for i, (start, end, held) in enumerate(edges):
        taken = [one for one in held if _taken(one, sources, view)]
        block.append(
            Stretch(
                number=i + 1,
                text=text[start:end],
                words=int(words[i + 1] - words[i]),
                held=held,
                drawn=taken[0] if taken else None,
                several=len({one.source for one in taken}) > 1,
                badges=begun.get(start, ((), 0))[0],
                more=begun.get(start, ((), 0))[1],
            )
        )
        if end in cuts:
            yield block
            block = []
    if block:
        yield block


def _held(length: int, sources: Iterable[Source], cuts: Iterable[int]) -> Iterator[tuple[int, int, tuple[Held, ...]]]:
    """Yield the stretches of the text with who holds each."""
    opened, closed = defaultdict[int, list[Held]](list), defaultdict[int, list[Held]](list)
    for source in sources:
        for passage in source.match.passages:
            held = Held(KINDS.index(shown_kind(passage.kind)), source.number)
            opened[passage.query.start].append(held)
            closed[passage.query.end].append(held)
    active = Counter[Held]()
    for start, end in pairwise(sorted({0, length, *cuts, *opened, *closed})):
        active.update(opened[start])
        for held in closed[start]:
            active[held] -= 1
            if not active[held]:
                del active[held]
        yield start, end, tuple(sorted(active))


def _badges(sources: Iterable[Source], view: View) -> dict[int, list[Badge]]:
    """Return the badges of the passages that begin at each place, in order of their sources."""
    badges = defaultdict[int, list[Badge]](list)
    for source in sources:
        for i, passage in enumerate(source.match.passages, 1):
            counts = source.counts and shown_kind(passage.kind) in view.kinds
            badges[passage.query.start].append(Badge(source, i, passage, counts))
    return badges


def _gathered(badges: Mapping[int, list[Badge]]) -> Iterator[tuple[int, tuple[tuple[Badge, ...], int]]]:
    """Yield the places where badges are drawn; those of passages that begin a few words on stand there too."""
    place, group = 0, list[Badge]()
    for start in sorted(badges):
        if group and start - place >= GATHER:
            yield place, _first_few(group)
            group = []
        place = place if group else start
        group += badges[start]
    if group:
        yield place, _first_few(group)


def _first_few(badges: Iterable[Badge]) -> tuple[tuple[Badge, ...], int]:
    """Return the badges in order of their sources, the first few of those that count shown, and how many more count."""
    ordered, counting = list[Badge](), 0
    for one in sorted(badges, key=lambda one: (one.source.number, one.number)):
        counting += one.shown
        ordered.append(replace(one, shown=one.shown and counting <= MOST_BADGES))
    return tuple(ordered), max(0, counting - MOST_BADGES)


def _taken(held: Held, sources: Sequence[Source], view: View) -> bool:
    return KINDS[held.rank] in view.kinds and sources[held.source - 1].counts


def _by_kind(stretches: Iterable[Stretch], total: int) -> dict[str, float]:
    words = Counter[int]()
    for one in stretches:
        for rank in {held.rank for held in one.held}:
            words[rank] += one.words
    return {KINDS[rank]: words[rank] / total for rank in sorted(words)}


def _cells(stretches: Iterable[Stretch], length: int, sources: Sequence[Source], view: View) -> Iterator[Cell]:
    """Yield the parts of the strip that somebody holds, neighbours that the same sources hold as one."""
    held, first = [set[Held]() for _ in range(WIDTH)], [0] * WIDTH
    place = 0
    for one in stretches:
        start, place = place, place + len(one.text)
        if one.held:
            for x in range(start * WIDTH // length, -(-place * WIDTH // length)):
                held[x].update(one.held)
                first[x] = first[x] or one.number
    for key, group in groupby(range(WIDTH), key=lambda x: tuple(sorted(held[x]))):
        xs = list(group)
        if key:
            drawn = next((one for one in key if _taken(one, sources, view)), None)
            yield Cell(xs[0], len(xs), first[xs[0]], key, drawn)

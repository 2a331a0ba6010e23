"""What documents of a story share with each other in, the texts that travelled out, each with all that hold it.

A text belongs to the first document that has its words. It ends where the set of documents that hold it changes, so all
of them hold all of what is shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple, Self

import numpy as np

from dedup.align.steps import steps
from dedup.kernels import Flags, Int64s, Uint64s
from dedup.model import Document, Passage, Span
from dedup.scheme import Unit
from dedup.search.places import Places
from dedup.sketching.tokens import Tokens, tokenize
from dedup.stories.story import Printing, Reprinted

LEAST = {"word": 8, "character": 24}  # not measured: a short sentence; what is shorter says nothing by itself
HELD = 0.5  # not measured: share of a text's words that a document which holds it has


class Shared(NamedTuple):
    """A passage that two documents share, by their places in the story; its `query` lies in the later one."""

    earlier: int
    later: int
    passage: Passage


class _Piece(NamedTuple):
    """A stretch of a document's tokens, half-open, and the places of the later documents that hold it."""

    start: int
    end: int
    holders: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Member:
    """A document of the story with its tokens; `new` are those that no document before it has."""

    document: Document
    tokens: Tokens
    new: Flags
    places: Places

    @classmethod
    def of(cls, document: Document, tokens: Tokens) -> Self:
        return cls(document, tokens, np.ones(len(tokens.hashes), np.bool_), Places(document.text, tokens))

    def within(self, span: Span) -> slice:
        return slice(*np.searchsorted(self.tokens.starts, (span.start, span.end)).tolist())

    def printing(self, start: int, end: int, matched: int, words: int, *, copied: bool) -> Printing:
        """Return where it holds a text of so many words, of which so many are in its own tokens `start` to `end`."""
        similarity = 2 * matched / (words + end - start)
        return Printing(self.document.id, self.places.span(start, end), similarity, "passage" if copied else "reworded")


class _Pairs(NamedTuple):
    """The tokens that an earlier and a later document have in common: one of each in a row, and whether copied."""

    here: Int64s
    there: Int64s
    copied: Flags

    @classmethod
    def joined(cls, some: Sequence["_Pairs"]) -> "_Pairs":
        """Return all of them, in the order of the earlier document."""
        here, there, copied = (np.concatenate(column) for column in zip(*some, strict=True))
        order = np.argsort(here)
        return cls(here[order], there[order], copied[order])


def travelled(shared: Iterable[Shared], documents: Sequence[Document], unit: Unit) -> list[Reprinted]:
    """Return the texts that several documents hold: those in most documents first, of these the longest.

    Args:
        shared: what each document shares with those before it.
        documents: they, in the order of the story.
        unit: what a token is.
    """
    tokens = tokenize([document.text for document in documents], unit)
    members = [_Member.of(document, tokens.of(place)) for place, document in enumerate(documents)]
    texts = list[Reprinted]()
    by_source = sorted(shared, key=lambda one: (one.earlier, one.later))
    for place, some in groupby(by_source, key=lambda one: one.earlier):
        texts += _texts_of(members[place], members, some, LEAST[unit])
    return sorted(texts, key=lambda one: (-one.documents, -len(one.text)))


def _texts_of(source: _Member, members: Sequence[_Member], shared: Iterable[Shared], least: int) -> Iterator[Reprinted]:
    """Yield the texts that are first in a document; note that its words are not new in those that copied them."""
    pairs, events = dict[int, list[_Pairs]](), list[tuple[int, int, int]]()
    for _, place, passage in shared:
        later = members[place]
        here, there = source.within(passage.document), later.within(passage.query)
        if not (source.new[here].any() or later.new[there].any()):
            continue
        found = _pairs(source.tokens.hashes[here], later.tokens.hashes[there], here.start, there.start, passage)
        pairs.setdefault(place, []).append(found)
        events += [event for start, end in _runs(found.here, least) for event in ((start, 1, place), (end, -1, place))]
        for start, end in _runs(found.there, least) if passage.kind == "passage" else ():
            later.new[start:end] = False
    common = {place: _Pairs.joined(some) for place, some in pairs.items()}
    for piece in _joined(_pieces(source.new, events), least):
        holders = [(members[place], common[place]) for place in sorted(piece.holders)]
        if piece.end - piece.start >= least and (text := _text(source, piece, holders)):
            yield text


def _pairs(a: Uint64s, b: Uint64s, start: int, other: int, passage: Passage) -> _Pairs:
    """Pair the tokens of two stretches that begin there: of a copy in their order, of a rewording in any."""
    copied = passage.kind == "passage"
    orders = [np.arange(len(one)) if copied else np.argsort(one) for one in (a, b)]
    equal = [step for step in steps(a[orders[0]], b[orders[1]]) if step.equal]
    here = orders[0][_places((step.a, step.a_end) for step in equal)]
    there = orders[1][_places((step.b, step.b_end) for step in equal)]
    return _Pairs(here + start, there + other, np.full(len(here), copied))


def _places(runs: Iterable[tuple[int, int]]) -> Int64s:
    return np.concatenate([np.empty(0, np.int64), *(np.arange(start, end) for start, end in runs)])


def _runs(places: Int64s, least: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches, half-open, in which places follow each other so closely that no sentence fits between."""
    places = np.sort(places)
    for run in np.split(places, 1 + np.flatnonzero(np.diff(places) > least)):
        if len(run) and run[-1] - run[0] >= least - 1:
            yield int(run[0]), int(run[-1]) + 1


def _pieces(new: Flags, events: Iterable[tuple[int, int, int]]) -> Iterator[_Piece]:
    """Cut a document where another begins to hold its text, or ends, and where what is new in it begins or ends."""
    edges = [(edge, 0, -1) for edge in (1 + np.flatnonzero(np.diff(new))).tolist()]
    holding = Counter[int]()
    for (at, change, place), (following, *_) in pairwise([*sorted([*events, *edges]), (len(new), 0, -1)]):
        holding[place] += change
        if at < following:
            yield _Piece(at, following, frozenset(+holding) if new[at] else frozenset())


def _joined(pieces: Iterable[_Piece], least: int) -> Iterator[_Piece]:
    """Yield the pieces; one shorter than a sentence goes with a neighbour whose holders all hold it too."""
    last = _Piece(0, 0, frozenset())
    for one in pieces:
        both = last.holders & one.holders
        short = (both == last.holders and one.end - one.start < least) or (
            both == one.holders and last.end - last.start < least
        )
        if both and (short or last.holders == one.holders):
            last = _Piece(last.start, one.end, both)
            continue
        yield last
        last = one
    yield last


def _text(source: _Member, piece: _Piece, holders: Iterable[tuple[_Member, _Pairs]]) -> Reprinted | None:
    """Return the text of a piece with its printings; None if no other document holds it."""
    words = piece.end - piece.start
    printings = [source.printing(piece.start, piece.end, words, words, copied=True)]
    for member, common in holders:
        some = slice(*np.searchsorted(common.here, (piece.start, piece.end)).tolist())
        there, copied = common.there[some], bool(common.copied[some].any())
        if len(there) >= (HELD * words if copied else 1):
            printings.append(member.printing(int(there.min()), int(there.max()) + 1, len(there), words, copied=copied))
    if len(printings) == 1:
        return None
    span = printings[0].span
    text = source.document.text[span.start : span.end]
    return Reprinted(source.document.id, text, len(printings), tuple(printings))

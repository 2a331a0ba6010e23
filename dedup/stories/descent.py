"""Who took from whom: members of a story held against each other, each against those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from dedup.model import Document, Match, Span
from dedup.printings.clusters import Printings, cluster
from dedup.printings.pairs import PAIR, rows_of
from dedup.scheme import Scheme
from dedup.search.evidence import FEW_DOCUMENTS
from dedup.search.lookup import Watch
from dedup.search.partners import Asking, compared
from dedup.search.question import Question
from dedup.stories.story import Printing, Reprinted

TEXT = 400  # not measured: code points of a text, a few lines
_ASKED = Question()


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document took: the place of the one that it took most from, the words, and their share of its own."""

    parent: int
    matched_words: int
    share: float


@dataclass(slots=True)
class Descent:
    """What documents in the order of a story have of each other, by their places in it.

    Attributes:
        taken: for each that shares a passage with one before it, what it took.
        rows: rows of `PAIR`, a row for each passage of two of them.
        lines: the line on which each stretch begins, by its place and its start; on which it ends, by its end.
    """

    taken: dict[int, Taken] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    lines: dict[tuple[int, str, int], int] = field(default_factory=dict)

    def add(self, earlier: int, later: int, match: Match) -> None:
        """Take in what a document shares with one before it."""
        self.rows += rows_of(earlier, later, match)
        for one in match.passages:
            self._note(later, one.query)
            self._note(earlier, one.document)

    def _note(self, place: int, span: Span) -> None:
        self.lines[place, "start", span.start] = span.line
        self.lines[place, "end", span.end] = span.end_line

    def span(self, place: int, start: int, end: int) -> Span:
        """Return a stretch of a document with its lines; it begins where a passage does, and ends where one does."""
        return Span(start, end, self.lines[place, "start", start], self.lines[place, "end", end])


def descent(documents: Sequence[Document], scheme: Scheme, watch: Watch) -> Descent:
    """Hold each document against all before it; of several that it shares as many words with it took from the first.

    All windows count as rare: what a story's own printings made frequent in the index is no boilerplate among them.
    """
    found, places = Descent(), {document.id: place for place, document in enumerate(documents)}
    for later, document in enumerate(documents):
        watch("compare", later)
        asking = Asking.of(document.text, scheme, _ASKED) if later else None
        if asking is None:
            continue
        most = Taken(-1, 0, 0.0)
        for match in _matches(asking, documents[:later], scheme):
            found.add(places[match.id], later, match)
            words = sum(one.matched_words for one in match.passages)
            if words > most.matched_words:
                most = Taken(places[match.id], words, words / len(asking.tokens.hashes))
        if most.matched_words:
            found.taken[later] = most
    return found


def _matches(asking: Asking, documents: Sequence[Document], scheme: Scheme) -> Iterator[Match]:
    query = asking.query(np.ones(len(asking.minima), np.uint32), FEW_DOCUMENTS)
    return compared(query, list(documents), scheme, _ASKED)


def reprinted(found: Descent, documents: Sequence[Document], most: int) -> tuple[tuple[Reprinted, ...], int]:
    """Return the texts that most documents hold, at most so many, and how many there are."""
    printings = cluster(np.array(found.rows, PAIR))
    bounds = np.append(printings.firsts, len(printings.cluster)).tolist()
    texts = [_text(found, printings, range(first, end), documents) for first, end in pairwise(bounds)]
    texts.sort(key=lambda one: (-one.documents, -(one.printings[0].span.end - one.printings[0].span.start)))
    return tuple(texts[:most]), len(texts)


def _text(found: Descent, printings: Printings, rows: range, documents: Sequence[Document]) -> Reprinted:
    some = tuple(_printing(found, printings, row, documents) for row in rows)
    first, places = some[0], printings.document[rows.start : rows.stop]
    source = documents[int(places[0])].text[first.span.start : first.span.end]
    return Reprinted(first.id, source[:TEXT], len(set(places.tolist())), some)


def _printing(found: Descent, printings: Printings, row: int, documents: Sequence[Document]) -> Printing:
    place = int(printings.document[row])
    span = found.span(place, int(printings.start[row]), int(printings.end[row]))
    kind: Literal["passage", "reworded"] = "reworded" if printings.reworded[row] else "passage"
    return Printing(documents[place].id, span, float(printings.similarity[row]), kind)

"""In which documents, since when, a passage occurs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from dedup.dates import Moment
from dedup.engine import Index
from dedup.model import Passage
from dedup.report.differences import Segment, differences
from dedup.report.views import Name, counted, name
from dedup.search.directions import HELD
from dedup.search.question import Question
from dedup.sketching.tokens import tokenize

LISTED = 100  # not measured: a table that can be read


@dataclass(frozen=True, slots=True)
class Sighting:
    """A document in which the passage occurs.

    Attributes:
        name: the document's.
        passage: the place, and how alike the words are.
        segments: the words as they stand there, those that differ marked; none if they are the passage's, all of them.
        later: how long after the first dated document; empty for the first and for undated ones.
    """

    name: Name
    passage: Passage
    segments: tuple[Segment, ...]
    later: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """All of them.

    Attributes:
        dated: documents that have a date, earliest first.
        undated: the others.
        partly: how many documents hold less than half of the passage: they are not listed.
        more: whether the passage is too frequent to list all.
        too_short: whether it has too few words to judge.
    """

    dated: tuple[Sighting, ...]
    undated: tuple[Sighting, ...]
    partly: int
    more: bool
    too_short: bool


def sightings(index: Index, passage: str) -> Sightings:
    """Look for the documents that hold a passage, at least half of it, at most 100 of them."""
    unit = index.scheme.unit
    words = len(tokenize([passage], unit).hashes)
    lookup = index.look_up(
        passage, None, Question(limit=LISTED, min_words=max(1, min(Question().usual_words(unit), words)))
    )
    found, partly = list[tuple[Name, Passage, tuple[Segment, ...]]](), 0
    for match in lookup.answer:
        best = max(match.passages, key=lambda one: one.matched_words, default=None)
        if best is None or best.matched_words < HELD * words:
            partly += bool(match.passages)
            continue
        document = lookup.documents[match.id]
        stretch = document.text[best.document.start : best.document.end]
        here = passage[best.query.start : best.query.end]
        verbatim = best.matched_words == words and best.similarity == 1
        there = () if verbatim else tuple(differences(here, stretch)[1])
        found.append((name(document), best, there))
    more = lookup.answer.truncated or any(one[1].documents > len(found) for one in found)
    undated = tuple(Sighting(*one, later="") for one in found if one[0].published is None)
    return Sightings(tuple(_dated(found)), undated, partly, more, lookup.answer.too_short)


def _dated(found: list[tuple[Name, Passage, tuple[Segment, ...]]]) -> Iterator[Sighting]:
    dated = [(one[0].published, one) for one in found if one[0].published is not None]
    dated.sort(key=lambda pair: (pair[0].at, pair[1][0].id))
    for moment, one in dated:
        yield Sighting(*one, later=_later(dated[0][0], moment))


def _later(first: Moment, moment: Moment) -> str:
    """Say how long after the first, if both days are known; a date without a time of day makes days the finest unit."""
    if {first.precision, moment.precision} & {"year", "month"}:
        return ""
    if first.whole_day or moment.whole_day:
        passed = timedelta(days=(moment.at.date() - first.at.date()).days)
    else:
        passed = moment.at - first.at
    if passed >= timedelta(days=1):
        return f"{counted(passed.days, 'day')} later"
    minutes = int(passed.total_seconds()) // 60
    if minutes >= 60:
        return f"{counted(minutes // 60, 'hour')} later"
    return f"{counted(minutes, 'minute')} later" if minutes else ""

"""From the engine's answers to what templates show: pure functions and plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dedup.align.anchors import ascending
from dedup.dates import KEYS, Moment, published
from dedup.model import Answer, Document, Match, Passage, Span
from dedup.report.beside import Row, excerpt, sentences
from dedup.report.differences import Segment, differences, redrawn, without_order
from dedup.report.kinds import shown_kind
from dedup.report.marks import Mark, Run, blocks
from dedup.report.reflow import collapsible, reflowed, right_to_left
from dedup.report.verdicts import said, said_new
from dedup.scheme import Unit
from dedup.search.verdict import decisive

TITLES = ("title", "headline")
WIDTH = 1000
NARROWEST = 4  # not measured: of 1,000, still seen
LONG = 50_000  # not measured: characters that a browser lays out at once
LISTED = 200  # not measured: passages listed with their words, a long list to read


@dataclass(frozen=True, slots=True)
class Name:
    """How a document is called: its title if the metadata has one, else its id; `id` is empty for a pasted text."""

    id: str
    title: str
    source: str
    published: Moment | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A passage's place in a strip 1,000 wide that stands for the whole text."""

    number: int
    x: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage with its number, from 1, in the order of the query, boilerplate last.

    Attributes:
        number: the passage's.
        passage: the passage.
        in_order: whether it is one of the most that follow each other alike in both texts: no moved block.
        unit: what its length is counted in.
        rows: its words in both texts, side by side; empty beyond the passages that are listed with their words.
    """

    number: int
    passage: Passage
    in_order: bool
    unit: Unit
    rows: tuple[Row, ...] = ()

    @property
    def kind(self) -> str:
        """That of the passage, as it is shown."""
        return shown_kind(self.passage.kind)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two texts side by side; its fields are those of `dedup.report.whole.Whole`."""

    name: Name
    strip: tuple[Bar, ...]
    blocks: Iterable[list[Run]]
    long: bool
    collapsed: bool
    rtl: bool


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two texts side by side, with the passages that they share."""

    match: Match
    shared: tuple[SharedPassage, ...]
    left: Side
    right: Side


def name(document: Document) -> Name:
    """Say how a document is called."""
    return name_of(document.id, document.metadata)


def pair(query: Document, document: Document, match: Match, unit: Unit = "word") -> SideBySide:
    """Set a query and a document that it matches side by side. Each side's blocks can be read once."""
    shared, left, right = list[SharedPassage](), list[Mark](), list[Mark]()
    here, there = reflowed(query.text), reflowed(document.text)
    for one in _numbered(match, unit):
        at, to = one.passage.query, one.passage.document
        pieces = _pieces(one, query.text[at.start : at.end], document.text[to.start : to.end])
        sides = redrawn(pieces[0], here[at.start : at.end]), redrawn(pieces[1], there[to.start : to.end])
        shared.append(replace(one, rows=_rows(one, *sides)))
        left.append(Mark(one.number, at.start, at.end, one.kind, sides[0]))
        right.append(Mark(one.number, to.start, to.end, one.kind, sides[1]))
    return SideBySide(
        match,
        tuple(shared),
        _side(query, here, left, _strip(((one, one.passage.query) for one in shared), len(here))),
        _side(document, there, right, _strip(((one, one.passage.document) for one in shared), len(there))),
    )


def _pieces(one: SharedPassage, here: str, there: str) -> tuple[list[Segment], list[Segment]]:
    return without_order(here, there) if one.kind == "reworded" else differences(here, there)


def _rows(one: SharedPassage, left: list[Segment], right: list[Segment]) -> tuple[Row, ...]:
    if one.number > LISTED:
        return ()
    return sentences(left, right) if one.kind == "reworded" else excerpt(left, right)


def summary(answer: Answer, unit: Unit) -> str:
    """Say what a query resembles, in words that follow its name; its length is counted in `unit`."""
    if answer.too_short:
        return "is too short to judge"
    more = "; there may be more, for part of the text is too common to search completely" if answer.truncated else ""
    if not answer.matches:
        return f"{said_new(answer)}: it resembles nothing in the index{more}"
    left = answer.found - len(answer) - (folded := sum(match.folded for match in answer))
    some = f"; {len(answer):,} of them {'is' if len(answer) == 1 else 'are'} shown"
    shown = some if left else "; the best of each story is shown" if folded else ""
    return f"{_judged(answer)}{_found(answer, unit)}{shown}{more}"


def _judged(answer: Answer) -> str:
    """Say what a query is, which resembles something."""
    match = answer[decisive(answer.matches)]
    return f"{said_new(answer)}, but for boilerplate" if match.verdict == "new" else f"{said(match.verdict)} {match.id}"


def _found(answer: Answer, unit: Unit) -> str:
    """Say how many documents the query resembles, if there is more than the one that was named, and what they hold."""
    verb = "holds" if answer.found == 1 else "hold"
    held = f", which {verb} {percent(answer.coverage)} of its {unit}s" if answer.coverage else ""
    if answer.found == 1 and not answer.truncated and answer.verdict != "new":
        return held
    return f"; it resembles {'at least ' if answer.truncated else ''}{counted(answer.found, 'document')}{held}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as words; what is not all or nothing is never shown as if it were."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 or 0.99 < share < 1 else f"{100 * share:.0f} %"


def sentence(answer: Answer, unit: Unit) -> str:
    """Say what the query resembles in a sentence of its own."""
    return f"This text {summary(answer, unit)}."


def counted(number: int, noun: str) -> str:
    """Return "1 passage", "1,200 passages", "2 stories"."""
    many = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"


def facts(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return metadata as words."""
    return tuple((str(key), value if isinstance(value, str) else as_words(value)) for key, value in metadata.items())


def other_facts(document: Document) -> tuple[tuple[str, str], ...]:
    """Return the metadata that its name does not show already."""
    called = name(document)
    dates = KEYS if called.published else ()
    return tuple(
        (key, value)
        for key, value in facts(document.metadata)
        if key not in dates and value not in (called.title, called.source)
    )


def as_words(value: Any) -> str:
    """Return a value of JSON for people."""
    if isinstance(value, list):
        return ", ".join(map(as_words, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {as_words(part)}" for key, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def name_of(name: str, metadata: Mapping[str, Any]) -> Name:
    """Say how the document of that id and those metadata is called."""
    titles = (metadata.get(key) for key in TITLES)
    title = next((value for value in titles if isinstance(value, str) and value.strip()), name)
    source = metadata.get("source")
    return Name(name, title, source if isinstance(source, str) else "", published(metadata))


def _numbered(match: Match, unit: Unit) -> tuple[SharedPassage, ...]:
    places = [(one.query.start, one.document.start) for one in match.passages]
    chain = set(ascending(sorted(places)))
    return tuple(
        SharedPassage(number, passage, place in chain, unit)
        for number, (passage, place) in enumerate(zip(match.passages, places, strict=True), 1)
    )


def _side(document: Document, shown: str, marks: list[Mark], strip: tuple[Bar, ...]) -> Side:
    return Side(
        name(document),
        strip,
        blocks(shown, marks),
        len(shown) > LONG,
        collapsed=collapsible(shown, document.text),
        rtl=right_to_left(shown),
    )


def _strip(spans: Iterable[tuple[SharedPassage, Span]], length: int) -> tuple[Bar, ...]:
    return tuple(_bars(spans, max(length, 1)))


def _bars(spans: Iterable[tuple[SharedPassage, Span]], length: int) -> Iterator[Bar]:
    for one, span in spans:
        x, end = (round(WIDTH * place / length) for place in (span.start, span.end))
        width = max(NARROWEST, end - x)
        yield Bar(one.number, min(x, WIDTH - width), width, one.kind)

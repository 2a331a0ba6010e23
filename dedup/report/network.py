"""The page about a network: totals, the drawing, the most reprinted texts with their times, who reprints whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import sqrt
from typing import TextIO
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

from dedup.report.about import made
from dedup.report.collection import Table
from dedup.report.layout import layout
from dedup.report.render import asset, environment
from dedup.report.timeline import TIME_WIDTH, Timeline
from dedup.report.views import Name

WIDTH, HEIGHT, MARGIN, EDGE = 960, 640, 24, 120
LARGEST_NODE, SMALLEST_NODE, WIDEST_LINE = 11.0, 3.0, 4.0
LABELS, LABEL = 24, 22  # not measured: names that can be read, and letters of one
LETTER, LINE = 9, 18  # the room that a letter takes across, and a name down
NARROW = 2.3  # how much larger names are written in a narrow window, as page.css has it


@dataclass(frozen=True, slots=True)
class Node:
    """A document to be drawn: its name, how many documents it is linked with, its series' number, -1 for none."""

    name: str
    degree: int
    series: int


@dataclass(frozen=True, slots=True)
class Circle:
    """A document as it is drawn; `label` is empty for most, `narrow` says whether a narrow window has room for it."""

    x: float
    y: float
    radius: float
    series: int
    told: str
    label: str
    narrow: bool

    @property
    def anchor(self) -> str:
        """Which end of the label is at the circle: none lies outside of the frame."""
        return "start" if self.x < EDGE else "end" if self.x > WIDTH - EDGE else "middle"


@dataclass(frozen=True, slots=True)
class Line:
    """A pair as it is drawn."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The network in a frame of WIDTH by HEIGHT, and a note on what is left out of it."""

    circles: Sequence[Circle]
    lines: Sequence[Line]
    series: Sequence[str]
    note: str


@dataclass(frozen=True, slots=True)
class Printing:
    """Where a text is printed, and the words that begin and end it there."""

    name: Name
    text: str


@dataclass(frozen=True, slots=True)
class Reprinted:
    """A text.

    Attributes:
        text: how its first printing begins.
        documents: in how many documents it is printed.
        count: how often it is printed.
        printings: the first of these.
        timeline: when they came out.
        undated: how many of the documents have no date.
    """

    text: str
    documents: int
    count: int
    printings: Sequence[Printing]
    timeline: Timeline | None
    undated: int


@dataclass(frozen=True, slots=True)
class NetworkPage:
    """What the page shows."""

    collection: str
    lead: str
    totals: Sequence[tuple[str, str]]
    drawing: Drawing | None
    reprinted: Sequence[Reprinted]
    tables: Sequence[Table]
    made: datetime
    settings: str


def write(file: TextIO, page: NetworkPage) -> None:
    """Write the page: one file that needs no other."""
    shown = {name: getattr(page, name) for name in NetworkPage.__slots__ if name != "made"}
    shown["about"] = [*([("Collection", page.collection)] if page.collection else []), *made(page.made)]
    template = environment().get_template("network.html")
    frame = {"width": WIDTH, "height": HEIGHT, "time_width": TIME_WIDTH}
    file.writelines(template.generate(**shown, frame=frame, style=asset("page.css"), script=asset("page.js")))


def draw(
    nodes: Sequence[Node],
    ends: NDArray[np.int64],
    words: NDArray[np.int64],
    lines: int,
    series: Sequence[str],
    note: str,
) -> Drawing:
    """Draw documents as circles and pairs as lines.

    Args:
        nodes: the documents.
        ends: (n, 2) int64, the two documents of each pair; those with most in common first.
        words: (n,) int64, what each pair has in common.
        lines: how many pairs are drawn; all of them decide where the circles lie.
        series: the names of the series that are told apart by colour.
        note: what is left out.
    """
    places = layout(len(nodes), ends) * (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN) + MARGIN
    most = max((node.degree for node in nodes), default=1)
    circles = [
        Circle(
            *(round(float(x), 1), round(float(y), 1)),
            round(SMALLEST_NODE + (LARGEST_NODE - SMALLEST_NODE) * sqrt(node.degree / most), 1),
            node.series,
            f"{node.name}: shares passages with {node.degree:,}",
            node.name if len(node.name) <= LABEL else f"{node.name[: LABEL - 1]}…",
            narrow=True,
        )
        for node, (x, y) in zip(nodes, places, strict=True)
    ]
    order = sorted(range(len(nodes)), key=lambda i: (-nodes[i].degree, i))
    labelled = _labelled(circles, order, 1)
    narrow = set(_labelled(circles, labelled, NARROW))
    kept = set(labelled)
    circles = [replace(one, label=one.label if i in kept else "", narrow=i in narrow) for i, one in enumerate(circles)]
    return Drawing(circles, list(_lines(circles, ends[:lines], words[:lines])), series, note)


def _lines(circles: Sequence[Circle], ends: NDArray[np.int64], words: NDArray[np.int64]) -> Iterator[Line]:
    widest = sqrt(max(int(words.max(initial=1)), 1))
    for (a, b), count in zip(ends.tolist(), words.tolist(), strict=True):
        width = round(max(0.4, WIDEST_LINE * sqrt(count) / widest), 1)
        yield Line(circles[a].x, circles[a].y, circles[b].x, circles[b].y, width)


def _labelled(circles: Sequence[Circle], order: Sequence[int], size: float) -> list[int]:
    """Return the circles beside which their labels have room, written so large; the first of the order go first."""
    kept, taken = list[int](), list[tuple[float, float, float]]()
    for i in order:
        one, width = circles[i], _width(circles[i].label) * size
        left = one.x - {"start": 0, "middle": width / 2, "end": width}[one.anchor]
        base = one.y - one.radius
        free = left >= 0 and left + width <= WIDTH
        if free and all(left > to or left + width < at or abs(base - line) > LINE * size for at, to, line in taken):
            kept.append(i)
            taken.append((left, left + width, base))
        if len(kept) == LABELS:
            break
    return kept


def _width(label: str) -> float:
    """Return the room that a label takes across; a letter of East Asia takes more."""
    return sum(LETTER * (1.5 if east_asian_width(one) in "WF" else 1) for one in label)

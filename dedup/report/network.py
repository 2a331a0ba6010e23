"""The page about a network: totals, the drawing, the most reprinted texts with their times, who reprints whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from dedup.dates import Moment
from dedup.report.about import made
from dedup.report.collection import Table
from dedup.report.layout import layout
from dedup.report.render import asset, environment
from dedup.report.views import Name

WIDTH, HEIGHT, MARGIN = 960, 640, 24
LARGEST_NODE, SMALLEST_NODE, WIDEST_LINE = 11.0, 3.0, 4.0
LABELS, LABEL = 24, 22  # not measured: names that can be read, and letters of one
LETTER, LINE = 8, 18  # the room that a letter takes across, and a name down
TIME_WIDTH, DOT, ROWS = 640, 7, 9
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Node:
    """A document to be drawn: its name, how many documents it is linked with, its series' number, -1 for none."""

    name: str
    degree: int
    series: int


@dataclass(frozen=True, slots=True)
class Circle:
    """A document as it is drawn; `label` is empty for most."""

    x: float
    y: float
    radius: float
    series: int
    told: str
    label: str


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
class Dot:
    """A printing on a line of time."""

    x: float
    y: float
    told: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a text was printed: dots in a frame TIME_WIDTH wide, piled up where many are of one time."""

    dots: Sequence[Dot]
    ticks: Sequence[tuple[float, str]]
    height: int


@dataclass(frozen=True, slots=True)
class Reprinted:
    """A text: how its first printing reads, in how many documents it is, the first of them, and when they came out."""

    text: str
    documents: int
    names: Sequence[Name]
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
    labels = _labels(nodes, places)
    most = max((node.degree for node in nodes), default=1)
    circles = [
        Circle(
            *(round(float(x), 1), round(float(y), 1)),
            round(SMALLEST_NODE + (LARGEST_NODE - SMALLEST_NODE) * sqrt(node.degree / most), 1),
            node.series,
            f"{node.name}: shares passages with {node.degree:,}",
            labels.get(i, ""),
        )
        for i, (node, (x, y)) in enumerate(zip(nodes, places, strict=True))
    ]
    return Drawing(circles, list(_lines(circles, ends[:lines], words[:lines])), series, note)


def _lines(circles: Sequence[Circle], ends: NDArray[np.int64], words: NDArray[np.int64]) -> Iterator[Line]:
    widest = sqrt(max(int(words.max(initial=1)), 1))
    for (a, b), count in zip(ends.tolist(), words.tolist(), strict=True):
        width = round(max(0.4, WIDEST_LINE * sqrt(count) / widest), 1)
        yield Line(circles[a].x, circles[a].y, circles[b].x, circles[b].y, width)


def _labels(nodes: Sequence[Node], places: NDArray[np.float64]) -> dict[int, str]:
    """Return what is written beside some circles: those of most partners first, where there is room."""
    labels, taken = dict[int, str](), list[tuple[float, float, float]]()
    for i in sorted(range(len(nodes)), key=lambda i: (-nodes[i].degree, i)):
        name = nodes[i].name if len(nodes[i].name) <= LABEL else f"{nodes[i].name[: LABEL - 1]}…"
        (x, y), half = places[i], len(name) * LETTER / 2
        if all(abs(x - u) > half + other or abs(y - v) > LINE for u, v, other in taken):
            labels[i] = name
            taken.append((x, y, half))
        if len(labels) == LABELS:
            break
    return labels


def timeline(dates: Sequence[tuple[Moment, str]]) -> Timeline | None:
    """Return when printings came out, each with what it is called; None of fewer than two times."""
    begins = [when.at.timestamp() for when, _ in dates]
    first, last = min(begins, default=0.0), max(begins, default=0.0)
    if first == last:
        return None
    piles = dict[int, int]()
    dots = list[Dot]()
    columns = (TIME_WIDTH - 2 * MARGIN) // DOT
    for begin, (when, name) in sorted(zip(begins, dates, strict=True), key=lambda one: one[0]):
        column = round((begin - first) / (last - first) * columns)
        row = piles.get(column, 0)
        piles[column] = row + 1
        dots.append(Dot(MARGIN + column * DOT, min(row, ROWS) * DOT, f"{when}: {name}"))
    height = (min(max(piles.values()) - 1, ROWS) + 1) * DOT + 4
    placed = [Dot(dot.x, height - DOT / 2 - dot.y, dot.told) for dot in dots]
    return Timeline(placed, _ticks(first, last), height)


def _ticks(first: float, last: float) -> list[tuple[float, str]]:
    """Return some times on the line, written as precisely as they differ."""
    days = (last - first) / 86_400
    form = "%Y" if days > 5 * 366 else "%b %Y" if days > 120 else "%d %b %Y" if days > 2 else "%d %b %H:%M"
    share = [i / (_TICKS - 1) for i in range(_TICKS)]
    moments = [datetime.fromtimestamp(first + one * (last - first), UTC) for one in share]
    return [
        (MARGIN + one * (TIME_WIDTH - 2 * MARGIN), f"{at:{form}}".lstrip("0"))
        for one, at in zip(share, moments, strict=True)
    ]

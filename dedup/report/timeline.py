"""When printings came out, on a line of time with the marks of a calendar."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from dedup.dates import Moment

TIME_WIDTH, MARGIN, DOT, ROWS = 640, 24, 7, 9
_EDGE = 60  # not measured: so near an end of the line a label begins or ends at its mark
_LETTER, _LARGE = 7, 10.5  # not measured: width of a letter of a label; on a narrow screen, as page.css has them
_SPACES = 5  # not measured: names of marks that have room beside each other
_MINUTE, _DAY, _YEAR = 60, 86_400, 12  # seconds, seconds, months
_SECONDS = (1, 2, 5, 10, 15, 30, *(_MINUTE * n for n in (1, 2, 5, 15, 30, 60, 120, 180, 360, 720)))
_SECONDS += tuple(_DAY * n for n in (1, 2, 4, 7, 14))
_MONTHS = (1, 2, 3, 6, *(_YEAR * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Dot:
    """A printing on a line of time."""

    x: float
    y: float
    told: str


class Tick(NamedTuple):
    """A mark of the calendar; `anchor` is the part of the label that stands at it, as SVG calls it.

    `narrow`: there is room for the label on a narrow screen, too, where letters are larger.
    """

    x: float
    label: str
    anchor: Anchor
    narrow: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a text was printed: dots in a frame TIME_WIDTH wide, piled up where many are of one time.

    A tick's label is empty where it would lie on the one before.
    """

    dots: Sequence[Dot]
    ticks: Sequence[Tick]
    height: int


def timeline(dates: Sequence[tuple[Moment, str]]) -> Timeline | None:
    """Return when printings came out, each with what it is called; None of fewer than two times."""
    times = [when.at for when, _ in dates]
    if len(set(times)) < 2:
        return None
    first, last = min(times), max(times)
    piles = dict[int, int]()
    dots = list[Dot]()
    columns = (TIME_WIDTH - 2 * MARGIN) // DOT
    for when, name in sorted(dates, key=lambda one: one[0].at):
        column = round((when.at - first) / (last - first) * columns)
        row = piles.get(column, 0)
        piles[column] = row + 1
        dots.append(Dot(MARGIN + column * DOT, min(row, ROWS) * DOT, f"{when}: {name}"))
    height = (min(max(piles.values()) - 1, ROWS) + 1) * DOT + 4
    placed = [Dot(dot.x, height - DOT / 2 - dot.y, dot.told) for dot in dots]
    scale = columns * DOT / (last - first).total_seconds()
    ticks = [(MARGIN + (at - first).total_seconds() * scale, label) for at, label in marks(first, last)]
    return Timeline(placed, list(_legible(ticks)), height)


def _legible(ticks: Sequence[tuple[float, str]]) -> Iterator[Tick]:
    """Yield the ticks, without the labels that would lie on the one before."""
    wide = list(_clear(ticks, _LETTER))
    shown = [(x, label if clear else "") for (x, label), clear in zip(ticks, wide, strict=True)]
    for (x, label), narrow in zip(shown, _clear(shown, _LARGE), strict=True):
        yield Tick(x, label, _anchor(x), narrow)


def _clear(ticks: Iterable[tuple[float, str]], letter: float) -> Iterator[bool]:
    """Yield whether each label lies beside those before it that do, if its letters are so wide."""
    free = 0.0
    for x, label in ticks:
        width = letter * len(label)
        left = x - width * {"start": 0, "middle": 1 / 2, "end": 1}[_anchor(x)]
        clear = bool(label) and left >= free
        free = left + width + letter if clear else free
        yield clear


def _anchor(x: float) -> Anchor:
    return "start" if x < _EDGE else "end" if x > TIME_WIDTH - _EDGE else "middle"


def marks(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """Return the seconds, hours, days, months or years between two times that are marked, each as it is written.

    They lie as near each other as five spaces between them allow; no two are written alike.
    """
    seconds = (last - first).total_seconds()
    months = _month(last) - _month(first)
    if step := next((step for step in _SECONDS if seconds <= _SPACES * step), 0):
        begin, end = ((at - _EPOCH) // timedelta(seconds=1) for at in (first, last))
        times = [_EPOCH + timedelta(seconds=at) for at in _multiples(begin, end, step)]
        form = " %b %Y" if step >= _DAY else " %b %Y, %H:%M" if step >= _MINUTE else " %b %Y, %H:%M:%S"
        return [(at, f"{at.day}{at:{form}}") for at in times if at >= first]
    step = next(step for step in _MONTHS if months <= _SPACES * step)
    times = [
        datetime(at // _YEAR, at % _YEAR + 1, 1, tzinfo=UTC) for at in _multiples(_month(first), _month(last), step)
    ]
    return [(at, f"{at:%Y}" if step >= _YEAR else f"{at:%b %Y}") for at in times if at >= first]


def _month(at: datetime) -> int:
    return at.year * _YEAR + at.month - 1


def _multiples(first: int, last: int, step: int) -> range:
    return range(-(-first // step) * step, last + 1, step)

"""From figures to shapes: bar charts and a curve, to be drawn as SVG; pure functions and plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 24, 44
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_LARGEST_DOT = 7
_CURVE_POINTS = 200
_ROUND = [float(f"{step}e{power}") for power in range(-6, 10) for step in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Shape:
    """A bar (`width` and `height`) or a dot (`width` is its radius), and what it says."""

    x: float
    y: float
    width: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and its label."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line with a name."""

    name: str
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn in a frame of WIDTH by HEIGHT.

    Attributes:
        title: what it shows.
        across: what the horizontal axis counts.
        up: what the vertical axis counts.
        bars: bars.
        dots: dots.
        curves: lines, the one that matters first.
        x_ticks: on the horizontal axis.
        y_ticks: on the vertical axis.
        marks: upright lines with a label, such as a threshold.
    """

    title: str
    across: str
    up: str
    bars: tuple[Shape, ...] = ()
    dots: tuple[Shape, ...] = ()
    curves: tuple[Curve, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    marks: tuple[Tick, ...] = ()


def counts(title: str, across: str, up: str, values: Sequence[tuple[str, int]]) -> Chart:
    """Return bars for counts by category, their height by logarithm."""
    width = _PLOT_WIDTH / max(len(values), 1)
    scale = _Logarithmic(max((count for _, count in values), default=1))
    bars = [scale.bar(LEFT + i * width, width, count, label) for i, (label, count) in enumerate(values) if count]
    ticks = tuple(Tick(LEFT + (i + 0.5) * width, label) for i, (label, _) in enumerate(values))
    return Chart(title, across, up, bars=tuple(bars), x_ticks=ticks, y_ticks=scale.ticks())


def histogram(title: str, up: str, values: Sequence[int], threshold: float) -> Chart:
    """Return bars for counts by similarity, in equal parts from 0 to 1, their height by logarithm."""
    width = _PLOT_WIDTH / len(values)
    scale = _Logarithmic(max(values))
    bars = [
        scale.bar(LEFT + i * width, width, count, f"{i / len(values):.2f} to {(i + 1) / len(values):.2f}")
        for i, count in enumerate(values)
        if count
    ]
    return Chart(
        title,
        "similarity",
        up,
        bars=tuple(bars),
        x_ticks=_tenths(),
        y_ticks=scale.ticks(),
        marks=(Tick(_x(threshold), f"threshold {threshold:g}"),),
    )


def curves(
    title: str, up: str, lines: Sequence[tuple[str, int, int]], values: Sequence[int], threshold: float
) -> Chart:
    """Return the S-curve of each (name, rows, bands), and on the first one a dot for the pairs of each similarity."""
    steps = [i / _CURVE_POINTS for i in range(_CURVE_POINTS + 1)]
    drawn = tuple(
        Curve(name, " ".join(f"{_x(s):.1f},{_y(_recall(s, rows, bands)):.1f}" for s in steps))
        for name, rows, bands in lines
    )
    _, rows, bands = lines[0]
    most = max(values, default=0)
    dots = []
    for i, count in enumerate(values):
        if count:
            middle = (i + 0.5) / len(values)
            recall = _recall(middle, rows, bands)
            told = f"{count:,} pairs near {middle:.2f}: {100 * recall:.1f} % of such pairs share a bucket"
            radius = _LARGEST_DOT * log10(1 + count) / log10(1 + most)
            dots.append(Shape(_x(middle), _y(recall), radius, 0, told))
    return Chart(
        title,
        "similarity",
        up,
        dots=tuple(dots),
        curves=drawn,
        x_ticks=_tenths(),
        y_ticks=tuple(Tick(_y(i / 4), f"{25 * i} %") for i in range(5)),
        marks=(Tick(_x(threshold), f"threshold {threshold:g}"),),
    )


def points(title: str, across: str, up: str, values: Sequence[tuple[float, float, str, bool]]) -> Chart:
    """Return a dot for each (place by logarithm, share, name, whether it is the one that matters)."""
    low = min(place for place, *_ in values) / 1.5 or 0.001
    high = max(max(place for place, *_ in values) * 1.5, 2 * low)
    worst = min(share for _, share, *_ in values)
    floor = max(0.0, 1 - 1.25 * max(1 - worst, 0.001))

    def x(place: float) -> float:
        return _x(log10(max(place, low) / low) / log10(high / low))

    def y(share: float) -> float:
        return _y((share - floor) / (1 - floor))

    dots = tuple(
        Shape(x(place), y(share), 8 if chosen else 5, 0, f"{name}: {place:.2f}, {100 * share:.2f} %")
        for place, share, name, chosen in values
    )
    places = [place for place in _ROUND if low <= place <= high]
    return Chart(
        title,
        across,
        up,
        dots=dots,
        x_ticks=tuple(Tick(x(place), f"{place:g}") for place in places),
        y_ticks=tuple(
            Tick(y(share), f"{100 * share:.1f} %") for share in (floor + i / 4 * (1 - floor) for i in range(5))
        ),
    )


def doubling(sizes: Sequence[tuple[int, int]], least: int = 2) -> list[tuple[str, int]]:
    """Return the counts of sizes, from the least, in classes that double: 2, 3 to 4, 5 to 8."""
    classes = list[tuple[str, int]]()
    low, high, largest = least, least, max((size for size, _ in sizes), default=least)
    while low <= largest:
        count = sum(count for size, count in sizes if low <= size <= high)
        classes.append((f"{low:,}" if low == high else f"{low:,}–{high:,}", count))
        low, high = high + 1, 2 * high
    return classes


def _recall(similarity: float, rows: int, bands: int) -> float:
    return float(1 - (1 - similarity**rows) ** bands)


def _x(share: float) -> float:
    return round(LEFT + share * _PLOT_WIDTH, 2)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * _PLOT_HEIGHT, 2)


def _tenths() -> tuple[Tick, ...]:
    return tuple(Tick(_x(i / 10), f"{i / 10:g}") for i in range(11))


class _Logarithmic:
    """Heights of counts, up to the power of ten above the largest."""

    def __init__(self, most: int) -> None:
        self._powers = max(1, len(str(most)))

    def bar(self, x: float, width: float, count: int, label: str) -> Shape:
        """Return a bar with a gap to the next; 1 is seen too."""
        y = _y((0.15 + log10(count)) / (0.15 + self._powers))
        return Shape(round(x + 1, 2), y, round(width - 2, 2), round(_y(0) - y, 2), f"{label}: {count:,}")

    def ticks(self) -> tuple[Tick, ...]:
        """Return the powers of ten."""
        return tuple(
            Tick(_y((0.15 + power) / (0.15 + self._powers)), f"{10**power:,}") for power in range(self._powers + 1)
        )

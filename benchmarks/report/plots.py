"""Pictures of a run, as SVG: all at a glance, rates beside the peers, what grows, what is found."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.harness.result import Run
from benchmarks.harness.row import Row
from benchmarks.report.cells import UNMEASURED, figure, first_of, last_of
from benchmarks.report.contests import ALIKE, Contest, aligned, found, package, rates, sketching, threads
from benchmarks.report.style import INK, STAGES, colour, ended, line, names, plain

GROWING = (
    ("insert", "inserts/s"),
    ("look-up, p50", "ms"),
    ("look-up, hot, p50", "ms"),
    ("size", "bytes/document"),
)

Line = tuple[str, Sequence[float], Sequence[float]]
"""A name, and the places of its points."""
Named = tuple[str, float, float]
"""A name, and the place of the end of its line."""


def plot(run: Run, folder: Path) -> list[Path]:
    """Draw what the run has rows for; return the files."""
    made = []
    for name, drawn in pictures(run):
        made.append(folder / f"{name}.svg")
        drawn.savefig(made[-1], metadata={"Date": None})
    return made


def pictures(run: Run) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the drawing of each picture."""
    contests = [told for told in (sketching(run), found(run), rates(run), aligned(run)) if told.rows]
    drawings = {
        "glance": _glance(contests),
        "hot-path": _stages(run.rows),
        "speed": _bars(some(run.rows, table="Text to sketch", unit="MB/s"), "MB/s, from text to sketch"),
        "error": _bars(some(run.rows, table="Estimator error", unit="RMSE"), "root mean square error"),
        "growth": _growth(run.rows),
        "recall": _recall(run.rows),
        "passages": _passages(run.rows),
    }
    yield from ((name, drawn) for name, drawn in drawings.items() if drawn)


def some(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Return the rows whose fields are as wanted."""
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]


def _glance(contests: Sequence[Contest]) -> Figure | None:
    """Draw a panel a contest, a bar a package."""
    if not contests:
        return None
    drawn = Figure((10, 5.2), layout="constrained")
    panels = drawn.subplots((len(contests) + 1) // 2, 2, squeeze=False, gridspec_kw={"hspace": 0.1})
    for axes, told in zip(panels.flat, contests, strict=False):
        _barred(axes, told.rows, max(len(one.rows) for one in contests))
        labels = [package(row.name) for row in told.rows]
        if told.ours is None:
            labels.append("resembles")
            axes.annotate(UNMEASURED, (0, len(told.rows)), (4, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_title(told.title, loc="left")
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
    for axes in list(panels.flat)[len(contests) :]:
        axes.set_visible(False)
    return drawn


def _barred(axes: Axes, rows: Sequence[Row], room: int) -> None:
    """Draw a bar a row from the top, its figure beyond its end and the spread; there is room for so many bars."""
    for place, row in enumerate(rows):
        axes.barh(place, row.median, color=colour(row.name), height=0.72)
        axes.hlines(place, row.median - row.spread / 2, row.median + row.spread / 2, color=INK, linewidth=1.2)
        ended(axes, place, row, _told(row))
    axes.tick_params(left=False)
    axes.set_ylim(room - 0.4, -0.6)
    axes.set_xlim(0, 1.45 * max(row.median + row.spread / 2 for row in rows))


def _told(row: Row) -> str:
    """Return the figure of a bar, and what it must be read with: precision, or that little was found."""
    if row.unit == "share":
        return f"{row.median:.2f}" + (f", precision {row.accuracy:.2f}" if row.measure == "precision" else "")
    hardly = row.accuracy is not None and row.accuracy < ALIKE
    return f"{figure(row.median)}{f', finds {row.accuracy:.0%}' if hardly else ''}"


def _stages(rows: Sequence[Row]) -> Figure | None:
    """Draw a bar a script: texts of 300 words, for long ones differ little."""
    timed = [row for row in some(rows, table="Hot path", unit="ns/token") if row.case.endswith("short, 1 thread")]
    cases = list(dict.fromkeys(row.case for row in timed))
    if not cases:
        return None
    drawn = Figure((10, 1.3 + 0.3 * len(cases)), layout="constrained")
    axes = drawn.subplots()
    left = dict.fromkeys(cases, 0.0)
    stages = dict.fromkeys(row.name for row in timed if not row.name.endswith(": all"))
    for name, shade in zip(stages, STAGES, strict=False):
        widths = [row.median for row in some(timed, name=name)]
        label = name.partition(": ")[2]
        axes.barh(range(len(cases)), widths, left=list(left.values()), label=label, color=shade, height=0.72)
        left = {case: left[case] + width for case, width in zip(cases, widths, strict=True)}
    for place, whole in enumerate(left.values()):
        axes.annotate(figure(whole), (whole, place), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(cases)), [case.partition(", ")[0] for case in cases])
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.margins(x=0.08)
    axes.set_xlabel("ns a token on one thread, texts of 300 words or letters")
    drawn.legend(loc="outside upper center", ncols=len(stages))
    return drawn


def _bars(rows: Sequence[Row], label: str) -> Figure | None:
    """Draw one panel a case, a bar a way."""
    cases = list(dict.fromkeys(row.case for row in rows))
    if not cases:
        return None
    ways = list(dict.fromkeys(row.name for row in rows))
    drawn = Figure((11, 1.2 + 0.26 * len(ways)), layout="constrained")
    panels = drawn.subplots(1, len(cases), squeeze=False, sharey=True)
    for axes, case in zip(panels[0], cases, strict=True):
        _barred(axes, some(rows, case=case), len(ways))
        axes.set_yticks(range(len(ways)), ways)
        axes.set_title(case)
        axes.locator_params(axis="x", nbins=4)
    drawn.supxlabel(label, fontsize="medium")
    return drawn


def _growth(rows: Sequence[Row]) -> Figure | None:
    """Draw a panel a measurement over the size of the index, each line named where it begins."""
    told = some(rows, table="Indexes")
    if not told:
        return None
    drawn = Figure((11, 8), layout="constrained")
    panels = zip(drawn.subplots(2, 2).flat, GROWING, strict=True)
    begins = {axes: _grown(axes, some(told, case=case, unit=unit), f"{case}, {unit}") for axes, (case, unit) in panels}
    _named(drawn, begins, "left")
    return drawn


def _grown(axes: Axes, rows: Sequence[Row], title: str) -> list[Named]:
    """Draw a line a name, with room for the names at the left; return where they begin."""
    ways, begins = list(dict.fromkeys(row.name for row in rows)), list[Named]()
    for name in ways:
        own = some(rows, name=name)
        axes.loglog([row.size for row in own], [row.median for row in own], **line(ways, name))
        begins.append((name, own[0].size, own[0].median))
    axes.yaxis.tick_right()
    axes.spines[["left", "right"]].set_visible(False)
    plain(axes.xaxis, 1)
    plain(axes.yaxis, 1, 3)
    axes.grid(axis="y", color=INK, alpha=0.2)
    axes.set_title(title, loc="right")
    axes.set_xlabel("documents")
    return begins


def _named(drawn: Figure, points: dict[Axes, list[Named]], side: str) -> None:
    """Name the lines of panels; how high a panel is shows once the figure is laid out."""
    drawn.draw_without_rendering()
    for axes, own in points.items():
        names(axes, own, side)


def _lines(panels: dict[str, list[Line]], label: str, *, every: bool) -> Figure | None:
    """Draw one panel a title, a line a name; the lines are named in every panel, or in the last one only."""
    if not panels:
        return None
    drawn = Figure((11, 3.8), layout="constrained")
    across = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    least = min(value for lines in panels.values() for _, _, values in lines for value in values)
    for axes, (title, lines) in zip(across, panels.items(), strict=True):
        for name, places, values in lines:
            axes.plot(places, values, **line([one for one, _, _ in lines], name))
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.grid(axis="y", color=INK, alpha=0.2)
    across[0].set_ylabel("share found")
    across[0].set_ylim(max(-0.03, least - 0.05), 1.03)
    ends = [[(name, places[-1], values[-1]) for name, places, values in lines] for lines in panels.values()]
    _named(drawn, dict(list(zip(across, ends, strict=True))[0 if every else -1 :]), "right")
    return drawn


def _recall(rows: Sequence[Row]) -> Figure | None:
    told = [row for row in some(rows, table="Near-duplicate documents", unit="share") if threads(row) == 1]
    panels = dict[str, list[Line]]()
    for title in dict.fromkeys(first_of(row.case) for row in told):
        own = [row for row in told if first_of(row.case) == title]
        panels[title] = [
            _line(name, [(float(last_of(row.case)), row.median) for row in some(own, name=name)])
            for name in dict.fromkeys(row.name for row in own)
        ]
    return _lines(panels, "Jaccard similarity at least", every=True)


def _passages(rows: Sequence[Row]) -> Figure | None:
    told = [row for row in some(rows, table="Passages") if row.case.endswith("edited")]
    panels = dict[str, list[Line]]()
    for size in dict.fromkeys(row.size for row in told):
        own = some(told, size=size)
        panels[f"{size} words"] = [
            _line(name, [(float(last_of(row.case).partition("%")[0]), row.median) for row in some(own, name=name)])
            for name in dict.fromkeys(row.name for row in own)
        ]
    return _lines(panels, "% of words edited", every=False)


def _line(name: str, points: Iterable[tuple[float, float]]) -> Line:
    places, values = zip(*sorted(points), strict=True)
    return name.partition(", verified")[0], places, values

"""Pictures of a run: readable, named, and nothing upon anything else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed: make bench-deps")

from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from benchmarks.harness.result import RESULTS, Run
from benchmarks.harness.row import Row
from benchmarks.report.plots import pictures, plot
from benchmarks.report.style import COLOURS, apart, colour

FULL = Run.read(RESULTS / "full")
SCRIPTS = (
    "English",
    "Accents",
    "Russian",
    "Greek",
    "Arabic",
    "Hindi",
    "Korean",
    "Chinese",
    "Japanese",
    "Thai",
    "Mixed",
)
STAGES = ("pack", "fold", "tokens", "shingles", "signature", "minima", "buckets", "all")


def eleven_scripts() -> list[Row]:
    """Return a hot path of all scripts, with stages of very different lengths."""
    return [
        Row(
            table="Hot path",
            name=f"resembles: {stage}",
            case=f"{script}, short, 1 thread",
            unit="ns/token",
            median=1 + number * place,
            accuracy=1,
            measure="signatures",
        )
        for number, script in enumerate(SCRIPTS)
        for place, stage in enumerate(STAGES)
    ]


def of_all_kinds() -> Run:
    """Return the full run, with a hot path of eleven scripts and large spreads."""
    rows = [replace(row, spread=row.median / 2) for row in FULL.rows if row.table != "Hot path"]
    return replace(FULL, rows=[*rows, *eleven_scripts()])


@cache
def laid_out() -> dict[str, Figure]:
    """Return the pictures, laid out."""
    figures = dict(pictures(of_all_kinds()))
    for figure in figures.values():
        figure.draw_without_rendering()
        figure.draw_without_rendering()  # what was written at first changes how much room there is
    return figures


@pytest.fixture(params=["glance", "hot-path", "speed", "error", "growth", "recall", "passages"])
def drawn(request: pytest.FixtureRequest) -> Figure:
    """Return each picture."""
    return laid_out()[request.param]


def written(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return what is written in a figure, and where."""
    unseen = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in out_of_view(axis)}
    texts = [one for one in figure.findobj(Text) if isinstance(one, Text) and id(one) not in unseen]
    return [(one.get_text(), Text.get_window_extent(one)) for one in texts if one.get_visible() and one.get_text()]


def out_of_view(axis: Axis) -> Iterator[Text]:
    """Yield the labels of ticks beyond the ends of an axis, or of one that is not shown; they are not drawn."""
    low, high = sorted(axis.get_view_interval())
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if not axis.get_visible() or not low <= tick.get_loc() <= high:
            yield from (tick.label1, tick.label2)


def spreads(figure: Figure) -> Iterator[Bbox]:
    """Yield where lines tell a spread."""
    for axes in figure.axes:
        for lines in axes.collections:
            if isinstance(lines, LineCollection):
                yield from (Bbox(axes.transData.transform(segment)) for segment in lines.get_segments())


def test_no_name_or_figure_lies_upon_another(drawn: Figure) -> None:
    """The boxes of what is written do not overlap."""
    texts = written(drawn)
    assert len(texts) > 10
    assert [
        (a, b) for (a, one), (b, other) in combinations(texts, 2) if one.padded(-1).overlaps(other.padded(-1))
    ] == []


def test_no_figure_is_struck_through_by_a_spread(drawn: Figure) -> None:
    """Each figure begins where the line that tells the spread has ended."""
    lines = [line for line in spreads(drawn) if line.width > 1]
    assert [text for text, box in written(drawn) for line in lines if box.padded(-1).overlaps(line)] == []


def test_everything_written_is_within_the_picture(drawn: Figure) -> None:
    """No name is cut off at an edge."""
    edges = drawn.bbox.padded(1)
    for text, box in written(drawn):
        assert edges.containsx(box.x0), text
        assert edges.containsx(box.x1), text
        assert edges.containsy(box.y0), text
        assert edges.containsy(box.y1), text


def test_ticks_are_written_in_full(drawn: Figure) -> None:
    """4,000, and neither a power of ten nor an exponent."""
    assert [text for text, _ in written(drawn) if "$" in text or re.search(r"\de[+-]?\d", text)] == []


def test_every_line_is_named() -> None:
    """In the picture of indexes each panel has the name of each index."""
    indexes = {row.name for row in FULL.rows if row.table == "Indexes"}
    for axes in laid_out()["growth"].axes:
        assert {text.get_text() for text in axes.texts} == indexes


def test_files_are_transparent_and_the_same_each_time(tmp_path: Path) -> None:
    """A page shows through, white or dark; the same run gives the same bytes."""
    run = replace(FULL, rows=[*eleven_scripts(), *(row for row in FULL.rows if row.table == "Passages")])
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        assert len(plot(run, folder)) == 2
    for path in one.iterdir():
        told = path.read_text(encoding="utf-8")
        assert told == (other / path.name).read_text(encoding="utf-8")
        assert not re.search("fill: (#ffffff|white|#000000)", told)


def test_a_package_has_one_colour() -> None:
    """Whatever its way is called, and no two packages of the same table share it."""
    assert colour("gaoya, README") == colour("gaoya, 20 bands of 5, verified by signature") == COLOURS["gaoya"]
    assert colour("text-dedup's arithmetic, SHA-1") == COLOURS["text-dedup"]
    packages = {name: shade for name, shade in COLOURS.items() if name not in ("document", "sentence")}
    assert len(set(packages.values())) == len(packages)


def test_names_are_pushed_apart_no_further_than_needed() -> None:
    """Places far apart stay; places too near keep their order and their middle."""
    assert apart([0.5, 0.1, 0.9], 0.1) == pytest.approx([0.5, 0.1, 0.9])
    assert apart([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert apart([0.52, 0.5, 0.51], 0.1) == pytest.approx([0.61, 0.41, 0.51])

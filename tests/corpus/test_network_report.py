"""The report of a network: what its drawing, its timelines and its tables show."""

import re
from pathlib import Path

import numpy as np
from corpus.conftest import Command
from corpus.test_network import papers

from dedup.dates import Moment, moment
from dedup.report.network import HEIGHT, LETTER, LINE, WIDTH, Drawing, Node, draw, timeline


def day(written: str) -> Moment:
    """Return a date that can be read."""
    found = moment(written)
    assert found is not None
    return found


def page(command: Command, folder: Path, *options: str) -> str:
    """Return the report on the five pages."""
    papers(folder)
    command("network", "pages.jsonl", "--out", "out", *options)
    return (folder / "out/report.html").read_text("utf-8")


def table(written: str) -> list[list[str]]:
    """Return the cells of a page's only table, head first."""
    rows = re.findall(r"<tr>(.*?)</tr>", written, re.DOTALL)
    return [re.findall(r"<bdi>(.*?)</bdi>", row) for row in rows]


def test_the_most_reprinted_text_comes_first(tmp_path: Path, command: Command) -> None:
    """Texts stand by the number of documents, each with its first printing, its line of time and the undated."""
    written = page(command, tmp_path)
    heads = re.findall(r"In (\d+) documents, first in <bdi>(.*?)</bdi>", written)
    assert heads == [("3", "A fire"), ("2", "middle")]
    times = re.findall(r"<title>(\d+ \w+ 1850: \w+)</title>", written)
    assert times == ["1 January 1850: early", "1 March 1850: middle", "1 June 1850: late"]
    assert "1 document of these without a date." in written


def test_pairs_are_listed_by_what_they_have_in_common(tmp_path: Path, command: Command) -> None:
    """Without a series the table has the pairs, an arrow where the order is sure, and the days between."""
    head, *rows = table(page(command, tmp_path))
    assert head == ["", "", "", "in common", "passages", "days"]
    assert rows == [
        ["A fire", "→", "middle", "60", "1", "59"],
        ["A fire", "→", "late", "60", "1", "151"],
        ["middle", "→", "late", "60", "1", "92"],
        ["middle", "–", "undated", "60", "1", ""],
    ]


def test_a_series_gives_a_matrix_of_who_reprints_whom(tmp_path: Path, command: Command) -> None:
    """Rows are the earlier series, columns the later; pairs of no sure order are counted beside it."""
    written = page(command, tmp_path, "--series", "paper")
    assert table(written) == [["earlier ↓ later →", "Herald", "Courier"], ["Herald", "", ""], ["Courier", "2", ""]]
    assert "Left out: 1 pair of other series, or of no sure order." in written


def drawn(names: list[str], ends: list[tuple[int, int]], lines: int) -> Drawing:
    """Draw documents of those names and the pairs between them."""
    degrees = np.bincount(np.array(ends, np.int64).ravel(), minlength=len(names)).tolist()
    nodes = [Node(name, degree, -1) for name, degree in zip(names, degrees, strict=True)]
    return draw(nodes, np.array(ends, np.int64), np.arange(len(ends), 0, -1), lines, (), "")


def test_names_in_the_drawing_do_not_overlap() -> None:
    """Of sixty documents with long names some are labelled, those of most partners first, none over another."""
    ends = [(0, i) for i in range(1, 60)]
    drawing = drawn([f"a long name {i:02}" for i in range(60)], ends, 1000)
    labelled = [one for one in drawing.circles if one.label]
    assert drawing.circles[0].label == "a long name 00"
    assert len(labelled) > 3
    for i, one in enumerate(labelled):
        for other in labelled[i + 1 :]:
            assert abs(one.x - other.x) > LETTER * len(one.label) - 1 or abs(one.y - other.y) > LINE - 1
    assert all(0 <= one.x <= WIDTH and 0 <= one.y <= HEIGHT for one in drawing.circles)


def test_the_pairs_with_most_in_common_are_drawn() -> None:
    """Where there are more pairs than lines the first ones are drawn, the widest first, between their circles."""
    drawing = drawn(["a", "b", "c"], [(0, 1), (1, 2), (0, 2)], 2)
    a, b, c = ((one.x, one.y) for one in drawing.circles)
    assert [((one.x1, one.y1), (one.x2, one.y2)) for one in drawing.lines] == [(a, b), (b, c)]
    assert drawing.lines[0].width > drawing.lines[1].width


def test_printings_of_one_time_are_piled_up() -> None:
    """Dots of one day lie on each other, the first at the left, the last at the right; a single day has no line."""
    found = timeline([(day("1850-01-01"), "a"), (day("1852-01-01"), "c"), (day("1850-01-01"), "b")])
    assert found is not None
    assert [one.told for one in found.dots] == ["1 January 1850: a", "1 January 1850: b", "1 January 1852: c"]
    first, second, last = found.dots
    assert (first.x == second.x < last.x, first.y > second.y, first.y == last.y) == (True, True, True)
    assert [label for _, label in found.ticks] == ["Jan 1850", "Jul 1850", "Jan 1851", "Jul 1851", "Jan 1852"]
    assert timeline([(day("1850-01-01"), "a"), (day("1850-01-01"), "b")]) is None
    assert timeline([]) is None

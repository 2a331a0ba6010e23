"""The report of a network: what its drawing, its timelines and its tables show."""

import re
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from corpus.conftest import Command
from corpus.test_network import STORY, papers, write

from dedup.dates import Moment, moment
from dedup.report.network import HEIGHT, LETTER, LINE, NARROW, WIDTH, Circle, Drawing, Node, draw
from dedup.report.stretch import beginning, both_ends, whole_words
from dedup.report.timeline import TIME_WIDTH, marks, timeline


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


def box(one: Circle, size: float) -> tuple[float, float, float]:
    """Return where a label begins and ends, and its line, written so large."""
    width = LETTER * size * len(one.label)
    left = one.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[one.anchor]
    return left, left + width, one.y - one.radius


def test_names_in_the_drawing_do_not_overlap() -> None:
    """Of sixty documents with long names some are labelled, those of most partners first, none over another."""
    ends = [(0, i) for i in range(1, 60)]
    drawing = drawn([f"a long name {i:02}" for i in range(60)], ends, 1000)
    labelled = [one for one in drawing.circles if one.label]
    narrow = [one for one in labelled if one.narrow]
    assert drawing.circles[0].label == "a long name 00"
    assert 0 < len(narrow) < len(labelled)
    for shown, size in ((labelled, 1.0), (narrow, NARROW)):
        boxes = [box(one, size) for one in shown]
        assert all(left >= 0 and right <= WIDTH for left, right, _ in boxes)
        for (left, right, line), (other, end, base) in combinations(boxes, 2):
            assert left > end or right < other or abs(line - base) > LINE * size
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
    assert [tick.label for tick in found.ticks] == ["Jan 1850", "Jul 1850", "Jan 1851", "Jul 1851", "Jan 1852"]
    whole = last.x - first.x
    assert [round((tick.x - first.x) / whole * 730) for tick in found.ticks] == [0, 181, 365, 546, 730]
    assert timeline([(day("1850-01-01"), "a"), (day("1850-01-01"), "b")]) is None
    assert timeline([]) is None


SPANS = [
    (("1850-02-10", "1850-07-20"), ["Mar 1850", "Apr 1850", "May 1850", "Jun 1850", "Jul 1850"]),
    (("1987-03-02", "1987-03-05"), ["2 Mar 1987", "3 Mar 1987", "4 Mar 1987", "5 Mar 1987"]),
    (("1987-03-03T09:30", "1987-03-03T11:00"), [f"3 Mar 1987, {at}" for at in ("09:30", "10:00", "10:30", "11:00")]),
    (("1803", "1899"), ["1820", "1840", "1860", "1880"]),
    (("0900", "9000"), ["2000", "4000", "6000", "8000"]),
]


@pytest.mark.parametrize(("ends", "expected"), SPANS, ids=lambda one: str(one[0]))
def test_marks_are_those_of_a_calendar(ends: tuple[str, str], expected: list[str]) -> None:
    """A line of time is marked at whole years, months, days or hours, each written once."""
    first, last = (day(end).at for end in ends)
    found = marks(first, last)
    assert [label for _, label in found] == expected
    assert all(first <= at <= last for at, _ in found)


_BEFORE = {"start": 0, "middle": 0.5, "end": 1}


@pytest.mark.parametrize("seconds", [round(1.4**n) for n in range(4, 74)])
def test_marks_are_few_and_each_is_written_once(seconds: int) -> None:
    """Whatever the span, two to six marks lie on it, no two written alike, and no label on another."""
    first = datetime(1843, 2, 27, 22, 58, 31, tzinfo=UTC)
    found = marks(first, first + timedelta(seconds=seconds))
    assert 2 <= len({label for _, label in found}) == len(found) <= 6
    line = timeline([(Moment(first), "a"), (Moment(first + timedelta(seconds=seconds)), "b")])
    assert line is not None
    assert all(b.x - a.x > TIME_WIDTH / 8 for a, b in pairwise(line.ticks))
    wide, narrow = ([tick for tick in line.ticks if getattr(tick, name)] for name in ("label", "narrow"))
    for letter, ticks in ((6, wide), (9, narrow)):
        spans = [(tick.x - letter * len(tick.label) * _BEFORE[tick.anchor], tick) for tick in ticks]
        assert spans
        assert all(left + letter * len(one.label) < right for (left, one), (right, _) in pairwise(spans))


def test_each_printing_shows_its_own_words(tmp_path: Path, command: Command) -> None:
    """Under a text each printing has the words that begin and end it there, its date and its name."""
    words = STORY.split()
    other = " ".join([*words[:8], "unlike", *words[9:]])
    write(
        tmp_path / "a.jsonl",
        {"id": "one", "text": f"Before it. {STORY} After it.", "day": "1850-01-01"},
        {"id": "two", "text": f"{other} {'More. ' * 9}", "day": "1850-01-03"},
    )
    command("network", "a.jsonl", "--out", "out", "--date", "day")
    written = (tmp_path / "out/report.html").read_text("utf-8")
    assert "<summary>2 printings</summary>" in written
    shown = re.findall(r'<time datetime="([^"]*)">.*?<p class="quote" dir="auto">(.*?)</p>', written, re.DOTALL)[-2:]
    assert [date for date, _ in shown] == ["1850-01-01", "1850-01-03"]
    first, second = (text.split(" … ") for _, text in shown)
    assert STORY.startswith(first[0])
    assert STORY.endswith(first[1])
    assert other.startswith(second[0])
    assert other.endswith(second[1])
    assert "unlike" in second[0]


def test_a_stretch_is_shown_in_whole_words() -> None:
    """A stretch that cuts words is widened to them; one that ends beside them, or has no blanks, is not."""
    text = "The river rose, by two metres during the night"
    assert whole_words(text, 6, 17) == "river rose, by"
    assert whole_words(text, 4, 14) == "river rose"
    assert whole_words("起初神創造天地", 1, 3) == "初神"


def test_long_stretches_are_cut_between_words() -> None:
    """Of a long stretch the first words are shown, or the first and the last; a short one is shown whole."""
    text = "The river rose by two\nmetres during the night"
    assert beginning(text, 12) == "The river …"
    assert both_ends(text, 24) == "The river … the night"
    assert both_ends(text, 100) == beginning(text, 100) == "The river rose by two metres during the night"
    assert beginning("起初神創造天地", 3) == "起初神 …"

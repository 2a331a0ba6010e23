"""Who took from whom, as it is drawn: rows, lanes and lines of stories made by hand."""

from itertools import pairwise

from dedup.report.lineage import LANE, LANES, ROW, lineage
from dedup.stories.story import Member


def member(name: str, parent: str | None = None, *, compared: bool = True, share: float = 1.0) -> Member:
    """Return a member."""
    return Member(name, 0, None, 9, {}, compared, parent, 9 if parent else 0, share if parent else 0.0)


def test_what_descends_from_a_document_follows_it() -> None:
    """Of two children the first comes with its own child before the second; each generation has a lane of its own."""
    drawn = lineage([member("a"), member("b", "a"), member("c", "a"), member("d", "b"), member("z")])
    assert [row.name.id for row in drawn.rows] == ["a", "b", "d", "c", "z"]
    lanes = [(row.x - drawn.rows[0].x) // LANE for row in drawn.rows]
    assert lanes == [0, 1, 2, 1, 0]
    assert [row.y // ROW for row in drawn.rows] == [0, 1, 2, 3, 4]
    assert [row.parent.id if row.parent else None for row in drawn.rows] == [None, "a", "b", "a", None]
    assert drawn.height == 5 * ROW


def test_a_line_is_wider_the_more_was_taken() -> None:
    """There is a line for each document that has a parent; all of it taken is wider than a tenth."""
    drawn = lineage([member("a"), member("b", "a", share=1.0), member("c", "a", share=0.1)])
    wide, thin = drawn.lines
    assert wide.width > thin.width
    assert all(line.path.startswith(f"M{drawn.rows[0].x} {drawn.rows[0].y}") for line in drawn.lines)


def test_a_long_line_of_descent_stays_within_the_frame() -> None:
    """Of ten generations those beyond the last lane share it, and are joined by straight lines."""
    names = "abcdefghij"
    drawn = lineage([member("a"), *(member(name, parent) for parent, name in pairwise(names))])
    assert max(row.x for row in drawn.rows) < drawn.width <= LANE * (LANES + 1)
    assert [("Q" in line.path) for line in drawn.lines] == [True] * (LANES - 1) + [False] * (10 - LANES)


def test_members_that_were_not_compared_are_not_drawn() -> None:
    """Nobody knows what they took."""
    assert [row.name.id for row in lineage([member("a"), member("b", compared=False)]).rows] == ["a"]

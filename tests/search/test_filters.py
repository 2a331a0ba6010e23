"""Conditions on metadata, as a table: which metadata meet them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dedup.errors import InvalidInput
from dedup.search.filters import Filter

MISSING: dict[str, Any] = {}


def meets(condition: Any, metadata: dict[str, Any], own: dict[str, Any] | None = None) -> bool:
    """Whether metadata meet a condition on the field `n`."""
    chosen = Filter.of({"n": condition}, own)
    assert chosen is not None
    return chosen(metadata)


@pytest.mark.parametrize(
    ("condition", "met", "not_met"),
    [
        (1, [1, 1.0], [2, "1", True, None]),
        (True, [True], [1, False, "true"]),
        (None, [None], [0, "", False]),
        ([1, "b"], [1, "b"], [2, "a"]),
        ([], [], [1, None]),
        ({"<": 2}, [1, 1.5, -1], [2, 2.0, 3, "1", True, None]),
        ({"<=": 2}, [1, 2, 2.0], [2.5, 3]),
        ({">": 2}, [2.5, 3], [1, 2, 2.0]),
        ({">=": 2}, [2, 3], [1, 1.9, True]),
        ({">=": "2026-01-01", "<": "2026-02-01"}, ["2026-01-01", "2026-01-31T23:59:59Z"], ["2026-02-01", "2025", 2026]),
        ({"not": 1}, [2, True, None, "1"], [1, 1.0]),
        ({"not": ["a", "b"]}, ["c", 1], ["a", "b"]),
        ({">": 1, "not": 3}, [2, 4], [1, 3]),
    ],
)
def test_values_that_meet_a_condition(condition: Any, met: list[Any], not_met: list[Any]) -> None:
    """Each condition is met by the values of its kind within its bounds, the bound itself as its sign says."""
    assert [value for value in met if not meets(condition, {"n": value})] == []
    assert [value for value in not_met if meets(condition, {"n": value})] == []


@pytest.mark.parametrize(
    ("condition", "met", "not_met"),
    [
        (
            {">=": "2026-01-31T23:30:00+02:00"},  # 21:30 in UTC
            ["2026-01-31T21:30:00Z", "2026-01-31T18:00:00-04:00", "Sat, 31 Jan 2026 23:00:00 GMT", 1769895000, "2026"],
            ["2026-01-31T22:00:00+01:00", "2026-01-30", "2025", "soon", "", None, True, ["2026-02-01"]],
        ),
        ({"<": "2026-01-31T21:30:00Z"}, ["2026-01-31T23:00:00+02:00", "2026-01-30"], ["2026-01-31", "2026", "x"]),
        ({"<=": "2026-01-31"}, ["2026-01-31T23:59:59Z", "2026-01-31", "2026-01"], ["2026-02-01T00:00:00Z", "2026-02"]),
        ({">": "2026-01-31"}, ["2026-02-01", "2026-02-01T00:00:00Z"], ["2026-01-31T23:59:59Z", "2026-01", "2026"]),
        ({">": "2026-01"}, ["2026-02-01"], ["2026-01-31"]),
        ({">=": "20260131"}, ["2026-01-31", "2026-02-01T00:00:00Z", "20260201"], ["2026-01-30", "soon"]),
        ({">=": "2026"}, ["2026-01-31", 2026, "2027"], ["2025-12-31", 2025, "soon"]),
        ({">=": "100000000", "<": "200"}, ["15"], ["3"]),
        ({">": "b"}, ["c", "b1"], ["a", "b", 3]),
    ],
)
def test_a_date_is_compared_in_time(condition: Any, met: list[Any], not_met: list[Any]) -> None:
    """A bound that is a date holds for each form and offset of a date; digits alone are a name."""
    test_values_that_meet_a_condition(condition, met, not_met)


def test_bounds_count_from_now() -> None:
    """`-7d` is seven days ago, `today` the day by UTC as a whole, `now` this moment."""
    now = datetime.now(UTC)
    ago = {days: (now - timedelta(days=days)).isoformat() for days in (-1, 1, 6, 8)}
    assert [days for days in ago if meets({">=": "-7d"}, {"n": ago[days]})] == [-1, 1, 6]
    assert [days for days in ago if meets({"<": "today"}, {"n": ago[days]})] == [1, 6, 8]
    assert [days for days in ago if meets({">": "now"}, {"n": ago[days]})] == [-1]
    assert meets({">=": "-90m"}, {"n": (now - timedelta(minutes=89)).isoformat()})
    assert not meets({">=": "-90m"}, {"n": (now - timedelta(minutes=91)).isoformat()})
    assert meets({">": " -7D"}, {"n": ago[6]})
    assert meets({">": "-7"}, {"n": "-8"})  # no duration: a string like any other
    for unread in ("-1y", "-0d", "-600w", "- 7d", "-1 month"):
        with pytest.raises(InvalidInput, match=r"filter on 'n': >= '-.*: give a number and s, m, h, d or w"):
            Filter.of({"n": {">=": unread}}, None)


@pytest.mark.parametrize("condition", [1, None, [1, None], {"<": 1}, {">=": ""}, {"not": 1, ">": 0}])
def test_a_missing_field_meets_no_condition_but_not(condition: Any) -> None:
    """A field that is missing equals nothing, not even null, and compares with nothing."""
    assert not meets(condition, MISSING)
    assert meets({"not": [1, None]}, MISSING)


@pytest.mark.parametrize(
    ("own", "metadata", "same"),
    [
        ({"n": "a"}, {"n": "a"}, True),
        ({"n": "a"}, {"n": "b"}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": None}, {"n": None}, True),
        ({"n": "a"}, MISSING, False),
        (MISSING, {"n": "a"}, False),
        (MISSING, MISSING, False),
    ],
)
def test_same_compares_with_the_query_document(own: dict[str, Any], metadata: dict[str, Any], same: bool) -> None:
    """`same` asks for the query document's own value; two documents that both lack the field are not the same."""
    assert meets({"same": True}, metadata, own) == same
    assert meets({"same": False}, metadata, own) != same


def test_every_field_must_meet_its_condition() -> None:
    """Conditions on several fields are a conjunction."""
    chosen = Filter.of({"source": ["wire", "paper"], "year": {">": 2000}}, None)
    assert chosen is not None
    assert chosen({"source": "wire", "year": 2001, "more": 1})
    assert not chosen({"source": "wire", "year": 2000})
    assert not chosen({"source": "blog", "year": 2001})


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_condition_is_no_filter(nothing: dict[str, Any] | None) -> None:
    """Without a condition there is nothing to ask of any document."""
    assert Filter.of(nothing, None) is None


@pytest.mark.parametrize(
    "condition", [{}, {"=": 1}, {"<": True}, {"<": None}, {">": [1]}, {"same": 1}, {"same": True}, {"not": 1, "x": 2}]
)
def test_a_condition_of_no_known_form_is_refused(condition: dict[str, Any]) -> None:
    """A sign that is none, an operand of a wrong kind, or `same` without a query document: the field is named."""
    with pytest.raises(InvalidInput, match="'n'"):
        Filter.of({"n": condition}, None)


@pytest.mark.parametrize("conditions", ["n", ["n"], 1, [("n", 1)]])
def test_a_filter_that_is_no_object_is_refused(conditions: Any) -> None:
    """Text, a number or a list names no fields: it is refused as it stands, and said what is wanted instead."""
    with pytest.raises(InvalidInput, match="give an object of conditions"):
        Filter.of(conditions, None)


@pytest.mark.parametrize("condition", [{"=": 1}, {"x": True}, {"<": True}, {"same": 1}, {"same": "a"}, {"same": None}])
def test_a_query_document_makes_no_form_known(condition: dict[str, Any]) -> None:
    """What is no condition without a query document is none beside one."""
    with pytest.raises(InvalidInput, match="'n'"):
        Filter.of({"n": condition}, {"n": 1})

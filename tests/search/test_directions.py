"""Which document came out first, and whose passage it is: by hand-made dates, in each form that tells or does not."""

import pytest

import dedup
from dedup.dates import moment

WIRE = " ".join(f"wire{i}" for i in range(30))
REST = {name: " ".join(f"{name}{i}" for i in range(40)) for name in ("first", "second", "query")}

BEFORE = [
    ("2018-04-19", "2018-04-20"),
    ("2018-04-19T10:00:00Z", "2018-04-19T10:00:01Z"),
    ("2018-04-19T10:00:00+02:00", "2018-04-19T09:00:00Z"),
    ("2018-04-19", "2018-04-20T00:00:00Z"),
    ("2018-04", "2018-05-01"),
    ("2018-12", "2019"),
    ("2019", "2020-01"),
    ("2020", "2021-01-01"),
    ("9998", "9999"),
]
NEITHER = [
    ("2018", "2018-04"),
    ("2018-04", "2018-04-30"),
    ("2018-04-19", "2018-04-19T23:59:59Z"),
    ("2018-04-19", "2018-04-19"),
    ("9999-12-31", "9999-12-31T10:00:00Z"),
    ("9999", "9999-12"),
]


@pytest.mark.parametrize(("a", "b"), BEFORE)
def test_a_date_is_before_another_if_it_surely_is(a: str, b: str) -> None:
    """A date is before another if all of what it names is; then the other is not before it."""
    first, second = moment(a), moment(b)
    assert first
    assert second
    assert first.before(second)
    assert not second.before(first)


@pytest.mark.parametrize(("a", "b"), NEITHER)
def test_dates_that_may_be_equal_are_in_no_order(a: str, b: str) -> None:
    """A year is neither before nor after a month of it, nor a day before a time of that day."""
    first, second = moment(a), moment(b)
    assert first
    assert second
    assert not first.before(second)
    assert not second.before(first)


def ask(dates: dict[str, str], query: str = "") -> dict[str, tuple[str | None, bool]]:
    """Return direction and source of each document that shares the wire text with a query of that date."""
    with dedup.open("memory:") as index:
        index.put(
            [
                dedup.Document(name, f"{WIRE} {REST[name]}", {"published": date} if date else {})
                for name, date in dates.items()
            ]
        )
        document = dedup.Document("query", f"{REST['query']} {WIRE}", {"published": query} if query else {})
        (answer,) = index.resemble_many([document])
        assert isinstance(answer, dedup.Answer)
        return {match.id: (match.direction, match.passages[0].source) for match in answer}


def test_the_earliest_document_is_the_source_of_a_passage() -> None:
    """Of two dated documents the earlier one is the source; both are told as earlier or later than the query."""
    dates = {"first": "2018-04-19", "second": "2018-04-21"}
    assert ask(dates, "2018-04-20") == {"first": ("earlier", True), "second": ("later", False)}


def test_a_query_that_came_out_first_is_the_source_itself() -> None:
    """Where the query is the earliest, no document is the source of what they share."""
    dates = {"first": "2018-04-19", "second": "2018-04-21"}
    assert ask(dates, "2018-04-01") == {"first": ("later", False), "second": ("later", False)}


def test_without_a_date_of_the_query_the_documents_still_have_an_order() -> None:
    """A text of unknown date has no direction, but the earliest document found is the source as far as is known."""
    dates = {"first": "2018-04-19", "second": "2018-04-21"}
    assert ask(dates) == {"first": (None, True), "second": (None, False)}


def test_documents_of_one_day_are_sources_both() -> None:
    """Of two documents of one day neither is earlier: none of them is denied to be the source."""
    assert ask({"first": "2018-04-19", "second": "2018-04-19"}) == {"first": (None, True), "second": (None, True)}


def test_an_undated_document_is_no_source() -> None:
    """A document without a date, or with one that cannot be read, has neither direction nor passages of its own."""
    dates = {"first": "", "second": "sometime"}
    assert ask(dates, "2018-04-20") == {"first": (None, False), "second": (None, False)}


def test_a_document_that_the_limit_leaves_out_still_is_the_source() -> None:
    """The earliest document counts although a limit of 1 returns a later one."""
    with dedup.open("memory:") as index:
        index.put(
            [
                dedup.Document("early", f"{WIRE} {REST['first']}", {"published": "2018"}),
                dedup.Document("late", f"{WIRE} {REST['query'][:200]}", {"published": "2019"}),
            ]
        )
        (match,) = index.resemble(f"{REST['query']} {WIRE}", limit=1)
        assert (match.id, [passage.source for passage in match.passages if passage.kind == "passage"][-1]) == (
            "late",
            False,
        )


def test_source_is_told_of_each_passage() -> None:
    """Two passages, each with an earlier holder of its own: each document is the source of its own one only."""
    other = " ".join(f"other{i}" for i in range(30))
    with dedup.open("memory:") as index:
        index.put(
            [
                dedup.Document("a", f"{WIRE} {REST['first']}", {"published": "2018"}),
                dedup.Document("b", f"{other} {REST['second']} {WIRE}", {"published": "2019"}),
            ]
        )
        answer = index.resemble(f"{WIRE} {REST['query']} {other}")
        assert {match.id: [passage.source for passage in match.passages] for match in answer} == {
            "a": [True],
            "b": [False, True],
        }


def test_a_document_of_the_index_brings_its_own_date() -> None:
    """Asked by id, or by a text beside an id, the query has the date of the document of that id."""
    with dedup.open("memory:") as index:
        index.put(
            [
                dedup.Document("a", WIRE, {"published": "2018-04-19"}),
                dedup.Document("b", f"{WIRE} {REST['second']}", {"published": "2018-04-20"}),
            ]
        )
        assert [match.direction for match in index.resemble(id="b")] == ["earlier"]
        assert [match.direction for match in index.resemble(WIRE, id="a")] == ["later"]
        assert [match.direction for match in index.resemble(WIRE)] == [None, None]


def test_a_direction_needs_no_passage() -> None:
    """A match says whether it came out earlier or later also where its passages were not asked for, or say nothing."""
    with dedup.open("memory:") as index:
        index.put(
            [
                dedup.Document("own", WIRE, {"published": "2018-04-19"}),
                dedup.Document("old", f"{WIRE} old", {"published": "2018-04-18"}),
                dedup.Document("new", f"{WIRE} new", {"published": "2018-04-21"}),
                dedup.Document("bare", f"{WIRE} bare"),
            ]
        )
        told = {"old": "earlier", "new": "later", "bare": None}
        assert {match.id: match.direction for match in index.resemble(id="own")} == told
        plain = index.resemble(id="own", passages=False)
        assert {match.id: (match.direction, match.passages) for match in plain} == {
            name: (direction, ()) for name, direction in told.items()
        }

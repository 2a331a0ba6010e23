"""Dates as people write them: what each form means, by the rules of its standard, and what means nothing."""

from datetime import datetime
from typing import Any

import pytest

from dedup.dates import moment, published

TIMES: dict[Any, str] = {
    "2024-01-01T10:00:00Z": "2024-01-01T10:00:00",
    "2024-01-01T10:00:00.250+02:00": "2024-01-01T08:00:00.250000",
    "2024-01-01 10:00": "2024-01-01T10:00:00",
    "2024-01-01t10:00:00z": "2024-01-01T10:00:00",
    "2024-01-01 10:00:00 UTC": "2024-01-01T10:00:00",
    "2024-01-01 10:00:00 +0100": "2024-01-01T09:00:00",
    "20240101T100000Z": "2024-01-01T10:00:00",
    "2024-01-01T24:00:00Z": "2024-01-02T00:00:00",
    "20240101T240000Z": "2024-01-02T00:00:00",
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00",
    "2016-12-31T18:59:60-05:00": "2017-01-01T00:00:00",
    "2023-364T10:00:00Z": "2023-12-30T10:00:00",
    "2024/1/2 9:05": "2024-01-02T09:05:00",
    "2024:01:02 10:00:00": "2024-01-02T10:00:00",
    "Mon, 01 Jan 2024 10:00:00 GMT": "2024-01-01T10:00:00",
    "mon, 1 jan 2024 10:00:00 +0100": "2024-01-01T09:00:00",
    "1 Jan 24 10:00 EST": "2024-01-01T15:00:00",
    "Thu Apr 06 15:24:15 +0000 2017": "2017-04-06T15:24:15",
    "20240101100000": "2024-01-01T10:00:00",
    "202401011000": "2024-01-01T10:00:00",
    1704067200: "2024-01-01T00:00:00",
    1704067200.5: "2024-01-01T00:00:00.500000",
    "1704067200": "2024-01-01T00:00:00",
    "1.7040672E9": "2024-01-01T00:00:00",
    1704067200123: "2024-01-01T00:00:00.123000",
    1704067200123456: "2024-01-01T00:00:00.123456",
    -1000000000: "1938-04-24T22:13:20",
}


@pytest.mark.parametrize("written", TIMES)
def test_time_is_read_in_many_forms(written: str | float) -> None:
    """A point in time is read from ISO 8601, mail, RSS, web archives and numbers, and turned into UTC."""
    found = moment(written)
    assert found is not None
    assert (found.at, found.precision) == (datetime.fromisoformat(f"{TIMES[written]}Z"), "time")


PARTS: dict[Any, tuple[str, str]] = {
    "2023": ("2023", "2023"),
    2023: ("2023", "2023"),
    "2023.0": ("2023", "2023"),
    "2023-12": ("2023-12", "December 2023"),
    "2023/12": ("2023-12", "December 2023"),
    "Dec. 2023": ("2023-12", "December 2023"),
    "2024-01-02": ("2024-01-02", "2 January 2024"),
    "20240102": ("2024-01-02", "2 January 2024"),
    20240102: ("2024-01-02", "2 January 2024"),
    "2024-1-2": ("2024-01-02", "2 January 2024"),
    "2024.01.02": ("2024-01-02", "2 January 2024"),
    "2023-364": ("2023-12-30", "30 December 2023"),
    "2024-366": ("2024-12-31", "31 December 2024"),
    "2024-W05": ("2024-01-29", "29 January 2024"),
    "2024-w05-3": ("2024-01-31", "31 January 2024"),
    "2 January 2024": ("2024-01-02", "2 January 2024"),
    "2-Jan-2024": ("2024-01-02", "2 January 2024"),
    "02-JAN-2024 15:01:09.79": ("2024-01-02T15:01:09Z", "2 January 2024, 15:01 UTC"),
    "January 2, 2024": ("2024-01-02", "2 January 2024"),
    "Tue, 2 Jan 2024": ("2024-01-02", "2 January 2024"),
}


@pytest.mark.parametrize("written", PARTS)
def test_date_without_a_time_says_no_more_than_is_known(written: str | float) -> None:
    """A year, a month or a day is shown as such, and never as its first hour."""
    found = moment(written)
    assert found is not None
    assert (found.machine, str(found)) == PARTS[written]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "3/4/2024",
        "1914-18",
        "2024-02-30",
        "2023-366",
        "2023-000",
        "20241301100000",
        "0000",
        "9999-12-31T24:00:00Z",
        "33658-09-27T01:46:40Z",
        "nan",
        "1e400",
        "9" * 5000,
        "2024-01-01" + " " * 1_000_000 + "x",
        0,
        86400,
        10**5000,
        float("inf"),
        float("nan"),
        True,
        None,
        ["2024-01-01"],
    ],
    ids=range(23),
)
def test_what_names_no_date_or_several_is_none(value: object) -> None:
    """What is no date, could be two, or lies beyond the calendar, is not guessed at."""
    assert moment(value) is None


def test_first_field_that_can_be_read_counts() -> None:
    """`published` goes before `date`, unless it says nothing."""
    assert str(published({"date": "2020", "published": "2021"})) == "2021"
    assert str(published({"date": "2020", "published": "soon"})) == "2020"
    assert published({"title": "2020"}) is None

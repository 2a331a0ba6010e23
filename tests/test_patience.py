"""Faults that may pass are outlasted, and no others."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dedup.patience import patiently, retry_after


class Busy(Exception):
    """A fault that may pass."""


def may_pass(error: BaseException) -> bool:
    """Whether an error is such a fault."""
    return isinstance(error, Busy)


def failing(errors: list[Exception], tries: list[float]) -> Callable[[], str]:
    """Return what raises the errors one after the other and then returns "done"; `tries` takes each moment."""

    def act() -> str:
        tries.append(time.monotonic())
        if errors:
            raise errors.pop(0)
        return "done"

    return act


def test_passing_faults_are_outlasted_with_growing_pauses() -> None:
    """Pauses double up to the longest, and at most a first pause comes on top; each error is told beforehand."""
    tries, told = list[float](), list[Exception]()
    errors = [Busy(str(number)) for number in range(4)]
    act = failing(list(errors), tries)
    assert patiently(act, may_pass, seconds=60, pauses=(0.02, 0.05), before_pause=told.append) == "done"
    assert told == errors
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert all(pause >= least for pause, least in zip(pauses, (0.02, 0.04, 0.05, 0.05), strict=True))
    assert sum(pauses) < 60


def test_other_errors_are_raised_at_once() -> None:
    """An error that no further try can mend is raised after the try that met it."""
    tries = list[float]()
    with pytest.raises(KeyError):
        patiently(failing([Busy(), KeyError()], tries), may_pass, seconds=60, pauses=(0.001, 1))
    assert len(tries) == 2


def test_patience_ends_in_the_last_error() -> None:
    """When the time is over the last try's error is raised, not before a last try at the end of that time."""
    tries = list[float]()
    errors: list[Exception] = [Busy(str(number)) for number in range(1000)]
    with pytest.raises(Busy) as raised:
        patiently(failing(errors, tries), may_pass, seconds=0.2, pauses=(0.01, 10))
    assert str(raised.value) == str(len(tries) - 1)
    assert tries[-1] - tries[0] >= 0.19


def test_no_patience_is_a_single_try() -> None:
    """With 0 seconds there is one try."""
    tries = list[float]()
    with pytest.raises(Busy):
        patiently(failing([Busy()], tries), may_pass, seconds=0, pauses=(10, 10))
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        (" 7 ", 7, 7),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(hours=2)), 5_000, 7_200, id="in two hours"),
        pytest.param(format_datetime(datetime.now(UTC) - timedelta(hours=2)), 0, 0, id="two hours ago"),
        ("", 0, 0),
        ("²", 0, 0),
        ("soon", 0, 0),
        ("Mon, 99 Foo 2026 25:00:00 GMT", 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, least: float, most: float) -> None:
    """The header asks for a number of seconds or for a moment; what is neither, or past, asks for nothing."""
    assert least <= retry_after(header) <= most

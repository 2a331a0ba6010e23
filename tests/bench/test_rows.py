"""Rows say what they are, and come back from a file as they went in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness.clock import Times, race
from benchmarks.harness.machine import facts
from benchmarks.harness.result import Run
from benchmarks.harness.row import Row, middle

SPEED = Row(table="t", name="resembles", case="c", unit="MB/s", median=2.0, accuracy=0.5, measure="recall", version="1")


def test_a_speed_without_what_was_found_is_refused() -> None:
    """A row of megabytes a second must say what share was found; a row of bytes need not."""
    with pytest.raises(ValueError, match="without recall"):
        Row(table="t", name="n", case="c", unit="MB/s", median=1.0)
    assert Row(table="t", name="n", case="c", unit="bytes/document", median=1.0).accuracy is None


def test_an_accuracy_says_of_what() -> None:
    """A figure between 0 and 1 alone says nothing."""
    with pytest.raises(ValueError, match="go together"):
        replace(SPEED, measure="")


def test_an_unknown_unit_is_refused() -> None:
    """Which way is better must be known of every unit."""
    with pytest.raises(ValueError, match="unknown unit"):
        replace(SPEED, unit="furlongs")


@pytest.mark.parametrize(("unit", "better"), [("MB/s", 3.0), ("ms", 1.0), ("share", 3.0), ("RMSE", 1.0)])
def test_better_is_more_of_a_rate_and_less_of_a_duration(unit: str, better: float) -> None:
    """A peer with the better figure beats ours, not the other way round."""
    ours = replace(SPEED, unit=unit)
    peer = replace(ours, name="peer", median=better)
    assert peer.beats(ours)
    assert not ours.beats(peer)


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Writing and reading a run changes nothing but digits beyond the fifth."""
    run = Run("tiny", facts(), [SPEED, replace(SPEED, median=1.23456789, wall=0.5)], {"s": 1.0}, ["x"])
    run.write(tmp_path)
    back = Run.read(tmp_path)
    assert back.rows == [SPEED, replace(SPEED, median=1.2346, wall=0.5)]
    assert (back.machine, back.seconds, back.left_out) == (run.machine, run.seconds, run.left_out)


@pytest.mark.parametrize("change", [{"schema": 0}, {"rows": [{"table": "t", "name": "n"}]}])
def test_a_file_of_another_schema_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """Neither another version nor rows that lack fields are taken for results."""
    path = Run("tiny", facts(), [SPEED]).write(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises((ValueError, TypeError)):
        Run.read(tmp_path)


def test_the_machine_is_told() -> None:
    """Processor, cores, memory, kernel, Python, date and the versions of what was measured are there."""
    told = facts()
    assert told["python"].startswith("3.")
    for name in ("date", "processor", "cores", "memory", "kernel", "numba", "numpy", "resembles"):
        assert told[name]


def test_median_and_spread_are_those_of_the_textbook() -> None:
    """Of 1 to 5 the median is 3, the quartiles 2 and 4."""
    assert middle([5, 1, 4, 2, 3]) == (3, 2)


def test_a_race_turns_the_order_and_warms_up() -> None:
    """Each way runs once uncounted, then once a round, and begins a round in turn."""
    order = list[str]()
    taken = race({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert len(taken["a"].cpu) == len(taken["b"].wall) == 2


def test_rates_on_one_thread_are_of_processor_time() -> None:
    """One thread: by the processor; two: by the clock."""
    times = Times(cpu=[1, 1, 1], wall=[2, 2, 2])
    assert times.rates(10) == (10, 0, 5)
    assert times.rates(10, threads=2) == (5, 0, 5)

"""`bench-check` fails on more instructions and on lost recall, and on nothing else."""

import tomllib
from pathlib import Path

import pytest
from programs import needed

from benchmarks.budgets.check import BUDGETS, complaints, instructions, main, recalls
from dedup.scheme import Scheme

KEPT = tomllib.loads(BUDGETS.read_text(encoding="utf-8"))
SCRIPT = """
import sys
from benchmarks.budgets.counted import counted

def loop():
    for _ in range(20_000):
        pass

counted({"loop": loop}, int(sys.argv[1]))
"""


@pytest.fixture
def valgrind() -> str:
    """The program that counts instructions."""
    return needed("valgrind")


def test_what_is_as_budgeted_passes() -> None:
    """The budgets themselves, and a tenth more instructions, are no complaint."""
    more = {name: 1.09 * value for name, value in KEPT["instructions"].items()}
    assert complaints(KEPT["instructions"], KEPT["recall"], KEPT) == []
    assert complaints(more, KEPT["recall"], KEPT) == []


def test_each_workload_that_got_slower_is_named() -> None:
    """Eleven per cent more of any one workload is a complaint that names it."""
    for name in KEPT["instructions"]:
        slower = {**KEPT["instructions"], name: 1.11 * KEPT["instructions"][name]}
        (told,) = complaints(slower, KEPT["recall"], KEPT)
        assert name in told
        assert "+11%" in told


def test_any_lost_recall_is_named() -> None:
    """Losing one passage in a hundred is a complaint."""
    for name in KEPT["recall"]:
        (told,) = complaints(KEPT["instructions"], {**KEPT["recall"], name: KEPT["recall"][name] - 0.01}, KEPT)
        assert name in told


def test_what_is_not_in_the_budgets_is_named() -> None:
    """A workload that is new, or gone, does not pass in silence."""
    told = complaints({**KEPT["instructions"], "new": 1.0}, {}, KEPT)
    assert sorted(line.partition(":")[0] for line in told) == sorted(["new", *KEPT["recall"]])


def test_recall_is_as_budgeted_and_lost_by_a_worse_scheme() -> None:
    """The present scheme finds what the budgets say; one of long shingles and few bands really loses some of it."""
    assert complaints(KEPT["instructions"], recalls(), KEPT) == []
    worse = recalls(Scheme(k=8, w=16, bands=8, rows=16))
    assert complaints(KEPT["instructions"], worse, KEPT)


@pytest.mark.usefixtures("valgrind")
def test_a_doubled_workload_takes_twice_the_instructions_and_fails(tmp_path: Path) -> None:
    """Counted for real: twice the work is about twice the count, to a per cent; start-up is not counted."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    once, twice = (instructions((str(script), turns)) for turns in ("1", "2"))
    assert twice["loop"] / once["loop"] == pytest.approx(2, rel=0.1)
    budgets = {"instructions": once, "recall": {}}
    assert complaints(once, {}, budgets) == []
    assert complaints(twice, {}, budgets)


@pytest.mark.slow
@pytest.mark.usefixtures("valgrind")
def test_the_command_fails_when_the_workloads_are_doubled(capsys: pytest.CaptureFixture[str]) -> None:
    """Run as CI runs it, but with each workload done twice: it names every one of them and exits with 1."""
    with pytest.raises(SystemExit) as exit_info:
        main(["--turns", "2"])
    assert exit_info.value.code == 1
    told = capsys.readouterr().out
    assert all(f"worse: {name}" in told for name in KEPT["instructions"])

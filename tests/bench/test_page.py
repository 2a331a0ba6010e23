"""docs/performance.md is what the results say."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harness.result import RESULTS, Run
from benchmarks.harness.row import Row
from benchmarks.report.page import PAGE, PARTS, TEMPLATE, page

FULL = RESULTS / "full"
OURS = Row(
    table="Indexes", name="resembles, memory", case="insert", unit="inserts/s", median=100, accuracy=1, measure="recall"
)
PEER = replace(OURS, name="peer", version="7", accuracy=0.25)


def better(*rows: Row) -> str:
    """Return what the page says of peers that are better."""
    return "\n".join(PARTS["better"](Run("full", {}, rows)))


def test_the_page_is_made_from_the_results() -> None:
    """docs/performance.md is, letter for letter, what the latest full run gives."""
    assert PAGE.read_text(encoding="utf-8") == page(Run.read(FULL))


def test_the_results_are_of_a_full_run_and_name_every_suite() -> None:
    """What is kept is a whole run, with machine and versions."""
    run = Run.read(FULL)
    assert run.size == "full"
    assert run.machine["processor"]
    assert {"hot_path", "sketching", "indexes", "documents", "grid", "end_to_end"} <= set(run.seconds)


def test_every_part_of_the_template_is_known_and_filled() -> None:
    """Each {{name}} in the template has a maker, and every maker is used."""
    assert set(re.findall(r"{{(.*?)}}", TEMPLATE.read_text(encoding="utf-8"))) == set(PARTS)


def test_every_picture_of_the_page_is_there() -> None:
    """The page shows no picture that does not exist."""
    shown = re.findall(r"!\[.*?\]\((.*?)\)", PAGE.read_text(encoding="utf-8"))
    assert shown
    assert all((PAGE.parent / path).exists() for path in shown)


def test_a_better_peer_is_named_with_what_it_found() -> None:
    """A peer with the better figure is listed, and its recall beside it."""
    told = better(OURS, replace(PEER, median=300))
    assert "peer (7)" in told
    assert "300 against 100" in told
    assert "0.25" in told


@pytest.mark.parametrize("median", [101, 90])
def test_a_peer_within_the_spread_or_behind_is_not_called_better(median: float) -> None:
    """One per cent is noise."""
    assert "nowhere" in better(OURS, replace(PEER, median=median))


def test_a_peer_is_better_only_where_all_of_ours_are_worse() -> None:
    """Two ways of ours: the better of them counts."""
    ours, peer = replace(OURS, table="t"), replace(PEER, table="t", median=300)
    assert "nowhere" in better(ours, replace(ours, name="resembles, other", median=400), peer)


def test_indexes_in_memory_are_compared_with_ours_in_memory() -> None:
    """That ours on disk is better says nothing of ours in memory."""
    assert "300 against 100" in better(
        OURS, replace(OURS, name="resembles, LMDB", median=400), replace(PEER, median=300)
    )


def test_other_sizes_are_not_compared(tmp_path: Path) -> None:
    """A peer's figure at another size says nothing against ours."""
    assert "nowhere" in better(OURS, replace(PEER, median=300, size=7))

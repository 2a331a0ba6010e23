"""docs/performance.md is what the results say."""

import re
from dataclasses import replace

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
    """A peer with the better figure has a line, and what both found beside the figures."""
    assert "| peer | 300 (found 0.25) | 100 (found 1.00) | 3.00 × |" in better(OURS, replace(PEER, median=300))


def test_the_best_peer_comes_first_and_others_are_named() -> None:
    """Of two better packages the line gives the figure of the better one, and the name of the other."""
    told = better(OURS, replace(PEER, median=200), replace(PEER, name="quick, bulk", median=300))
    assert "| quick, bulk; also peer | 300 " in told


def test_the_reason_is_told_once_a_table() -> None:
    """Two cases of one table: why peers are better stands in the first line only."""
    ours, peer = (replace(row, case="size", unit="bytes/document") for row in (OURS, PEER))
    assert better(OURS, replace(PEER, median=300), ours, replace(peer, median=30)).count("signatures only") == 1


@pytest.mark.parametrize("median", [101, 90])
def test_a_peer_within_the_spread_or_behind_is_not_called_better(median: float) -> None:
    """One per cent is noise."""
    assert "Nowhere" in better(OURS, replace(PEER, median=median))


def test_a_peer_is_better_only_where_all_of_ours_are_worse() -> None:
    """Two ways of ours: the better of them counts."""
    ours, peer = replace(OURS, table="t"), replace(PEER, table="t", median=300)
    assert "Nowhere" in better(ours, replace(ours, name="resembles, other", median=400), peer)


def test_indexes_in_memory_are_compared_with_ours_in_memory() -> None:
    """That ours on disk is better says nothing of ours in memory."""
    told = better(OURS, replace(OURS, name="resembles, LMDB", median=400), replace(PEER, median=300))
    assert "| 300 (found 0.25) | 100 (found 1.00) |" in told


def test_other_sizes_are_not_compared() -> None:
    """A peer's figure at another size says nothing against ours."""
    assert "Nowhere" in better(OURS, replace(PEER, median=300, size=7))


def line(number: int, *rows: Row) -> str:
    """Return a line of the five figures."""
    return list(PARTS["five"](Run("full", {}, rows)))[2 + number]


SKETCHED = Row(
    table="Text to sketch",
    name="resembles",
    case="300 words",
    unit="MB/s",
    median=120,
    accuracy=1,
    measure="of copies with 5 words put before",
)
PAIRS = Row(
    table="Near-duplicate documents",
    name="resembles, dedup corpus",
    case="real, 0.8",
    unit="share",
    median=1,
    size=50,
    accuracy=0.99,
    measure="precision",
)


def test_the_first_figure_leaves_out_threads_and_ways_that_see_no_copies() -> None:
    """The peer beside ours is the fastest on one thread that still sees copies as alike; the ratio is of those two."""
    told = line(
        0,
        replace(SKETCHED, name="resembles, 2 threads", median=200),
        SKETCHED,
        replace(SKETCHED, name="quick, sampling", median=90, accuracy=0.1),
        replace(SKETCHED, name="quick, 2 threads", median=80),
        replace(SKETCHED, name="quick, full", median=40),
        replace(SKETCHED, name="slow", median=20),
    )
    assert "| **120 MB/s**, 3.00 times the other | quick: 40.0 MB/s |" in told


def test_pairs_found_are_those_of_the_best_peer_by_f1() -> None:
    """A peer that returns everything is not the best one."""
    told = line(
        2,
        PAIRS,
        replace(PAIRS, name="all", accuracy=0.01),
        replace(PAIRS, name="fair", median=0.9, accuracy=0.9),
        replace(PAIRS, case="real, 0.5", name="late", median=0.95, accuracy=0.95),
    )
    assert "| **1.00, precision 0.99** | fair: 0.90, precision 0.90 | real, 50 texts" in told


def test_documents_a_second_are_of_the_corpus_job_on_the_same_texts() -> None:
    """One thread beside the best peer on one, with what that found; ours on two is told as well."""
    row = replace(PAIRS, unit="documents/s", measure="recall", accuracy=0.9)
    told = line(
        3,
        replace(row, median=4_000),
        replace(row, name="resembles, dedup corpus, 2 threads", median=7_000),
        replace(row, name="resembles, of another time", median=20_000),
        replace(row, name="quick", median=9_000),
        replace(row, name="quick, 2 threads", median=11_000),
    )
    assert "| **4,000 documents/s**, 7,000 on 2 | quick: 9,000 documents/s, 0.90 of the pairs | 50 texts; " in told


def test_hot_look_ups_are_told_as_multiples_at_the_largest_size() -> None:
    """Twice as long at the largest size; what is larger than any cold look-up measured has no ratio."""
    cold = replace(OURS, case="look-up, p50", unit="ms", median=3, size=1_000)
    warm = replace(cold, case="look-up, hot, p50", median=6)
    peers = (replace(cold, name="peer"), replace(warm, name="peer", size=9_000))
    told = "\n".join(PARTS["hot"](Run("full", {}, (replace(warm, size=10, median=99), cold, warm, *peers))))
    assert told.endswith("(documents): resembles, memory 2.00 (1,000).")


def test_a_run_without_rows_says_so_in_every_part() -> None:
    """Nothing measured: five figures that are not measured yet, and no part that is an empty table."""
    run = Run("full", Run.read(FULL).machine, [])
    assert page(run).count("not measured yet") > 15
    assert "|  |\n| --- |\n" not in page(run)
    assert [line(number).count("not measured yet") > 0 for number in range(5)] == [True] * 5


def test_the_page_begins_with_five_figures_a_picture_and_where_peers_are_better() -> None:
    """A reader of two minutes meets these before anything else."""
    told = PAGE.read_text(encoding="utf-8")
    marks = ("| From raw text", "| Passages of PAN", "/glance.svg", "## Where a peer is better", "## The hot path")
    assert sorted(marks, key=told.index) == list(marks)


def test_contents_lead_to_headings() -> None:
    """Each entry of the contents is the address that GitHub gives a heading of the page."""
    told = PAGE.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.*)$", told, re.MULTILINE)
    headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"^- \[.*?\]\(#(.*?)\)$", told, re.MULTILINE)) == headings

"""The report in a real browser: one file that needs nothing else."""

from pathlib import Path

import pytest
from browser.corpus import HOSTILE
from browser.pages import Open, focused, serious


def test_report_needs_no_other_file(visit: Open, report: Path) -> None:
    """The file styles itself, its script runs under its own policy, and a hostile text in it is only text."""
    page = visit(report.as_uri())
    assert page.locator(".pair").count() > 5
    assert page.locator(".sides").first.evaluate("sides => getComputedStyle(sides).display") == "grid"
    assert page.locator("main script, main img").count() == 0
    assert page.get_by_text(HOSTILE[:30]).count()


def test_report_is_walked_by_keyboard(visit: Open, report: Path) -> None:
    """J reaches the matches of the first query, then the passages of its pairs; Enter goes to the other text."""
    page = visit(report.as_uri())
    page.keyboard.press("j")
    assert focused(page) == "q1p1.1"
    page.keyboard.press("Enter")
    page.wait_for_selector("#q1m1a1:focus, #q1m1a1:target")
    while not focused(page).startswith("q1m1a"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert focused(page).startswith("q1m1b")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious_in_a_report(visit: Open, report: Path, scheme: str) -> None:
    """A report has no serious or critical finding."""
    assert serious(visit(report.as_uri(), color_scheme=scheme)) == []

"""The report in a real browser: one file that needs nothing else."""

from pathlib import Path

import pytest
from browser.corpus import HOSTILE
from browser.pages import Open, focused, serious
from golden.contents import read


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


def test_a_report_of_an_earlier_version_opens(visit: Open, tmp_path: Path) -> None:
    """A report that was made once and never again shows its figure, its marks and both texts, and can be walked."""
    path = tmp_path / "report.html"
    path.write_bytes(read("report.html"))
    page = visit(path.as_uri())
    assert "of this text appears in" in page.locator(".claim").inner_text()
    assert page.locator(".words mark").count()
    assert page.locator(".pair").count()
    page.keyboard.press("j")
    assert focused(page) == "q1p1.1"


def test_what_counts_is_chosen_in_a_report(visit: Open, report: Path) -> None:
    """In the file alone, leaving all sources of the first text out makes its figure nothing, and unmarks it."""
    page = visit(report.as_uri())
    first = page.locator(".whole").filter(has=page.locator(".claim")).first
    for box in first.get_by_label("Leave out").all():
        box.check()
    assert first.locator("[data-share]").inner_text() == "0 %"
    assert first.locator(".words mark:not(.quiet)").count() == 0


def test_a_report_is_whole_without_javascript(visit: Open, report: Path) -> None:
    """Without a script a report shows figures, marks and sources; a number leads to both texts; nothing is dead."""
    page = visit(report.as_uri(), java_script_enabled=False)
    assert page.locator(".claim").first.is_visible()
    assert not page.locator(".chips:visible, .choices:visible, .steps button:visible").count()
    badge = page.locator(".words a.n").first
    badge.click()
    assert page.url.endswith(str(badge.get_attribute("href")))


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious_in_a_report(visit: Open, report: Path, scheme: str) -> None:
    """A report has no serious or critical finding."""
    assert serious(visit(report.as_uri(), color_scheme=scheme)) == []

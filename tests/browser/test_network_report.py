"""The report of a network in a real browser, at a desk and on a telephone."""

from pathlib import Path
from typing import Any

import pytest
from browser.corpus import APART, STORY
from browser.pages import Open, serious

import dedup
from dedup.corpus.network import Job, over

pytestmark = pytest.mark.slow

PAPERS = ("Northern Gazette", "Herald and Advertiser", "Evening Courier", "Observer of the Valley", "Weekly Chronicle")
BOXES = """() => [...document.querySelectorAll('.network text')].filter(one => getComputedStyle(one).display != 'none')
    .map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.bottom])"""
WIDTHS = "[document.documentElement.scrollWidth, document.querySelector('.network').getBoundingClientRect().right]"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of twenty pages of five papers that print one story."""
    texts = (f"{APART[i % 6]} page {i} {STORY} {' '.join(f'end{i}x{n}' for n in range(20))}" for i in range(20))
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        index.put(
            dedup.Document(
                f"page/{i}", text, {"title": f"{PAPERS[i % 5]} {i}", "paper": PAPERS[i % 5], "date": 1850 + i}
            )
            for i, text in enumerate(texts)
        )
        over(index, tmp_path / "out", Job(series="paper"))
    return tmp_path / "out/report.html"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_of_a_network_fits_the_window(visit: Open, report: Path, width: int) -> None:
    """Nothing but the table is wider than the window, and no name in the drawing lies on another or is cut."""
    page = visit(report.as_uri(), viewport={"width": width, "height": 800})
    whole, right = page.evaluate(WIDTHS)
    assert whole <= width
    assert right <= width
    boxes: list[Any] = page.evaluate(BOXES)
    assert boxes
    assert all(left >= 0 and end <= width for left, end, _ in boxes)
    for i, (left, end, line) in enumerate(boxes):
        assert not [other for other in boxes[:i] if left < other[1] and other[0] < end and abs(line - other[2]) < 10]


def test_the_words_of_a_printing_are_read_under_its_text(visit: Open, report: Path) -> None:
    """Opened, the list of a text's printings shows each one's words and date; axe finds nothing serious in it."""
    page = visit(report.as_uri(), viewport={"width": 390, "height": 800})
    page.locator("details.members summary").first.click()
    assert page.locator("details.members .quote:visible").count() == 20
    assert page.locator("details.members time:visible").first.inner_text() == "1850"
    assert serious(page) == []

"""What the browser tests ask a page."""

from collections.abc import Callable
from urllib.parse import urlencode

from axe_playwright_python.sync_playwright import Axe
from browser.corpus import HOSTILE, A, B, D
from playwright.sync_api import Page

Open = Callable[..., Page]

PAIR = "pair?" + urlencode({"id": A, "with": B})
PLACES = {
    "home": "",
    "matches": f"matches?id={A}",
    "pair": PAIR,
    "compare": "compare",
    "documents": "documents",
    "passage": f"passage?id={D}&start=1988&end=2688",
    "stories": "stories",
    "story": "story?" + urlencode({"id": HOSTILE}),
    "problem": "matches",
    "watches": "watches",
    "watching": f"watching?id={A}",
}
PASSAGE_TOPS = """n => [...document.querySelectorAll('.text')].map(text =>
    text.querySelector(`.n[data-n="${n}"]`).getBoundingClientRect().top - text.getBoundingClientRect().top)"""


def focused(page: Page) -> str:
    """Return the id of the element that has the focus."""
    name: str = page.evaluate("document.activeElement.id")
    return name


def tops(page: Page, number: int) -> list[float]:
    """Return how far below the top of its text a passage begins, left and right."""
    places: list[float] = page.evaluate(PASSAGE_TOPS, str(number))
    return places


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]

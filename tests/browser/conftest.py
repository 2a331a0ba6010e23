"""A real service, and a real headless Chromium that can reach nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.corpus import documents
from browser.pages import Open
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Route, sync_playwright
from programs import needed
from servers.service import serving

import dedup
from dedup.report.render import section, write

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, with a new profile."""
    chromium = needed("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the corpus."""
    folder = tmp_path_factory.mktemp("page")
    with dedup.open(f"lmdb:{folder / 'index'}", dedup.Scheme(stories=0.5)) as index:
        assert not index.put(documents()).rejected
    with serving(folder) as running:
        yield running.url + "/"


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Open]:
    """Open a page in a context of its own; a script error, a blocked file or a request elsewhere fails the test."""
    complaints, contexts = list[str](), []

    def guard(route: Route) -> None:
        if route.request.url.startswith((address, "file:", "data:")):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        address = message.page.url if message.page else None
        refused = message.text.startswith("Failed to load resource") and message.location["url"] == address
        if message.type == "error" and not refused:
            complaints.append(message.text)

    def refuse(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    def visit(path: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", listen)
        page.on("dialog", refuse)
        page.goto(path if path.startswith("file:") else address + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of all that the served documents resemble, as the command writes it."""
    with dedup.open("memory:") as index:
        index.put(documents(large=False))
        path = tmp_path / "report.html"
        with path.open("w", encoding="utf-8") as file:
            write(
                file, (section(one, index.look_up(None, one.id, dedup.Question()), "word") for one in index.documents())
            )
    return path

"""Make the pictures of the page that the documents show: the seeds, dated, served and looked at in Chromium."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import uvicorn
from playwright.sync_api import Page, sync_playwright

import dedup
from dedup import Document
from service.app import create_app
from service.server import config
from service.settings import Settings

ROOT = Path(__file__).parents[2]
PUBLISHED = {"000": "2018-04-19T22:40:00Z", "001": "2018-04-19T14:05:00Z", "002": "2018-04-18", "003": "2018-04-18"}
SIZE = {"width": 1280, "height": 800}
ASKED, BESIDE = "001", "000"
PASSAGE = "In separate statements"


def documents() -> list[Document]:
    """Return the seeds, called by their first lines."""
    made = []
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        text, number = path.read_bytes().decode(), path.stem[:3]
        dated = {"published": PUBLISHED[number]} if number in PUBLISHED else {}
        title = text.strip().partition("\n")[0].partition(". ")[0][:60].rpartition(" ")[0]
        made.append(Document(number, text, {"title": f"{title} …", **dated}))
    return made


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve them, and yield the address."""
    with dedup.open(f"lmdb:{folder}") as index:
        index.put(documents())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = Settings(index=f"lmdb:{folder}", port=listener.getsockname()[1])
    server = uvicorn.Server(config(settings, create_app(settings)))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{settings.port}/"
    server.should_exit = True
    thread.join()


def take(page: Page, address: str) -> None:
    """Take each picture."""
    page.goto(f"{address}matches?id={ASKED}")
    page.screenshot(path=ROOT / "docs" / "page-whole.png")
    page.goto(f"{address}pair?id={ASKED}&with={BESIDE}")
    page.wait_for_selector("mark.on")
    page.screenshot(path=ROOT / "docs" / "page-pair.png")
    text = next(one.text for one in documents() if one.id == ASKED)
    start = text.index(PASSAGE)
    page.goto(f"{address}passage?id={ASKED}&start={start}&end={text.index('.', start)}")
    page.screenshot(path=ROOT / "docs" / "page-passage.png", full_page=True)


if __name__ == "__main__":
    with TemporaryDirectory() as folder, serving(Path(folder) / "index") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        take(browser.new_page(viewport=SIZE), address)
        browser.close()

"""The main text of HTML pages, extracted in processes of their own: a page may make the extractor hang or crash."""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, cast

import msgspec

from dedup.formats.items import Item, Page, Record, Rejected
from dedup.model import Document

SECONDS = 10.0  # not measured: for a page
MOST_MEMORY = 1 << 30  # not measured: bounds what a hostile page takes
_LOOK_AHEAD = 4  # not measured: pages a process, so that none waits for the slowest


class Task(msgspec.Struct):
    """A page, as it is handed to a process."""

    html: bytes
    charset: str
    url: str


class Extract(msgspec.Struct):
    """What a process found: a text and a title, empty where there is none; `error` if it could not read the page."""

    text: str = ""
    title: str = ""
    error: str = ""


def send(pipe: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message, its length in front."""
    data = msgspec.msgpack.encode(message)
    pipe.write(len(data).to_bytes(4, "little") + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """Return the next message, or nothing at the end."""
    size = int.from_bytes(pipe.read(4), "little")
    data = pipe.read(size)
    return data if len(data) == size else b""


def extracted(items: Iterable[Item | Page], processes: int) -> Generator[Item, None, None]:
    """Yield the items in their order, for each page its document; on so many pages at a time."""
    extractors = [_Extractor() for _ in range(processes)]
    idle = SimpleQueue[_Extractor]()
    for extractor in extractors:
        idle.put(extractor)
    pool = ThreadPoolExecutor(processes)
    try:
        yield from _in_order(items, lambda page: pool.submit(_document, page, idle), _LOOK_AHEAD * processes)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for extractor in extractors:
            extractor.kill()
        pool.shutdown()
        for extractor in extractors:
            extractor.end()


class _Extractor:
    """A process, started when it is first needed, and after each one that died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def extract(self, page: Page) -> Extract | int:
        """Return the extract, or how the process ended: its exit status, or a signal as a negative number."""
        process = self._process = self._process or self._start()
        try:
            send(cast("IO[bytes]", process.stdin), Task(page.html, page.charset, page.url))
            data = receive(cast("IO[bytes]", process.stdout))
        except BrokenPipeError:
            data = b""
        return msgspec.msgpack.decode(data, type=Extract) if data else self.end()

    def kill(self) -> None:
        """Let the process die, whatever it is at."""
        if self._process:
            self._process.kill()

    def end(self) -> int:
        """Wait for the process to end and return what it ended with."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with suppress(BrokenPipeError), process:
            pass
        return process.wait()

    @staticmethod
    def _start() -> "subprocess.Popen[bytes]":
        # -P: a folder to work in may hold modules of any name; a group of its own: an interrupt is not for it
        command = [sys.executable, "-P", "-m", "dedup.formats.extractor", str(SECONDS), str(MOST_MEMORY)]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, process_group=0)  # noqa: S603 - our own


def _in_order(items: Iterable[Item | Page], submit: Callable[[Page], Future[Item]], look_ahead: int) -> Iterator[Item]:
    """Yield the items, pages replaced by what becomes of them; at most `look_ahead` items wait for a page."""
    waiting = deque[Item | Future[Item]]()
    for item in items:
        waiting.append(submit(item) if isinstance(item, Page) else item)
        while waiting and (len(waiting) > look_ahead or not isinstance(waiting[0], Future) or waiting[0].done()):
            yield _result(waiting.popleft())
    while waiting:
        yield _result(waiting.popleft())


def _result(item: Item | Future[Item]) -> Item:
    return item.result() if isinstance(item, Future) else item


def _document(page: Page, idle: SimpleQueue[_Extractor]) -> Item:
    extractor = idle.get()
    try:
        found = extractor.extract(page)
    finally:
        idle.put(extractor)
    if found == -signal.SIGALRM:
        reason = f"no main text was found within {SECONDS:g} seconds; extract the text yourself"
        return Rejected(page.source, page.id, "extraction_timeout", reason)
    if isinstance(found, int):
        how = f"signal {-found}" if found < 0 else f"exit status {found}"
        reason = f"the page ended the extractor ({how}); extract the text yourself"
        return Rejected(page.source, page.id, "extraction_failed", reason)
    if found.error:
        return Rejected(page.source, page.id, "extraction_failed", f"{found.error}; extract the text yourself")
    if not found.text:
        return Rejected(page.source, page.id, "no_main_text", "no main text was found in the page")
    metadata = {"title": found.title, **page.metadata} if found.title else page.metadata
    return Record(page.source, Document(page.id, found.text, metadata))

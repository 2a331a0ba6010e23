"""Watches from the command line: put, listed, removed, and their hits read."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from dedup.cli.opening import lasting, open_index
from dedup.cli.terminal import clean, line
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import InvalidDocument, StoreReadOnly
from dedup.formats import Reading, Rejected, read_text
from dedup.model import Hit, Watch
from dedup.record import hit_json, watch_json
from dedup.search.question import WatchFields

_PAUSE = 1.0  # seconds; not measured: soon enough for a reader, and hardly any work for the index
_PAGE = 100  # not measured: hits read at once
_SHOWN = 60  # characters of a text in a list, so that a watch is a line


class Wanted(NamedTuple):
    """What a new watch is for: a text, or the text in a file, or that of a document."""

    name: str
    path: str | None
    text: str | None
    id: str | None


def add(wanted: Wanted, url: str, fields: WatchFields, *, webhook: str | None, webhook_text: bool, json: bool) -> None:
    """Put a watch, and print it."""
    text = _read(wanted.path) if wanted.path else wanted.text
    prepare_kernels()
    with open_index(lasting(url), create=True) as index:
        watch = index.watch(wanted.name, text, id=wanted.id, webhook=webhook, webhook_text=webhook_text, **fields)
    print(line(watch_json(watch)) if json else f"watching for {_in_short(watch)}")


def _read(path: str) -> str:
    item = read_text(path, Reading())
    if isinstance(item, Rejected):
        raise InvalidDocument(item.code, f"{item.source}: {item.reason}")
    return item.document.text


def show(url: str, *, json: bool) -> None:
    """Print all watches, one a line."""
    with open_index(url, read_only=True) as index:
        for watch in index.watches():
            print(line(watch_json(watch)) if json else _in_short(watch))


def _in_short(watch: Watch) -> str:
    """Return a watch in a line: its name, how its text begins, where its hits are sent."""
    begins = " ".join(watch.text[: 2 * _SHOWN].split())
    shown = begins if len(begins) <= _SHOWN else f"{begins[:_SHOWN]} …"
    sent = f", sent to {watch.webhook}" if watch.webhook else ""
    return clean(f"{watch.name}: {shown}{sent}")


def remove(names: Sequence[str], url: str, *, json: bool) -> None:
    """Remove watches, and print how many there were."""
    with open_index(url) as index:
        removed = sum(index.unwatch(name) for name in dict.fromkeys(names))
    unknown = len(dict.fromkeys(names)) - removed
    print(line({"removed": removed, "unknown": unknown}) if json else f"{removed:,} removed, {unknown:,} unknown")


def hits(name: str | None, url: str, after: str, most: int | None, *, follow: bool, json: bool) -> None:
    """Print hits, the first of what came in first."""
    prepare_kernels()
    with _opened(url) as index:
        for hit in islice(_hits(index, name, after, follow=follow), most):
            if json:
                print(line(hit_json(hit)), flush=True)
            else:
                from dedup.cli.print_answer import show_hit  # noqa: PLC0415 - Rich is loaded for people only

                show_hit(hit, index.sides(hit), index.scheme.unit)


def _opened(url: str) -> Index:
    """Open an index so that what came in can be settled; where it cannot be written, to read alone."""
    with suppress(StoreReadOnly):
        return open_index(url)
    return open_index(url, read_only=True)


def _hits(index: Index, name: str | None, after: str, *, follow: bool) -> Iterator[Hit]:
    while True:
        page = index.hits(name, after, _PAGE)
        yield from page
        after = page.next
        if len(page) < _PAGE:
            if not follow:
                return
            time.sleep(_PAUSE)

"""The index of hits: what came in that resembles a watch, in that order, and how far that has been looked at.

A hit is kept under its id, which begins with the document's number, so that ids sort as the documents came in. Beside
it an empty entry under the watch's name and the number finds the hits of one watch. `cursor` holds the number to go on
from: below it all hits are there. Other records stand behind it: how far hits were sent (`deliveries`).
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, takewhile
from typing import Any

import msgspec
import numpy as np

from dedup.errors import StoreDamaged
from dedup.model import Hit, Hits
from dedup.record import dumps, hit_json
from dedup.stores.base import Buckets, Entry, Store, Stored
from dedup.stores.codec import content, decode, digest, encode

NAME = "hits"
KEPT = 30 * 86_400  # seconds
_CURSOR = "cursor"
_DIGITS = 10  # of a chunk number, which has 32 bits
_REMOVED_AT_ONCE = 1_000  # not measured: half of a put's batch
_READ_AT_ONCE = 100  # not measured: as many as a page has by default
_SPAN = 1_000  # not measured: numbers of documents among which the newest hits are first sought; then among more
_NO_BUCKETS: tuple[Buckets] = (np.empty(0, np.uint64),)


def id_of(number: int, watch: str) -> str:
    """Return the id of the hit that the document of that number is for a watch."""
    return f"{number:0{_DIGITS}}:{watch}"


def number_of(hit: str) -> int:
    """Return the number of the document that the hit of that id is."""
    return int(hit[:_DIGITS])


class HitList:
    """The hits beside an index."""

    def __init__(self, store: Store) -> None:
        """Work on an open index of hits."""
        self.store = store

    def record(self, name: str) -> Mapping[str, Any] | None:
        """Return what is kept under a name that is no hit's."""
        stored = self.store.get([name])[0]
        return _value(stored) if stored else None

    def keep(self, name: str, value: dict[str, Any], *, ttl: int = 0, create: bool = False) -> bool:
        """Keep a record for so many seconds, 0 for ever; with `create` only if there is none. Return whether it is."""
        return self.store.put([_entry(name, value, ttl=ttl, create=create)], self.postings_of) != ["kept"]

    def drop(self, name: str) -> None:
        """Keep a record no longer."""
        self.store.remove([name], self.postings_of)

    def begin(self, number: int) -> None:
        """Write where to begin, unless it is known already."""
        self.keep(_CURSOR, {"next": number}, create=True)

    @property
    def cursor(self) -> int:
        """The number to go on from: of all documents with smaller ones the hits are there."""
        record = self.record(_CURSOR)
        return int(record["next"]) if record else 0

    def add(self, hits: Sequence[tuple[int, Hit]], cursor: int) -> int:
        """Write hits, each with its document's number, then the cursor; return how many of the hits are new."""
        new = self.write(hits)
        self.keep(_CURSOR, {"next": cursor})
        return new

    def write(self, hits: Sequence[tuple[int, Hit]]) -> int:
        """Write hits, each with its document's number; return how many of them are new."""
        entries = [entry for number, hit in hits for entry in _entries(number, hit)]
        statuses = self.store.put(entries, self.postings_of) if entries else []
        return statuses[::2].count("put")

    def page(self, name: str | None, after: str, limit: int, end: int) -> Hits:
        """Return what follows a cursor, of one watch or of all, as far as the documents have smaller numbers."""
        found = self._of_watch(name, after, end) if name is not None else self._of_all(after, end)
        hits = tuple(islice(found, limit))
        return Hits(hits, hits[-1].id if hits else after)

    def newest(self, name: str, limit: int, end: int) -> list[Hit]:
        """Return the last hits of a watch, the newest first, of documents with smaller numbers than `end`."""
        span, first = _SPAN, end
        found = deque[int](maxlen=limit)
        while len(found) < limit and first:
            first, span = max(0, end - span), 8 * span
            found = deque(self._numbers_until(name, id_of(first, ""), end), limit)
        return list(_hits(self.store.get([id_of(number, name) for number in reversed(found)])))

    def forget(self, name: str) -> None:
        """Remove the hits of a watch."""
        numbers = self._numbers(name, "")
        while some := list(islice(numbers, _REMOVED_AT_ONCE)):
            ids = [one for number in some for one in (id_of(number, name), _place(number, name))]
            self.store.remove(ids, self.postings_of)

    def _of_all(self, after: str, end: int) -> Iterator[Hit]:
        for stored in takewhile(lambda stored: stored.id < id_of(end, ""), self.store.scan(after)):
            yield from _hits([stored])

    def _of_watch(self, name: str, after: str, end: int) -> Iterator[Hit]:
        numbers = self._numbers_until(name, after, end)
        ids = (one for one in (id_of(number, name) for number in numbers) if one > after)
        while some := list(islice(ids, _READ_AT_ONCE)):
            yield from _hits(self.store.get(some))

    def _numbers_until(self, name: str, after: str, end: int) -> Iterator[int]:
        return takewhile(lambda number: number < end, self._numbers(name, after))

    def _numbers(self, name: str, after: str) -> Iterator[int]:
        """Iterate over the numbers of the documents that are hits of a watch, from shortly before a hit's id on."""
        stem = f"@{name}:"
        for stored in self.store.scan(stem + after[: _DIGITS - 1]):
            if not stored.id.startswith(stem):
                return
            if len(stored.id) == len(stem) + _DIGITS:  # else it is of a watch whose name goes on
                yield int(stored.id[len(stem) :])

    def postings_of(self, stored: Stored) -> tuple[Buckets, ...]:
        """Return the buckets of an entry as it is stored: none, if it can be read."""
        _value(stored)
        return _NO_BUCKETS


def _place(number: int, name: str) -> str:
    """Return where a hit is found by its watch: behind all ids of hits, which begin with a digit."""
    return f"@{name}:{number:0{_DIGITS}}"


def _entries(number: int, hit: Hit) -> tuple[Entry, Entry]:
    return (
        _entry(hit.id, hit_json(hit), ttl=KEPT, create=True),
        _entry(_place(number, hit.watch), {}, ttl=KEPT, create=True),
    )


def _entry(name: str, value: dict[str, Any], *, ttl: int = 0, create: bool = False) -> Entry:
    whole = content("", dumps(value))
    return Entry(name, digest(whole), encode(whole), _NO_BUCKETS, ttl, create)


def _hits(found: Sequence[Stored | None]) -> Iterator[Hit]:
    """Yield those that can be read; `check` names the others."""
    for stored in found:
        with suppress(StoreDamaged):
            if stored:
                yield msgspec.convert(_value(stored), Hit)


def _value(stored: Stored) -> Mapping[str, Any]:
    return decode(stored.id, stored.payload, stored.digest).metadata

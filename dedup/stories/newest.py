"""The stories of the newest documents: read from the end of the index backwards, within bounds."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dedup.dates import Moment, bound_of, published
from dedup.errors import InvalidInput
from dedup.search.lookup import Watch, unwatched
from dedup.stores.base import Snapshot, Store, Stored
from dedup.stories.members import document_of, membership, of_story, place, read
from dedup.stories.story import Order, Outline, Since, Stories
from dedup.stories.telling import require_stories

NUMBERS = 20_000  # ADR 33: numbers of the newest documents, and of the parts of long ones: so far back is read
BLOCK = 256  # not measured: numbers read at once
OUTLINED = 100  # not measured: of a story's documents the first and the newest, of which its outline tells
OPENING = 200  # not measured: code points, two lines
MOST = 200  # not measured: stories outlined at once


class _Bounds(NamedTuple):
    """Which documents count: those from a number on, whose date is not before a time."""

    number: int = 0
    time: Moment | None = None

    def takes(self, stored: Stored) -> bool:
        """Return whether a document, which has a number that counts, has a date that does."""
        if self.time is None:
            return True
        when = published(document_of(stored).metadata)
        return when is not None and not when.before(self.time)


def newest(
    store: Store, since: Since = None, limit: int = 20, order: Order = "newest", watch: Watch = unwatched
) -> Stories:
    """Return the stories of the newest documents, at most so many.

    Args:
        store: the index.
        since: consider only documents that came in from that number on, the `next` of an earlier call; or, if it is a
            string, those whose date is not before what it names: a date, a time, or `-7d`. By default the newest.
        limit: stories to return, 1 to 200.
        order: "newest": those first whose last document came in last; "largest": those of most documents considered.
        watch: told of each block of documents read.

    Raises:
        NoStories: the index has none.
        InvalidInput: `since`, `limit` or `order` makes no sense.
        StoreDamaged: a document of one of them cannot be read.
    """
    require_stories(store)
    bounds = _bounds(since)
    if type(limit) is not int or not 1 <= limit <= MOST:
        raise InvalidInput(f"limit {limit!r}: give a whole number from 1 to {MOST}")
    if order not in ("newest", "largest"):
        raise InvalidInput(f"order {order!r}: give newest or largest")
    enough = limit + 1 if order == "newest" and since is None else NUMBERS
    end, _ = store.arrivals()
    if bounds.number > end:
        raise InvalidInput(
            f"since {since}: no document has that number yet, the next to come in gets {end}; write a year as a day, "
            "2026-01-01"
        )
    least = max(bounds.number, end - NUMBERS)
    numbers, count, at = defaultdict[str, list[int]](list), 0, end
    with store.snapshot() as now:
        while at > least and len(numbers) < enough:
            at, stop = max(at - BLOCK, least), at
            for stored in _arrived(now, at, stop):
                if bounds.takes(stored) and (story := membership(stored).story):
                    numbers[story].append(stored.number)
                    count += 1
            watch("read", count)
        names = sorted(numbers, key=lambda name: (-len(numbers[name]) if order == "largest" else 0, -numbers[name][0]))
        outlines = [_outline(now, name, numbers[name]) for name in names[:limit]]
    return Stories(tuple(filter(None, outlines)), len(numbers), count, end, truncated=at > bounds.number)


def since_of(written: str | None) -> Since:
    """Return what a command line or an address says of `since`: digits alone are a number, so no year."""
    return int(written[:12]) if written and written.isdecimal() else written or None


def _bounds(since: Since) -> _Bounds:
    if since is None:
        return _Bounds()
    if type(since) is int and since >= 0:
        return _Bounds(since)
    try:
        time = bound_of(since) if isinstance(since, str) else None
    except ValueError as error:
        raise InvalidInput(f"since {since!r}: {error}") from None
    if time is None:
        raise InvalidInput(f"since {since!r}: give a date, a time, -7d, or the `next` of an earlier answer")
    return _Bounds(time=time)


def _arrived(now: Snapshot, first: int, end: int) -> Iterator[Stored]:
    """Yield the living documents that have numbers from `first` up to `end`, the newest first."""
    numbers = np.arange(first, end, dtype=np.uint32)[::-1]
    for number, stored in zip(numbers.tolist(), now.fetch(numbers), strict=True):
        if stored and stored.number == number:
            yield stored


def _outline(now: Snapshot, name: str, numbers: list[int]) -> Outline | None:
    """Return a story's outline, told by the documents that came in first and by the newest, those of these numbers.

    None if all were removed meanwhile.
    """
    reading = read(now, name, 0, OUTLINED)
    known = {one.number for one in reading.stored}
    later = np.array([one for one in sorted(numbers)[-OUTLINED:] if one not in known], np.uint32)
    for stored in of_story(now, later, name):
        reading.add(stored)
    if not reading.stored:
        return None
    dates = sorted(reading.dates.values(), key=lambda when: when.at)
    document = document_of(min(reading.stored, key=lambda one: place(one, reading.dates)))
    return Outline(
        name,
        reading.count,
        len(numbers),
        dates[0].machine if dates else None,
        dates[-1].machine if dates else None,
        len(reading.stored) < reading.count,
        document.id,
        " ".join(document.text[: 2 * OPENING].split())[:OPENING],
        dict(document.metadata),
    )

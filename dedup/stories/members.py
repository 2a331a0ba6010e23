"""The documents of a story as a store holds them: read, counted, in the order of their dates."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from dedup.dates import Moment, published
from dedup.model import Document
from dedup.stores.base import Buckets, Numbers, Snapshot, Stored
from dedup.stores.codec import decode
from dedup.stores.membership import Membership, members_of, membership_of

ROUND = 64  # not measured: documents in a request
BYTES = 1 << 26  # not measured: payloads held at once
_ALL = 1 << 31  # more than a bucket lists


@dataclass(slots=True)
class Reading:
    """What was read of a story.

    Attributes:
        count: how many documents it has.
        stored: those read, earliest first.
        dates: the date of each, by id; of those that have one.
        next: the number of the first document left unread; None if all were read.
    """

    count: int
    stored: list[Stored] = field(default_factory=list)
    dates: dict[str, Moment] = field(default_factory=dict)
    next: int | None = None

    def add(self, stored: Stored) -> None:
        """Take in a document."""
        self.stored.append(stored)
        if when := published(document_of(stored).metadata):
            self.dates[stored.id] = when


def read(now: Snapshot, story: str, cursor: int, most: int) -> Reading:
    """Read the documents of a story that came in from number `cursor` on, at most so many, the first to come in.

    Raises:
        StoreDamaged: one of them cannot be read.
    """
    postings = now.lookup(bucket(members_of(story)), _ALL)
    numbers = postings.numbers[postings.numbers >= cursor]
    reading, size = Reading(int(postings.counts[0])), 0
    for stored in of_story(now, numbers, story):  # the dead, which wait for a sweep, do not use up the most
        if size > BYTES or len(reading.stored) == most:
            reading.next = stored.number
            break
        size += len(stored.payload)
        reading.add(stored)
    if not cursor and reading.next is None:
        reading.count = len(reading.stored)  # expired ones are counted in the bucket until they are swept
    reading.stored.sort(key=lambda one: place(one, reading.dates))
    return reading


def place(stored: Stored, dates: dict[str, Moment]) -> tuple[bool, float, int]:
    """Sort key: by date, those without one last; of one time by arrival."""
    when = dates.get(stored.id)
    return when is None, when.at.timestamp() if when else 0.0, stored.number


def of_story(now: Snapshot, numbers: Numbers, story: str) -> Iterator[Stored]:
    """Yield the living documents of these numbers that belong to a story, each once."""
    seen = set[str]()
    for stored in fetched(now, numbers):
        if stored.id not in seen and membership(stored).story == story:
            seen.add(stored.id)
            yield stored


def fetched(now: Snapshot, numbers: Numbers) -> Iterator[Stored]:
    """Yield the living documents of these numbers, a round at a time."""
    for first in range(0, len(numbers), ROUND):
        yield from filter(None, now.fetch(numbers[first : first + ROUND]))


def membership(stored: Stored) -> Membership:
    """Return which story a document belongs to; none of one that is damaged, which `check` names."""
    with suppress(ValueError):
        return membership_of(stored.payload)
    return Membership()


def document_of(stored: Stored) -> Document:
    """Return the document."""
    return decode(stored.id, stored.payload, stored.digest)


def bucket(*names: int) -> Buckets:
    """Return buckets as a store takes them."""
    return np.array(names, np.uint64)

"""Copying all documents of one index into another; a copy that was cut short goes on."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from dedup.stores.base import Buckets, Entry, Store, Stored

_COPIED_AT_ONCE = 1_000  # not measured: half of a put's batch


def copy(
    source: Store,
    target: Store,
    postings_of_each: Callable[[Sequence[Stored]], Sequence[tuple[Buckets, ...]]],
    now: float,
) -> Iterator[tuple[int, int]]:
    """Put all documents into another index; yield how many were copied and unchanged, by batch.

    Args:
        source: the index to read.
        target: the index to write; a document that it holds already, with equal content, is left alone.
        postings_of_each: computes the buckets of the chunks of several documents, in the other index's scheme.
        now: seconds since 1970, from which remaining times to live count.
    """
    documents = source.scan()
    while page := list(islice(documents, _COPIED_AT_ONCE)):
        there = target.get([stored.id for stored in page])
        fresh = [
            stored
            for stored, old in zip(page, there, strict=True)
            if old is None or (old.digest, old.payload) != (stored.digest, stored.payload)
        ]
        postings = postings_of_each(fresh)
        statuses = target.put(
            [
                Entry(stored.id, stored.digest, stored.payload, chunks, _seconds_left(stored, now))
                for stored, chunks in zip(fresh, postings, strict=True)
            ],
            lambda stored: postings_of_each([stored])[0],
        )
        copied = len(statuses) - statuses.count("unchanged")
        yield copied, len(page) - copied


def _seconds_left(stored: Stored, now: float) -> int:
    """Return the time to live that is left, at least a second; 0 for a document that never expires."""
    return max(1, int(stored.expires - now)) if stored.expires else 0

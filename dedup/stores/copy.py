"""Copying all documents of one index into another; a copy that was cut short goes on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from dedup.errors import StoreDamaged
from dedup.stores.base import Buckets, Entry, Judge, Store, Stored
from dedup.stores.membership import split_membership

_COPIED_AT_ONCE = 1_000  # not measured: half of a put's batch


PostingsOfEach = Callable[[Sequence[Stored]], Sequence[tuple[Buckets, ...]]]
"""Computes the buckets of the chunks of several documents."""


JudgeOf = Callable[[Sequence[Stored]], Judge | None]
"""Returns who decides of some documents before they go in; nobody where there is nothing to decide."""


class Copied(NamedTuple):
    """What became of a batch: how many documents were copied, how many unchanged, the ids that cannot be read."""

    copied: int
    unchanged: int
    damaged: list[str]


def copy(
    source: Store, target: Store, postings_of_each: PostingsOfEach, judge_of: JudgeOf, now: float
) -> Iterator[Copied]:
    """Put all documents that can be read into another index; yield what became of each batch.

    Args:
        source: the index to read.
        target: the index to write; a document that it holds already, with equal content, is left alone.
        postings_of_each: computes buckets in the other index's scheme.
        judge_of: gives stories to documents that have none, where the other index has stories.
        now: seconds since 1970, from which remaining times to live count.
    """
    documents = source.scan() if target.scheme.stories else map(_without_story, source.scan())
    while page := list(islice(documents, _COPIED_AT_ONCE)):
        there = target.get([stored.id for stored in page])
        fresh = [
            stored
            for stored, old in zip(page, there, strict=True)
            if old is None or (old.digest, old.payload) != (stored.digest, stored.payload)
        ]
        postings, damaged = _readable(fresh, postings_of_each)
        statuses = target.put(
            [
                Entry(stored.id, stored.digest, stored.payload, chunks, _seconds_left(stored, now))
                for stored, chunks in postings
            ],
            lambda stored: postings_of_each([stored])[0],
            judge_of([stored for stored, _ in postings]),
        )
        copied = len(statuses) - statuses.count("unchanged")
        yield Copied(copied, len(page) - copied - len(damaged), damaged)


def _without_story(stored: Stored) -> Stored:
    """Return a document without its story; a damaged one as it is, which is told when it is read."""
    try:
        return replace(stored, payload=split_membership(stored.payload)[1])
    except ValueError:
        return stored


def _readable(
    fresh: Sequence[Stored], postings_of_each: PostingsOfEach
) -> tuple[list[tuple[Stored, tuple[Buckets, ...]]], list[str]]:
    """Return the documents that can be read, with their postings, and the ids of the others."""
    try:
        return list(zip(fresh, postings_of_each(fresh), strict=True)), []
    except StoreDamaged:
        if len(fresh) == 1:
            return [], [fresh[0].id]
    halves = [_readable(half, postings_of_each) for half in (fresh[: len(fresh) // 2], fresh[len(fresh) // 2 :])]
    return [one for readable, _ in halves for one in readable], [name for _, damaged in halves for name in damaged]


def _seconds_left(stored: Stored, now: float) -> int:
    """Return the time to live that is left, at least a second; 0 for a document that never expires."""
    return max(1, int(stored.expires - now)) if stored.expires else 0

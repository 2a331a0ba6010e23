"""Chunk numbers in, the documents worth verifying out: by rounds, within bounds, and whether any were left unread."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedup.model import Document
from dedup.search.filters import Filter
from dedup.stores.base import Buckets, Numbers, Postings, Snapshot, Stored
from dedup.stores.codec import decode

ROUND = 64  # not measured: chunks in a request; a round of long documents must not fill the memory
MOST = 512  # ADR 10: documents verified unless more are asked for; it bounds the time on a crowd
FETCHED = 4096  # ADR 10: chunks fetched for a filter, and the depth to which it reads a crowded bucket
DEEP = 1 << 16  # ADR 10: postings read for a filter beyond the usual ones
BYTES = 1 << 26  # not measured: payloads held at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are wanted.

    Attributes:
        most: how many are read whether or not they may match.
        filter: what their metadata must be, if it matters.
        name: the id of a document that is passed over.
    """

    most: int
    filter: Filter | None
    name: str | None


@dataclass(slots=True)
class Reading:
    """What was read of the candidates.

    Attributes:
        stored: the documents fetched, best candidate first, by id; those that the filter refused too.
        documents: those that were wanted.
        left: whether a candidate that may match was left unread.
        dead: the chunk numbers read that no living document answers for.
    """

    stored: dict[str, Stored] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    left: bool = False
    dead: list[int] = field(default_factory=list)


def read(now: Snapshot, numbers: Numbers, likely: int, wanted: Wanted) -> Reading:
    """Read the candidates that may match, and of the others, best first, until there are enough documents.

    Args:
        now: the index.
        numbers: chunk numbers, in the order in which they are read.
        likely: how many of them, from the first, may match.
        wanted: which documents are wanted.
    """
    reading, at, size = Reading(), 0, 0
    verified, fetched = max(MOST, wanted.most), max(FETCHED, 2 * wanted.most)
    while at < (len(numbers) if len(reading.documents) < wanted.most else likely):
        if len(reading.documents) >= verified or at >= fetched or size >= BYTES:
            break
        end = at + ROUND if at >= likely else min(at + ROUND, likely)
        found = now.fetch(numbers[at:end])
        reading.dead += [int(number) for number, one in zip(numbers[at:end], found, strict=True) if one is None]
        for one in found:
            if one and one.id != wanted.name and one.id not in reading.stored:
                reading.stored[one.id] = one
                size += len(one.payload)
                document = decode(one.id, one.payload, one.digest)
                if wanted.filter is None or wanted.filter(document.metadata):
                    reading.documents[one.id] = document
        at = end
    reading.left = at < likely
    return reading


def deepen(
    now: Snapshot,
    buckets: Buckets,
    postings: Postings,
    where: NDArray[np.bool_] | None = None,
    depth: int = FETCHED,
) -> Postings:
    """Read on in the buckets that were cut short, the rarest first, as far as the bounds reach.

    Args:
        now: the index.
        buckets: those that the postings are of.
        postings: what has been read of them.
        where: in which of them to read on; by default in all.
        depth: how many postings to read of each.
    """
    short = np.diff(postings.offsets) < postings.counts
    cut = np.flatnonzero(short if where is None else short & where)
    cut = cut[np.argsort(postings.counts[cut], kind="stable")]
    cut = cut[np.cumsum(np.minimum(postings.counts[cut], depth), dtype=np.int64) <= DEEP]
    if not len(cut):
        return postings
    more = now.lookup(buckets[cut], depth)
    return _replaced(postings, cut, more)


def crowded_out(postings: Postings, cut: NDArray[np.bool_], dead: Sequence[int]) -> NDArray[np.bool_]:
    """Return which of the buckets that were cut short list some of the dead."""
    return cut & (_held(postings, dead) > 0) if dead else np.zeros(len(cut), bool)


def without(postings: Postings, dead: Sequence[int]) -> Postings:
    """Return the postings of all but some chunks."""
    if not dead:
        return postings
    gone = _held(postings, dead)
    offsets = postings.offsets - np.concatenate(([0], np.cumsum(gone)))
    kept = ~np.isin(postings.numbers, dead)
    counts = (postings.counts - gone).astype(np.uint32)
    return Postings(counts, offsets, postings.numbers[kept], postings.documents)


def _held(postings: Postings, chunks: Sequence[int]) -> NDArray[np.int64]:
    """Return how many of some chunks each bucket lists."""
    listed = np.diff(postings.offsets)
    buckets = np.repeat(np.arange(len(listed)), listed)
    return np.bincount(buckets[np.isin(postings.numbers, chunks)], minlength=len(listed))


def _replaced(postings: Postings, places: NDArray[np.intp], more: Postings) -> Postings:
    """Return the postings with the buckets at `places` as `more` lists them."""
    lists = np.split(postings.numbers, postings.offsets[1:-1])
    counts = postings.counts.copy()
    counts[places] = more.counts
    for place, numbers in zip(places.tolist(), np.split(more.numbers, more.offsets[1:-1]), strict=True):
        lists[place] = numbers
    offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return Postings(counts, offsets, np.concatenate(lists), postings.documents)

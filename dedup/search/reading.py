"""Chunk numbers in, the documents worth verifying out: by rounds, within bounds, and whether any were left unread."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedup.model import Document
from dedup.search.filters import Filter
from dedup.stores.base import Buckets, Numbers, Postings, Store, Stored
from dedup.stores.codec import decode

ROUND = 64  # not measured: chunks in a request; a round of long documents must not fill the memory
MOST = 512  # ADR 10: documents verified unless more are asked for; it bounds the time on a crowd
FETCHED = 4096  # ADR 10: chunks fetched for a filter, and the depth to which it reads a crowded bucket
DEEP = 1 << 16  # ADR 10: postings read for a filter beyond the usual ones
BYTES = 1 << 26  # not measured: payloads held at once


@dataclass(slots=True)
class Reading:
    """What was read of the candidates.

    Attributes:
        stored: the documents fetched, best candidate first, by id; those that the filter refused too.
        documents: those that were wanted.
        left: whether a candidate that may match was left unread.
    """

    stored: dict[str, Stored] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    left: bool = False


def read(store: Store, numbers: Numbers, likely: int, wanted: Filter | None, most: int, name: str | None) -> Reading:
    """Read the candidates that may match, and of the others, best first, until there are `most` documents.

    Args:
        store: the index.
        numbers: chunk numbers, in the order in which they are read.
        likely: how many of them, from the first, may match.
        wanted: the filter, if there is one.
        most: documents to read whether or not they may match.
        name: the id of a document that is passed over.
    """
    reading, at, size = Reading(), 0, 0
    verified, fetched = max(MOST, most), max(FETCHED, 2 * most)
    while at < (len(numbers) if len(reading.documents) < most else likely):
        if len(reading.documents) >= verified or at >= fetched or size >= BYTES:
            break
        end = at + ROUND if at >= likely else min(at + ROUND, likely)
        for one in store.fetch(numbers[at:end]):
            if one and one.id != name and one.id not in reading.stored:
                reading.stored[one.id] = one
                size += len(one.payload)
                document = decode(one.id, one.payload, one.digest)
                if wanted is None or wanted(document.metadata):
                    reading.documents[one.id] = document
        at = end
    reading.left = at < likely
    return reading


def deepen(store: Store, buckets: Buckets, postings: Postings) -> Postings:
    """Read on in the buckets that were cut short, the rarest first, as far as the bounds reach."""
    listed = np.diff(postings.offsets)
    cut = np.flatnonzero(listed < postings.counts)
    cut = cut[np.argsort(postings.counts[cut], kind="stable")]
    cut = cut[np.cumsum(np.minimum(postings.counts[cut], FETCHED), dtype=np.int64) <= DEEP]
    if not len(cut):
        return postings
    more = store.lookup(buckets[cut], FETCHED)
    return _replaced(postings, cut, more)


def _replaced(postings: Postings, places: NDArray[np.intp], more: Postings) -> Postings:
    """Return the postings with the buckets at `places` as `more` lists them."""
    lists = np.split(postings.numbers, postings.offsets[1:-1])
    counts = postings.counts.copy()
    counts[places] = more.counts
    for place, numbers in zip(places.tolist(), np.split(more.numbers, more.offsets[1:-1]), strict=True):
        lists[place] = numbers
    offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return Postings(counts, offsets, np.concatenate(lists), postings.documents)

"""New documents in, what each is near to: documents of an index, and new ones that stand before it.

Not who shares a passage is asked here, but who is alike as a whole, of thousands of documents at once: one reading of
all their buckets, then the exact sizes of the sets of shingles of those that share enough of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.align import overlaps
from dedup.errors import StoreDamaged
from dedup.scheme import Scheme
from dedup.sketching.sketches import shingles
from dedup.sketching.tokens import tokenize
from dedup.stores.base import Buckets, Numbers, Postings, Snapshot, Stored
from dedup.stores.codec import decode

Measure = Literal["jaccard", "containment", "either"]
"""The share that is held against a limit: of both sets' union, of the new one's, or the largest there is."""
RECALL = 0.995  # as `dedup.corpus.job.RECALL`: bands alone are read where they find so many of the pairs
LISTED = 64  # not measured: as a look-up reads; the lowest numbers, which are the earliest copies
MOST = 16  # not measured: candidates compared with a new document, those that share most buckets
EARLIER = 8  # not measured: new documents of one bucket that those behind them are held against
TOGETHER = 64  # not measured: new documents compared at a time; their candidates' texts are held at once
PART = 32  # minima of about 80 words: a shorter text that is contained shares no more


class Newcomer(NamedTuple):
    """A document that is about to go in: its id, its text, its buckets, the bands first."""

    id: str
    text: str
    buckets: Buckets


@dataclass(frozen=True, slots=True)
class Near:
    """A document that a new one is near to.

    Attributes:
        id: its id.
        stored: the document in the index; None for one of the new.
        place: the place of one of the new; -1 for one in the index.
        jaccard: |A ∩ B| / |A ∪ B| over the sets of k-token shingles.
        in_document: the share of the new document's shingles that it holds.
        in_new: the share of its shingles that the new document holds.
    """

    id: str
    stored: Stored | None
    place: int
    jaccard: float
    in_document: float
    in_new: float

    def share(self, measure: Measure) -> float:
        """Return what is held against a limit."""
        if measure == "jaccard":
            return self.jaccard
        return self.in_document if measure == "containment" else max(self.jaccard, self.in_document, self.in_new)


@dataclass(frozen=True, slots=True)
class Limit:
    """From what share on a document counts as near.

    Attributes:
        measure: which share.
        least: how large it must be, above 0, up to 1.
    """

    measure: Measure
    least: float

    def bands_suffice(self, scheme: Scheme) -> bool:
        """Return whether the signature's bands alone find what is so near; a text that another holds shares none."""
        return self.measure == "jaccard" and scheme.recall(self.least) >= RECALL


class _Pairs(NamedTuple):
    """Candidates: the place of a new document, and the chunk number or the place of what shares buckets with it."""

    owners: NDArray[np.int64]
    others: NDArray[np.int64]


def near(now: Snapshot, newcomers: Sequence[Newcomer], scheme: Scheme, limits: Sequence[Limit]) -> list[list[Near]]:
    """Return for each new document what it is near to by any of the limits: of the index, and of the new before it.

    Args:
        now: the index.
        newcomers: documents of distinct ids, any number of them; a document of the same id is never near.
        scheme: the index's.
        limits: from what share on.
    """
    if not newcomers:
        return []
    bands = all(limit.bands_suffice(scheme) for limit in limits)
    parts = [one.buckets[: scheme.bands] if bands else one.buckets for one in newcomers]
    owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    buckets, places = np.unique(np.concatenate(parts), return_inverse=True)
    needed = _needed(np.array([len(part) for part in parts]), scheme, limits, bands=bands)
    candidates = _in_index(now.lookup(buckets, LISTED), places, owners, needed), _among(places, owners, needed)
    found: list[list[Near]] = []
    for first in range(0, len(newcomers), TOGETHER):
        some = range(first, min(first + TOGETHER, len(newcomers)))
        found += _compared(now, newcomers, some, candidates, scheme, limits)
    return found


def _needed(sizes: NDArray[np.int64], scheme: Scheme, limits: Sequence[Limit], *, bands: bool) -> NDArray[np.int64]:
    """Return how many buckets a candidate must share with a new document of so many: a quarter of what is expected."""
    least = min(limit.least for limit in limits)
    expected = sizes * least**scheme.rows if bands else least * np.clip(sizes - scheme.bands, 0, PART)
    return np.maximum(1, expected / 4).astype(np.int64)


def _in_index(
    postings: Postings, places: NDArray[np.intp], owners: NDArray[np.int64], needed: NDArray[np.int64]
) -> _Pairs:
    """Return the chunks that share enough buckets; bucket `places[i]` is one of `owners[i]`."""
    listed = np.diff(postings.offsets)[places]
    firsts = postings.offsets[places] - np.concatenate(([0], np.cumsum(listed)[:-1]))
    numbers = postings.numbers[np.arange(listed.sum()) + np.repeat(firsts, listed)]
    return _enough(np.repeat(owners, listed), numbers.astype(np.int64), needed)


def _among(places: NDArray[np.intp], owners: NDArray[np.int64], needed: NDArray[np.int64]) -> _Pairs:
    """Return the earlier of the new documents that share enough buckets."""
    order = np.argsort(places, kind="stable")
    places, owners = places[order], owners[order]
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    firsts = np.repeat(starts, np.diff(starts, append=len(places)))
    ranks = np.arange(len(places)) - firsts
    pairs = [(owners[ranks > rank], owners[(firsts + rank)[ranks > rank]]) for rank in range(EARLIER)]
    later, earlier = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return _enough(later, earlier, needed)


def _enough(owners: NDArray[np.int64], others: NDArray[np.int64], needed: NDArray[np.int64]) -> _Pairs:
    """Return the pairs that are there often enough, of each owner those `MOST` that are there most often."""
    pairs, counts = np.unique(owners << 32 | others, return_counts=True)
    often = counts >= needed[pairs >> 32]
    pairs, counts = pairs[often], counts[often]
    order = np.lexsort((pairs, -counts, pairs >> 32))
    owners = (pairs >> 32)[order]
    ranks = np.arange(len(owners)) - np.searchsorted(owners, owners)
    best = order[ranks < MOST]
    return _Pairs(pairs[best] >> 32, pairs[best] & 0xFFFFFFFF)


def _compared(
    now: Snapshot,
    newcomers: Sequence[Newcomer],
    some: range,
    candidates: tuple[_Pairs, _Pairs],
    scheme: Scheme,
    limits: Sequence[Limit],
) -> Iterator[list[Near]]:
    """Yield what each of some new documents is near to."""
    stored, earlier = (_of(pairs, some) for pairs in candidates)
    there = _fetched(now, np.unique([number for numbers in stored for number in numbers]).astype(np.uint32))
    new = {place for own, places in zip(some, earlier, strict=True) for place in (own, *places) if places}
    new |= {own for own, numbers in zip(some, stored, strict=True) if numbers}
    sets = _Sets(scheme)
    sets.add([newcomers[place].text for place in new], new)
    documents = {one.number: one for one in there.values()}
    texts = {number: text for number, one in documents.items() if (text := _text(one)) is not None}
    sets.add(list(texts.values()), [~number for number in texts])
    for own, numbers, places in zip(some, stored, earlier, strict=True):
        olds = {there[number].number for number in numbers if number in there}.intersection(texts)
        found = [_Other(documents[number].id, documents[number], -1, ~number) for number in sorted(olds)]
        found += [_Other(newcomers[place].id, None, place, place) for place in sorted(places)]
        found = [one for one in found if one.id != newcomers[own].id]
        every = sets.compared(own, found) if found else []
        yield [one for one in every if any(one.share(limit.measure) >= limit.least for limit in limits)]


def _of(pairs: _Pairs, some: range) -> list[list[int]]:
    """Return the candidates of each of some new documents."""
    bounds = np.searchsorted(pairs.owners, [*some, some.stop]).tolist()
    return [pairs.others[first:end].tolist() for first, end in pairwise(bounds)]


def _fetched(now: Snapshot, numbers: Numbers) -> dict[int, Stored]:
    """Return the living document of each chunk number."""
    found = zip(numbers.tolist(), now.fetch(numbers), strict=True)
    return {number: stored for number, stored in found if stored}


def _text(stored: Stored) -> str | None:
    """Return a document's text; None if it is damaged, which `check` tells: nobody's put fails for it."""
    try:
        return decode(stored.id, stored.payload, stored.digest).text
    except StoreDamaged:
        return None


class _Other(NamedTuple):
    """A candidate: its id, the document in the index or its place among the new, and the key of its shingles."""

    id: str
    stored: Stored | None
    place: int
    key: int


class _Sets:
    """The shingles of texts, by key."""

    def __init__(self, scheme: Scheme) -> None:
        """Hold none yet."""
        self._scheme = scheme
        self._shingles: dict[int, NDArray[np.uint64]] = {}

    def add(self, texts: Sequence[str], keys: Iterable[int]) -> None:
        """Hold those of texts."""
        hashes, offsets = shingles(tokenize(texts, self._scheme.unit), self._scheme.k)
        self._shingles |= zip(keys, np.split(hashes, offsets[1:-1]), strict=False)

    def compared(self, own: int, others: Sequence[_Other]) -> list[Near]:
        """Return how near a text is to others."""
        theirs = [self._shingles[other.key] for other in others]
        offsets = np.cumsum([0, *map(len, theirs)], dtype=np.int64)
        sizes = overlaps(self._shingles[own], np.concatenate(theirs), offsets)
        return [_near(other, *counts) for other, counts in zip(others, sizes.tolist(), strict=True)]


def _near(other: _Other, in_new: int, in_document: int, in_both: int) -> Near:
    return Near(
        other.id,
        other.stored,
        other.place,
        in_both / max(in_new + in_document - in_both, 1),
        in_both / max(in_new, 1),
        in_both / max(in_document, 1),
    )

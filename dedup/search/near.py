"""New documents in, what each is near to: documents of an index, and new ones that stand before it.

Not who shares a passage is asked here, but who is alike as a whole, of thousands of documents at once: one reading of
all their buckets, then the exact sizes of the sets of shingles of those that share enough of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dedup.align import overlaps
from dedup.errors import StoreDamaged
from dedup.scheme import Scheme
from dedup.sketching.sketches import shingles
from dedup.sketching.tokens import tokenize
from dedup.stores.base import Buckets, Postings, Snapshot, Stored
from dedup.stores.codec import decode

Measure = Literal["jaccard", "containment", "either"]
"""The share that is held against a limit: of both sets' union, of the new one's, or the largest there is."""
RECALL = 0.995  # as `dedup.corpus.job.RECALL`: bands alone are read where they find so many of the pairs
LISTED, DEEP = 64, 4096  # not measured: as a look-up reads, and as far as one reads where the dead hide the living
READ = 64  # not measured: candidates read of a new document, those that share the rarest buckets
MOST = 32  # not measured: those of them compared
CUT = 0.01  # not measured: a hundred buckets that many share count as one that few share
EARLIER = 8  # not measured: of one bucket's new documents the first and the nearest that each is held against
TOGETHER = 64  # not measured: new documents compared at a time; their candidates' texts are held at once
BYTES = 1 << 24  # not measured: payloads of candidates held at once; one document's own are held whatever they are
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """The buckets of new documents, each distinct one once.

    Attributes:
        buckets: the distinct ones.
        places: of each bucket of each document the place among `buckets`.
        owners: the place of that document.
        needed: how many buckets a candidate must share with each document.
    """

    buckets: Buckets
    places: NDArray[np.intp]
    owners: NDArray[np.int64]
    needed: NDArray[np.int64]

    @classmethod
    def of(cls, newcomers: Sequence[Newcomer], scheme: Scheme, limits: Sequence[Limit]) -> Self:
        """Take the bands where they suffice, else all buckets."""
        bands = all(limit.bands_suffice(scheme) for limit in limits)
        parts = [one.buckets[: scheme.bands] if bands else one.buckets for one in newcomers]
        sizes = np.array([len(part) for part in parts])
        buckets, places = np.unique(np.concatenate(parts), return_inverse=True)
        least = min(limit.least for limit in limits)
        expected = sizes * least**scheme.rows if bands else least * np.clip(sizes - scheme.bands, 0, PART)
        needed = np.maximum(1, expected / 4).astype(np.int64)  # a quarter of what is expected at the limit
        return cls(buckets, places, np.repeat(np.arange(len(parts)), sizes), needed)

    def pairs(
        self,
        entries: NDArray[np.intp],
        others: NDArray[np.int64],
        cut: NDArray[np.bool_],
        weights: NDArray[np.float64],
        most: int = READ,
    ) -> _Pairs:
        """Return the candidates that share enough buckets, of each document those first that share the rarest.

        Args:
            entries: places in `places` and `owners`: which bucket of which document is shared.
            others: with whom.
            cut: of each bucket, whether not all are known who have it: so many fewer need to be shared.
            weights: of each bucket, how much it says. One that is cut says little: who is known to have it came first,
                and is not more alike than others.
            most: how many candidates of each document.
        """
        weights = np.where(cut, CUT * weights, weights)
        unknown = np.bincount(self.owners[cut[self.places]], minlength=len(self.needed))
        needed = np.maximum(1, self.needed - unknown)
        pairs, rows, counts = np.unique(self.owners[entries] << 32 | others, return_inverse=True, return_counts=True)
        sums = np.bincount(rows, weights[self.places[entries]], minlength=len(pairs))
        enough = counts >= needed[pairs >> 32]
        pairs, sums = pairs[enough], sums[enough]
        order = np.lexsort((pairs, -sums, pairs >> 32))
        owners = (pairs >> 32)[order]
        best = order[np.arange(len(owners)) - np.searchsorted(owners, owners) < most]
        return _Pairs(pairs[best] >> 32, pairs[best] & 0xFFFFFFFF)


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
    asked = _Asked.of(newcomers, scheme, limits)
    earlier = _among(asked)
    for listed in (LISTED, DEEP):
        postings = now.lookup(asked.buckets, listed)
        candidates = _in_index(asked, postings, max(READ, listed)), earlier
        comparing = _Comparing(now, newcomers, candidates, scheme, limits)
        found = [one for some in _shares(len(newcomers)) for one in comparing.compared(some)]
        if not (comparing.dead and (postings.counts > listed).any()):  # the dead may have hidden the living
            break
    return found


def _shares(count: int) -> Iterator[range]:
    return (range(first, min(first + TOGETHER, count)) for first in range(0, count, TOGETHER))


def _in_index(asked: _Asked, postings: Postings, most: int) -> _Pairs:
    """Return the chunks that share enough buckets, of each document so many."""
    listed = np.diff(postings.offsets)
    theirs = listed[asked.places]
    entries = np.repeat(np.arange(len(asked.places)), theirs)
    firsts = postings.offsets[asked.places] - np.concatenate(([0], np.cumsum(theirs)[:-1]))
    numbers = postings.numbers[np.arange(theirs.sum()) + np.repeat(firsts, theirs)].astype(np.int64)
    weights = np.log1p(max(postings.documents, 1) / np.maximum(postings.counts, 1))
    return asked.pairs(entries, numbers, listed < postings.counts, weights, most)


def _among(asked: _Asked) -> _Pairs:
    """Return the earlier of the new documents that share enough buckets: of each bucket the first, and the nearest."""
    order = np.argsort(asked.places, kind="stable")
    places = asked.places[order]
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    sizes = np.diff(starts, append=len(places))
    firsts = np.repeat(starts, sizes)
    at = np.arange(len(places))
    ranks = at - firsts
    later, earlier = list[NDArray[np.intp]](), list[NDArray[np.intp]]()
    for rank in range(EARLIER):
        later += [at[ranks > rank], at[ranks > rank + EARLIER]]
        earlier += [(firsts + rank)[ranks > rank], (at - 1 - rank)[ranks > rank + EARLIER]]
    entries, others = order[np.concatenate(later)], asked.owners[order[np.concatenate(earlier)]]
    weights = np.log1p(len(asked.needed) / np.maximum(sizes, 1))
    return asked.pairs(entries, others, sizes > 2 * EARLIER, weights)


class _Comparing:
    """Compares new documents with their candidates.

    Attributes:
        dead: whether a candidate was no living document.
    """

    def __init__(
        self,
        now: Snapshot,
        newcomers: Sequence[Newcomer],
        candidates: tuple[_Pairs, _Pairs],
        scheme: Scheme,
        limits: Sequence[Limit],
    ) -> None:
        """Be ready to compare; candidates are those of the index, and the earlier ones of the new."""
        self._now, self._newcomers, self._candidates = now, newcomers, candidates
        self._scheme, self._limits = scheme, limits
        self.dead = False

    def compared(self, some: range) -> Iterator[list[Near]]:
        """Yield what each of some new documents is near to; fewer at a time where their candidates are long."""
        stored, earlier = (_of(pairs, some) for pairs in self._candidates)
        there = self._fetched(sorted({number for numbers in stored for number in numbers}), bounded=len(some) > 1)
        if there is None:
            middle = (some.start + some.stop) // 2
            yield from self.compared(range(some.start, middle))
            yield from self.compared(range(middle, some.stop))
            return
        living = [self._living(numbers, there) for numbers in stored]
        sets = self._sets(some, living, earlier)
        for own, olds, places in zip(some, living, earlier, strict=True):
            found = [_Other(one.id, one, -1, ~one.number) for one in olds if ~one.number in sets]
            found += [_Other(self._newcomers[place].id, None, place, place) for place in sorted(places[:MOST])]
            found = [one for one in found if one.id != self._newcomers[own].id]
            every = sets.compared(own, found) if found else []
            yield [one for one in every if any(one.share(limit.measure) >= limit.least for limit in self._limits)]

    def _fetched(self, numbers: Sequence[int], *, bounded: bool) -> dict[int, Stored] | None:
        """Return the living document of each chunk number; None if they are bounded, and too large to be held."""
        there = dict[int, Stored]()
        for first in range(0, len(numbers), TOGETHER):
            some = numbers[first : first + TOGETHER]
            found = zip(some, self._now.fetch(np.array(some, np.uint32)), strict=True)
            there |= {number: stored for number, stored in found if stored}
            if bounded and sum(len(stored.payload) for stored in there.values()) > BYTES:
                return None
        self.dead |= len(there) < len(numbers)
        return there

    def _living(self, numbers: Sequence[int], there: Mapping[int, Stored]) -> list[Stored]:
        """Return the documents to compare: the first that live, in the order in which they came in."""
        found = dict[int, Stored]()
        for number in numbers:
            if (stored := there.get(number)) and len(found) < MOST:
                found[stored.number] = stored
        return [found[number] for number in sorted(found)]

    def _sets(self, some: range, living: Sequence[Sequence[Stored]], earlier: Sequence[Sequence[int]]) -> "_Sets":
        """Return the shingles of all that is compared; a damaged document has none."""
        new = {own for own, olds, places in zip(some, living, earlier, strict=True) if olds or places}
        new |= {place for places in earlier for place in places[:MOST]}
        sets = _Sets(self._scheme)
        sets.add([self._newcomers[place].text for place in new], new)
        documents = {one.number: one for olds in living for one in olds}
        texts = {number: text for number, one in documents.items() if (text := _text(one)) is not None}
        sets.add(list(texts.values()), [~number for number in texts])
        return sets


def _of(pairs: _Pairs, some: range) -> list[list[int]]:
    """Return the candidates of each of some new documents."""
    bounds = np.searchsorted(pairs.owners, [*some, some.stop]).tolist()
    return [pairs.others[first:end].tolist() for first, end in pairwise(bounds)]


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

    def __contains__(self, key: int) -> bool:
        """Return whether the text of a key is held."""
        return key in self._shingles

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

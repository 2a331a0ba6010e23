"""The index of watches: what is watched for, found by the words of a document.

Of a watch each shingle is a bucket, of a document the lesser of each two neighbours is looked up. A watch is read if so
many of its buckets stand close together in the document: any seven words in a row that both have hold two, whatever
stands around them (ADR 31).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.scheme import Scheme
from dedup.search.sharing import listed
from dedup.sketching.sketches import Sketch, sketch
from dedup.stores.base import Buckets, Entry, Store, Stored
from dedup.stores.codec import content, decode, digest, encode
from dedup.watches.standing import Standing

NAME = "watches"
_SHARED, _STRETCH = {"word": 2, "character": 12}, {"word": 24, "character": 40}  # ADR 31
_EVERY = 1 << 31  # of the postings of a bucket
_PAIR = 2  # shingles, of which a document's lesser one is looked up; ADR 31


def scheme_beside(scheme: Scheme) -> Scheme:
    """Return the scheme of the index of watches beside one of that scheme: each shingle is a bucket."""
    return Scheme(scheme.k, 1, 1, 1, 1, scheme.seed, scheme.fold, scheme.hash, scheme.unit)


class Likely(NamedTuple):
    """A watch, and the places of the documents that may resemble its text."""

    standing: Standing
    places: list[int]


class Watches:
    """The watches beside an index."""

    def __init__(self, store: Store) -> None:
        """Work on an open index of watches."""
        self.store = store

    def put(self, standing: Standing, encoded: bytes) -> Standing | None:
        """Put a watch, whose metadata are given as JSON, in place of the one of its name, unless that is the same.

        Returns:
            The one that was replaced, or None.
        """
        name, text = standing.watch.name, standing.watch.text
        stored = self.store.get([name])[0]
        old = _readable(stored) if stored else None
        if old and replace(old, since=standing.since) == standing:
            return None
        whole = content(text, encoded)
        self.store.put([Entry(name, digest(whole), encode(whole), self._postings(text))], self.postings_of)
        return old

    def remove(self, name: str) -> bool:
        """Remove a watch; return whether there was one."""
        return self.store.remove([name], self.postings_of)[0]

    def get(self, name: str) -> Standing | None:
        """Return the watch of a name, or None.

        Raises:
            StoreDamaged: it cannot be read.
        """
        stored = self.store.get([name])[0]
        return _standing(stored) if stored else None

    def gone(self, names: Collection[str]) -> list[str]:
        """Return those names that no watch has."""
        asked = list(names)
        found = self.store.get(asked) if asked else []
        return [name for name, stored in zip(asked, found, strict=True) if stored is None]

    def all(self, after: str = "") -> Iterator[Standing]:
        """Iterate over all watches that can be read whose names sort after `after`, in order of their names."""
        for stored in self.store.scan(after):
            if readable := _readable(stored):
                yield readable

    def like(self, texts: Sequence[str]) -> list[Likely]:
        """Return the watches that texts may resemble; one that cannot be read is left out, and `check` names it."""
        owners = defaultdict[int, list[int]](list)
        for pair in self._sharing(sketch(texts, replace(self.store.scheme, w=_PAIR))).tolist():
            owners[pair & 0xFFFFFFFF].append(pair >> 32)
        found = self.store.fetch(np.array(list(owners), np.uint32))
        readable = [_readable(stored) if stored else None for stored in found]
        return [Likely(one, own) for one, own in zip(readable, owners.values(), strict=True) if one]

    def _sharing(self, sketched: Sketch) -> NDArray[np.int64]:
        """Return which texts (the upper 32 bits) share enough with which watches' numbers (the lower ones)."""
        unit, minima = self.store.scheme.unit, sketched.places >= 0
        buckets, asked = np.unique(sketched.buckets[minima], return_inverse=True)
        rows, numbers = listed(self.store.lookup(buckets, _EVERY), asked)
        texts = np.repeat(np.arange(len(sketched.offsets) - 1), np.diff(sketched.offsets))[minima]
        needed = np.minimum(np.bincount(texts), _SHARED[unit])[texts][rows]
        pairs, places = texts[rows] << 32 | numbers, sketched.places[minima][rows]
        order = np.lexsort((places, pairs))
        pairs, places = pairs[order], places[order]
        first = np.arange(len(order)) - needed[order] + 1  # of as many as are needed, up to this one
        return np.unique(pairs[(first >= 0) & (pairs[first] == pairs) & (places - places[first] <= _STRETCH[unit])])

    def postings_of(self, stored: Stored) -> tuple[Buckets, ...]:
        """Return the buckets of a watch as it is stored."""
        return self._postings(decode(stored.id, stored.payload, stored.digest).text)

    def _postings(self, text: str) -> tuple[Buckets]:
        """Return all shingles in one part, however long the text is: what a document shares is counted by part."""
        return (sketch([text], self.store.scheme).buckets,)


def _standing(stored: Stored) -> Standing:
    return Standing.of(decode(stored.id, stored.payload, stored.digest))


def _readable(stored: Stored) -> Standing | None:
    try:
        return _standing(stored)
    except StoreDamaged:
        return None

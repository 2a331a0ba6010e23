"""Texts in, the documents that share buckets with one of them out: a whole collection held against an index."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.model import Document
from dedup.sketching.sketches import Sketch, sketch
from dedup.stores.base import Numbers, Postings, Store
from dedup.stores.codec import decode

AT_ONCE = 64  # not measured: documents in a request; long ones must not fill the memory
Least = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Says how many minima, of so many that each text has, a part of a document must share with it."""


class Sharing(NamedTuple):
    """Who shares buckets with some texts.

    Attributes:
        numbers: chunk numbers, ascending, uint32.
        cut: how many buckets list more chunks than were read.
    """

    numbers: Numbers
    cut: int


def sharing(store: Store, texts: Sequence[str], most: int, least: Least | None) -> Sharing:
    """Return who shares a band with one of the texts, or, if `least` is given, so many window minima.

    Args:
        store: the index.
        texts: any number of them; their buckets are read in one request.
        most: how many chunks to read of each bucket: the first to arrive.
        least: how many minima a chunk must share with a text.
    """
    sketched = sketch(texts, store.scheme)
    if least is None:
        postings = store.lookup(np.unique(sketched.buckets[sketched.places < 0]), most)
        return Sharing(np.unique(postings.numbers), _cut(postings, most))
    _, numbers, cut = pairs(store, sketched, most, least)
    return Sharing(np.unique(numbers), cut)


def pairs(store: Store, sketched: Sketch, most: int, least: Least) -> tuple[NDArray[np.int64], Numbers, int]:
    """Return which texts share so many minima with which chunks.

    Args:
        store: the index.
        sketched: the texts' sketches.
        most: how many chunks to read of each bucket: the first to arrive.
        least: how many minima a chunk must share with a text.

    Returns:
        For each pair the text's place and the chunk's number, ascending, and how many buckets list more chunks.
    """
    wanted = sketched.places >= 0
    buckets, places = np.unique(sketched.buckets[wanted], return_inverse=True)
    postings = store.lookup(buckets, most)
    texts = len(sketched.offsets) - 1
    owners = np.repeat(np.arange(texts), np.diff(sketched.offsets))[wanted]
    needed = least(np.bincount(owners, minlength=texts))
    return *_sharing(postings, places, owners, needed), _cut(postings, most)


def _cut(postings: Postings, most: int) -> int:
    return int((postings.counts > most).sum())


def arrived(store: Store, numbers: Numbers) -> Iterator[tuple[int, Document]]:
    """Yield number and document of the living that chunk numbers (ascending) belong to, each once, as they arrived."""
    ids = set[str]()
    for start in range(0, len(numbers), AT_ONCE):
        for stored in store.fetch(numbers[start : start + AT_ONCE]):
            if stored and stored.id not in ids:
                ids.add(stored.id)
                yield stored.number, decode(stored.id, stored.payload, stored.digest)


def _sharing(
    postings: Postings, places: NDArray[np.intp], owners: NDArray[np.intp], needed: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Numbers]:
    """Return the chunks that as many buckets of a text list as it needs; bucket `places[i]` is one of `owners[i]`."""
    listed = np.diff(postings.offsets)[places]
    firsts = postings.offsets[places] - np.concatenate(([0], np.cumsum(listed)[:-1]))
    numbers = postings.numbers[np.arange(listed.sum()) + np.repeat(firsts, listed)]
    both, counts = np.unique(np.repeat(owners, listed) << 32 | numbers, return_counts=True)
    both = both[counts >= needed[both >> 32]]
    return both >> 32, both.astype(np.uint32)

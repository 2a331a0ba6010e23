"""Texts in, the documents that share buckets with one of them out: a whole collection held against an index."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.model import Document
from dedup.sketching.sketches import sketch
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
    wanted = (sketched.places >= 0) == (least is not None)
    buckets, places = np.unique(sketched.buckets[wanted], return_inverse=True)
    postings = store.lookup(buckets, most)
    cut = int((postings.counts > most).sum())
    if least is None:
        return Sharing(np.unique(postings.numbers), cut)
    owners = np.repeat(np.arange(len(texts)), np.diff(sketched.offsets))[wanted]
    needed = least(np.bincount(owners, minlength=len(texts)))
    return Sharing(_sharing(postings, places, owners, needed), cut)


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
) -> Numbers:
    """Return the chunks that as many buckets of one text list as it needs; bucket `places[i]` is one of `owners[i]`."""
    rows, numbers = listed(postings, places)
    pairs, counts = np.unique(owners[rows] << 32 | numbers, return_counts=True)
    return np.unique(pairs[counts >= needed[pairs >> 32]].astype(np.uint32))


def listed(postings: Postings, places: NDArray[np.intp]) -> tuple[NDArray[np.int64], Numbers]:
    """Return all that buckets `places[0]`, `places[1]` … list: for each number the i of the bucket that lists it."""
    lengths = np.diff(postings.offsets)[places]
    firsts = postings.offsets[places] - np.concatenate(([0], np.cumsum(lengths)[:-1]))
    numbers = postings.numbers[np.arange(lengths.sum()) + np.repeat(firsts, lengths)]
    return np.repeat(np.arange(len(places)), lengths), numbers

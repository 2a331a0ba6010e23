"""Runs of words that stand elsewhere, by a suffix array: the definition of `dedup.corpus.runs`, found another way."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.sketching.tokens import tokenize


def covered(texts: Sequence[str], n: int) -> int:
    """Return how many words of the texts lie in n or more words that stand earlier too, in the order of the texts.

    Suffixes are sorted (libdivsufsort), and those that share n words are neighbours (longest common prefixes by Kasai).
    """
    from pydivsufsort import divsufsort, kasai  # noqa: PLC0415 - a peer that may not be there

    words, offsets = _numbered(texts)
    order = divsufsort(words)
    shared = kasai(words, order) >= n
    documents = np.searchsorted(offsets, order, side="right")
    whole = order + n < offsets[documents]  # behind each text stands a 0
    first = _first_of_group(np.where(whole, order, len(words)), shared)
    repeated = np.sort(order[whole & (order - first >= n)])
    ends = np.concatenate([repeated[:1], np.maximum(repeated[1:], repeated[:-1] + n)])
    return int((repeated + n - ends).sum())


def _numbered(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the words of all texts as numbers, a 0 behind each text, and where each begins, and the last one ends."""
    tokens = tokenize(texts)
    _, numbers = np.unique(tokens.hashes, return_inverse=True)
    return (
        np.insert(numbers.astype(np.uint32) + np.uint32(1), tokens.offsets[1:], 0),
        tokens.offsets + np.arange(len(tokens.offsets)),
    )


def _first_of_group(places: NDArray[np.int64], shared: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the least place of each group, where `shared` says that the next one is of the same."""
    begins = np.flatnonzero(np.concatenate([[True], ~shared[: len(places) - 1]]))
    sizes = np.diff(np.append(begins, len(places)))
    return np.repeat(np.minimum.reduceat(places, begins), sizes)

"""The names by which stores tell buckets apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.stores.base import Buckets, Numbers

Names = NDArray[np.uint64]

NAME_BITS = 48
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio (Knuth, The Art of Computer Programming, 6.4)


def names_of(buckets: Buckets) -> Names:
    """Return 48-bit names, uint64: window minima crowd at the low end, the leading bits of a product do not."""
    return (buckets * _MULTIPLIER) >> np.uint64(64 - NAME_BITS)


def flatten(postings: Sequence[tuple[int, Buckets]]) -> tuple[Names, Numbers]:
    """Return the names and numbers of postings given as (chunk number, its buckets)."""
    if not postings:
        return np.empty(0, np.uint64), np.empty(0, np.uint32)
    numbers = np.array([number for number, _ in postings], dtype=np.uint32)
    names = names_of(np.concatenate([buckets for _, buckets in postings]))
    return names, numbers.repeat([len(buckets) for _, buckets in postings])

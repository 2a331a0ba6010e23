"""Tokens to shingle hashes, and shingle hashes to the signature of a text; both are defined in `sketches`."""

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import PERMUTATIONS, Uint32s, Uint64s, lower, uncounted

NONE = np.uint32(0xFFFFFFFF)
BLOCK = 4096  # not measured: 16 kB stay in the first cache while the permutations pass over them
SHINGLE_STEP, SHINGLE_MIX, SHINGLE_END = (
    np.uint64(0xA0761D6478BD642F),
    np.uint64(0xE7037ED1A0B428DB),
    np.uint64(0x8EBC6AF09C88C6E3),
)


@uncounted
def shingle(tokens: Uint64s, k: int, hashes: Uint64s) -> int:
    """Write the hash of each run of k tokens; return how many."""
    length = min(k, len(tokens))
    if length == 0:
        return 0
    count = len(tokens) - length + 1
    for i in range(count):
        hashes[i] = tokens[i]
    for step in range(1, length):
        for i in range(count):
            hashes[i] = hashes[i] * SHINGLE_STEP + tokens[i + step]
    for i in range(count):
        h = hashes[i]
        h = (h ^ (h >> np.uint64(32))) * SHINGLE_MIX
        h = (h ^ (h >> np.uint64(32))) * SHINGLE_END
        hashes[i] = h ^ (h >> np.uint64(32))
    return count


@uncounted
def minhash(hashes: Uint64s, factors: Uint32s, terms: Uint32s, minima: Uint32s, mixed: Uint32s) -> None:
    """Lower the minima of the permutations to those over the shingles, a block of them at a time."""
    for start in range(0, len(hashes), BLOCK):
        count = min(BLOCK, len(hashes) - start)
        for i in range(count):
            h = np.uint32(hashes[start + i])
            h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            mixed[i] = h ^ (h >> np.uint32(16))
        for first in range(0, len(factors), PERMUTATIONS):
            lower(minima, factors, terms, first, mixed, count)


def whole_vectors(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return factors or terms filled up with zeros, so that PERMUTATIONS of them can be worked on at a time."""
    return np.pad(values, (0, -len(values) % PERMUTATIONS))

"""text-dedup's arithmetic, told again in NumPy: https://github.com/ChenghaoMou/text-dedup.

The package brings much that is not timed here (data sets, polars) and fixes versions; its arithmetic is: split at what
is no word, hash each distinct run with SHA-1 (its default; the first four bytes) or 32 bits of XXH3, then a * h + b
modulo 2^61 - 1 in 64 bits, which wrap, of that the low 32 bits, of those the minimum.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import xxhash
from numpy.typing import NDArray

from benchmarks.peers.task import NUM_PERM, SEED, Way, equal_values, shingles

LINK = "https://github.com/ChenghaoMou/text-dedup"
PRIME = np.uint64((1 << 61) - 1)
_draw = np.random.RandomState(SEED)
FACTORS = _draw.randint(1, int(PRIME), NUM_PERM, dtype=np.uint64)
TERMS = _draw.randint(0, int(PRIME), NUM_PERM, dtype=np.uint64)


def sha1(data: bytes) -> int:
    """Return the first four bytes of the SHA-1."""
    return int(struct.unpack("<I", hashlib.sha1(data, usedforsecurity=False).digest()[:4])[0])


def xxh3(data: bytes) -> int:
    """Return the low half of the XXH3."""
    return xxhash.xxh3_64_intdigest(data) & 0xFFFFFFFF


def sketch(texts: Sequence[str], hashed: Callable[[bytes], int] = sha1) -> NDArray[np.uint32]:
    """Sketch the texts one by one."""
    made = np.empty((len(texts), NUM_PERM), np.uint32)
    for place, text in enumerate(texts):
        distinct = {shingle.encode() for shingle in shingles(text)}
        hashes = np.array([hashed(shingle) for shingle in distinct], np.uint64)[:, None]
        made[place] = ((hashes * FACTORS + TERMS) % PRIME & np.uint64(0xFFFFFFFF)).min(axis=0)
    return made


WAYS = tuple(
    Way(
        f"text-dedup's arithmetic, {name}",
        "numpy",
        LINK,
        partial(sketch, hashed=hashed),
        lambda a, b, hashed=hashed: equal_values(sketch(a, hashed), sketch(b, hashed)),  # type: ignore[misc]
        share=0.1,
    )
    for name, hashed in (("SHA-1", sha1), ("XXH3", xxh3))
)

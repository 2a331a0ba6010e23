"""datatrove's arithmetic, told again in NumPy: https://github.com/huggingface/datatrove.

Its pipeline wants a tokenizer of each language and writes files; its arithmetic is: a hash of every run of words (here
xxHash of 32 bits, the faster of its choices), of those that come again, too, then (a * h + b) modulo 2^61 - 1 in 64
bits, which wrap, and the minimum of the low 32 bits.
"""

from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from benchmarks.peers.task import NUM_PERM, Way, equal_values, shingles

LINK = "https://github.com/huggingface/datatrove"
PRIME = np.uint64((1 << 61) - 1)
_draw = np.random.RandomState(1)
FACTORS = _draw.randint(1, int(PRIME), (1, NUM_PERM), dtype=np.uint64)
TERMS = _draw.randint(0, int(PRIME), (1, NUM_PERM), dtype=np.uint64)


def sketch(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Sketch the texts one by one."""
    made = np.empty((len(texts), NUM_PERM), np.uint32)
    for place, text in enumerate(texts):
        hashed = (xxhash.xxh32_intdigest(shingle.encode()) for shingle in shingles(text))
        hashes = np.fromiter(hashed, np.uint64).reshape(-1, 1)
        made[place] = np.min((hashes * FACTORS + TERMS) % PRIME & np.uint64(0xFFFFFFFF), axis=0)
    return made


WAYS = (
    Way("datatrove's arithmetic", "numpy", LINK, sketch, lambda a, b: equal_values(sketch(a), sketch(b)), share=0.1),
)

"""datasketch: the loop of its README, and its fastest way on one thread, `MinHash.generator` with xxHash."""

from collections.abc import Sequence

import numpy as np
import xxhash
from datasketch import MinHash
from numpy.typing import NDArray

from benchmarks.peers.task import NUM_PERM, Estimates, Way, equal_values, shingles

LINK = "https://github.com/ekzhu/datasketch"


def readme(texts: Sequence[str]) -> list[MinHash]:
    """Sketch the texts as the README does: one `update` a shingle."""
    made = []
    for text in texts:
        sketch = MinHash(num_perm=NUM_PERM)
        for shingle in shingles(text):
            sketch.update(shingle.encode("utf8"))
        made.append(sketch)
    return made


def fastest(texts: Sequence[str]) -> list[MinHash]:
    """Sketch the texts in bulk, with 32 bits of xxHash and affine permutations of 32 bits."""
    sets = ([shingle.encode() for shingle in shingles(text)] for text in texts)
    return list(MinHash.generator(sets, num_perm=NUM_PERM, hashfunc=xxhash.xxh32_intdigest, scheme="affine32"))


def matrix(sketches: Sequence[MinHash]) -> NDArray[np.uint64]:
    """Return the values of sketches, a row each."""
    return np.array([sketch.hashvalues for sketch in sketches], np.uint64)


def _readme_estimate(a: Sequence[str], b: Sequence[str]) -> Estimates:
    """Estimate with SHA-1 and `update_batch`, which gives the values of the README's loop in less time."""
    made = [
        MinHash.bulk(([shingle.encode() for shingle in shingles(text)] for text in texts), num_perm=NUM_PERM)
        for texts in (a, b)
    ]
    return equal_values(matrix(made[0]), matrix(made[1]))


WAYS = (
    Way("datasketch, README", "datasketch", LINK, readme, _readme_estimate, share=0.02),
    Way(
        "datasketch, bulk with xxHash",
        "datasketch",
        LINK,
        fastest,
        lambda a, b: equal_values(matrix(fastest(a)), matrix(fastest(b))),
        share=0.2,
    ),
)

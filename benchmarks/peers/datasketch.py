"""datasketch: https://github.com/ekzhu/datasketch – `MinHash.generator` with xxHash: its fastest way on one thread."""

from collections.abc import Sequence

import xxhash
from datasketch import MinHash

from benchmarks.peers.task import NUM_PERM, shingles


def signatures(texts: Sequence[str]) -> int:
    """Sketch the texts; return how many."""
    sets = ([shingle.encode() for shingle in shingles(text)] for text in texts)
    sketches = MinHash.generator(sets, num_perm=NUM_PERM, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
    return sum(1 for _ in sketches)

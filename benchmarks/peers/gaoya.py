"""gaoya: https://github.com/serega/gaoya – its README's way, `insert_document`: raw text in, all of it in Rust.

It keeps an index and gives out no signatures, so the insertion is part of what is timed: with few bands, and with the
container that it calls the fastest, it costs least.
"""

from collections.abc import Sequence

import gaoya

from benchmarks.peers.task import NUM_PERM, K

ROWS = 16


def signatures(texts: Sequence[str]) -> int:
    """Sketch and index the texts; return how many."""
    index = gaoya.minhash.MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=0.8,
        num_bands=NUM_PERM // ROWS,
        band_size=ROWS,
        num_hashes=NUM_PERM,
        analyzer="word",
        lowercase=True,
        ngram_range=(K, K),
        id_container="smallvec",
    )
    for place, text in enumerate(texts):
        index.insert_document(place, text)
    return int(index.size())

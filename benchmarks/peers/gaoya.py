"""gaoya: its README's way, `insert_document`, and its bulk call: raw text in, all of it in Rust.

Its index has the insertion in what is timed: with few bands, and with the container that it calls the fastest, it costs
least. The class beneath the index also gives out signatures, as lists of Python numbers, which takes about as long.
"""

from collections.abc import Sequence

import gaoya
import numpy as np

from benchmarks.peers.task import NUM_PERM, Estimates, K, Way, equal_values

LINK = "https://github.com/serega/gaoya"
ROWS = 16


def index(rows: int, threshold: float) -> "gaoya.minhash.MinHashStringIndex":
    """Return an empty index of bands of so many rows."""
    return gaoya.minhash.MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=threshold,
        num_bands=NUM_PERM // rows,
        band_size=rows,
        num_hashes=NUM_PERM,
        analyzer="word",
        lowercase=True,
        ngram_range=(K, K),
        id_container="smallvec",
    )


def readme(texts: Sequence[str]) -> int:
    """Sketch and index the texts, one call each; return how many."""
    made = index(ROWS, 0.8)
    for place, text in enumerate(texts):
        made.insert_document(place, text)
    return int(made.size())


def bulk(texts: Sequence[str]) -> int:
    """Sketch and index the texts in one call, on as many threads as Rayon was given; return how many."""
    made = index(ROWS, 0.8)
    made.par_bulk_insert_docs(list(range(len(texts))), list(texts))
    return int(made.size())


def signatures(texts: Sequence[str]) -> list[list[int]]:
    """Return the signatures alone; nothing is put into the index."""
    made: list[list[int]] = index(ROWS, 0.8).minhash_index.bulk_hash_docs(list(texts))
    return made


def estimate(a: Sequence[str], b: Sequence[str]) -> Estimates:
    """Ask an index of one text after another for the similarity; bands of one row miss only what shares no value."""
    seen = np.zeros(len(a))
    for place, (one, other) in enumerate(zip(a, b, strict=True)):
        made = index(1, 0.0)
        made.insert_document(0, one)
        for _, similarity in made.query(other, return_similarity=True):
            seen[place] = similarity
    return seen


WAYS = (
    Way("gaoya, README", "gaoya", LINK, readme, estimate),
    Way("gaoya, bulk", "gaoya", LINK, bulk, estimate),
    Way(
        "gaoya, signatures alone",
        "gaoya",
        LINK,
        signatures,
        lambda a, b: equal_values(np.array(signatures(a)), np.array(signatures(b))),
    ),
)

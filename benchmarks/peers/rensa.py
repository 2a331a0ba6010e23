"""rensa: https://github.com/beowolx/rensa – full-set R-MinHash as one matrix: its fastest way that uses every token.

Its rho pipeline, which the README's headline times, samples about fifty positions of a text and misses a copy that has
one word more at its beginning; it is another task.
"""

from collections.abc import Sequence

from rensa import RMinHash

from benchmarks.peers.task import NUM_PERM, shingles


def signatures(texts: Sequence[str]) -> int:
    """Sketch the texts; return how many."""
    matrix = RMinHash.digest_matrix_from_token_sets([shingles(text) for text in texts], num_perm=NUM_PERM, seed=42)
    return int(matrix.len())

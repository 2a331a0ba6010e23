"""rensa: its README's way, its fastest way that uses every token, and rho, which its headline figure times.

rho samples about fifty positions of a text; what one word more at the beginning does to it is in the table of edits.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rensa import CMinHash, RMinHash

from benchmarks.peers.task import NUM_PERM, SEED, Way, equal_values, shingles

LINK = "https://github.com/beowolx/rensa"


def readme(texts: Sequence[str]) -> list[RMinHash]:
    """Sketch the texts one by one."""
    made = []
    for text in texts:
        sketch = RMinHash(num_perm=NUM_PERM, seed=SEED)
        sketch.update(shingles(text))
        made.append(sketch)
    return made


def full(texts: Sequence[str]) -> Any:
    """Sketch the texts into one matrix, every token used."""
    return RMinHash.digest_matrix_from_token_sets([shingles(text) for text in texts], num_perm=NUM_PERM, seed=SEED)


def rho(texts: Sequence[str]) -> Any:
    """Sketch the texts into one matrix, tokens sampled."""
    return RMinHash.digest_matrix_from_token_sets_rho([shingles(text) for text in texts], num_perm=NUM_PERM, seed=SEED)


def circulant(texts: Sequence[str]) -> list[list[int]]:
    """Sketch the texts with C-MinHash."""
    digests = CMinHash.digests_from_token_sets([shingles(text) for text in texts], num_perm=NUM_PERM, seed=SEED)
    return list(digests)


def rows(matrix: Any) -> NDArray[np.uint32]:
    """Return the values of a matrix of theirs as one of NumPy's."""
    return np.array(matrix.to_rows(), np.uint32)


def _digests(texts: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([sketch.digest() for sketch in readme(texts)], np.uint32)


WAYS = (
    Way("rensa, README", "rensa", LINK, readme, lambda a, b: equal_values(_digests(a), _digests(b))),
    Way("rensa, full set", "rensa", LINK, full, lambda a, b: equal_values(rows(full(a)), rows(full(b)))),
    Way("rensa, rho", "rensa", LINK, rho, lambda a, b: equal_values(rows(rho(a)), rows(rho(b)))),
    Way(
        "rensa, C-MinHash",
        "rensa",
        LINK,
        circulant,
        lambda a, b: equal_values(np.array(circulant(a)), np.array(circulant(b))),
    ),
)

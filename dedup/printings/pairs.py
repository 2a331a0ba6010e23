"""What two documents share, as rows of a table: a row for each passage."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dedup.model import Match

PAIR = np.dtype(
    [
        ("a", np.int64),
        ("b", np.int64),
        ("a_start", np.int64),
        ("a_end", np.int64),
        ("b_start", np.int64),
        ("b_end", np.int64),
        ("matched", np.int64),
        ("similarity", np.float64),
        ("evidence", np.float64),
        ("reworded", np.bool_),
    ]
)
"""A passage: places of two documents, the earlier first, and of the stretch in each, in code points."""
Pairs = NDArray[np.void]


def rows_of(earlier: int, later: int, match: Match) -> Iterator[tuple[object, ...]]:
    """Yield a row of `PAIR` for each passage that the later document, as the query, shares with the earlier."""
    for one in match.passages:
        yield (
            *(earlier, later, one.document.start, one.document.end, one.query.start, one.query.end),
            *(one.matched_words, one.similarity, one.evidence, one.kind == "reworded"),
        )

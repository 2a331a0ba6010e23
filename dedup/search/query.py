"""A text that asks, and what an index knows of its windows."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dedup.sketching.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Query:
    """A text that asks.

    Attributes:
        text: the text.
        tokens: its tokens.
        minima: (n,) uint64, its window minima, sorted.
        counts: (n,) uint32, in how many documents each occurs.
        total: documents in the index.
    """

    text: str
    tokens: Tokens
    minima: NDArray[np.uint64]
    counts: NDArray[np.uint32]
    total: int

    @classmethod
    def of(cls, text: str, tokens: Tokens, minima: NDArray[np.uint64], counts: NDArray[np.uint32], total: int) -> Self:
        """Return the query whose window minima, in the order of the text, occur in so many documents each."""
        order = np.argsort(minima)
        return cls(text, tokens, minima[order], counts[order], total)

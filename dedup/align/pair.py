"""A query and one document under alignment, and what a passage of theirs must reach."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import Int32s, Int64s, Uint64s

Flags: TypeAlias = NDArray[np.bool_]

SEEDS, CELLS, LINKS, STEPS = range(4)


class Pair(NamedTuple):
    """A query and one document, and which of their tokens a passage holds already.

    Attributes:
        query: the query's token numbers.
        document: the document's, ABSENT where the query lacks the token.
        taken_query: tokens that belong to a passage.
        taken_document: tokens that belong to a passage.
        masks: zeros, one per token number: room for the longest common subsequence.
        work: counts of SEEDS tried, CELLS compared, LINKS between runs weighed, STEPS of 64 cells each; what the
            proof that the work is linear counts.
    """

    query: Int32s
    document: Int32s
    taken_query: Flags
    taken_document: Flags
    masks: Uint64s
    work: Int64s


class Limits(NamedTuple):
    """What a passage must reach, and what it is made of.

    Attributes:
        words: tokens of the longest common subsequence.
        similarity: twice these over the tokens of both stretches.
        seed: tokens that a run has at least.
        gap: tokens between two runs of a chain at most.
    """

    words: int
    similarity: float
    seed: int
    gap: int


class Seeds(NamedTuple):
    """Where in the query each run of a seed's length begins.

    Attributes:
        keys: the key of the run that begins at each place.
        table: first places of each key.
        following: the next place of the same key.
    """

    keys: Uint64s
    table: Int32s
    following: Int32s

"""A query and one document under alignment, and what a passage of theirs must reach."""

from typing import NamedTuple

import numpy as np

from dedup.kernels import Bytes, Flags, Float64s, Int32s, Int64s, Uint64s, kernel

SEEDS, CELLS, LINKS, STEPS = range(4)
BAND = 4  # not measured: room for four words put in or left out in a row


class Room(NamedTuple):
    """Arrays that the steps write to, made once for a query and all documents.

    Attributes:
        masks: zeros, one per token number, for the longest common subsequence.
        carries: one per token of the longest document, for the same.
        scores: 2 * BAND + 2, for the ends of passages.
    """

    masks: Uint64s
    carries: Bytes
    scores: Float64s


@kernel
def room_of(numbers: int, longest: int) -> Room:
    """Return room for so many token numbers, and documents of so many tokens."""
    return Room(np.zeros(numbers, np.uint64), np.empty(longest, np.uint8), np.empty(2 * BAND + 2))


@kernel
def longest_of(offsets: Int64s) -> int:
    """Return how many tokens the longest document has."""
    longest = 0
    for n in range(len(offsets) - 1):
        longest = max(longest, offsets[n + 1] - offsets[n])
    return longest


class Pair(NamedTuple):
    """A query and one document, and which of their tokens a passage holds already.

    Attributes:
        query: the query's token numbers.
        document: the document's, ABSENT where the query lacks the token.
        taken_query: tokens that belong to a passage.
        taken_document: tokens that belong to a passage.
        room: what the steps write to.
        work: counts of SEEDS tried, CELLS compared, LINKS between runs weighed, STEPS of 64 cells each; what the
            proof that the work is linear counts.
    """

    query: Int32s
    document: Int32s
    taken_query: Flags
    taken_document: Flags
    room: Room
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
    """Where in the query each run of a seed's length begins, or of two seeds' where it has the one too often.

    Attributes:
        keys: the key of the seed that begins at each place.
        table: first places of each key.
        following: the next place of the same key.
        places: how many places from this one on have the same key.
        twice: the key of the run of two seeds' length; empty if no seed is frequent.
        twice_table: first places of those keys.
        twice_following: the next place of the same.
    """

    keys: Uint64s
    table: Int32s
    following: Int32s
    places: Int32s
    twice: Uint64s
    twice_table: Int32s
    twice_following: Int32s

"""A query and one document under alignment."""

from typing import NamedTuple

from dedup.align.arrays import Bits, Flags, Ids


class Pair(NamedTuple):
    """A query and one document, and which of their tokens a passage holds already.

    Attributes:
        query: the query's token numbers.
        document: the document's, ABSENT where the query lacks the token.
        taken_query: tokens that belong to a passage.
        taken_document: tokens that belong to a passage.
        masks: zeros, one per token number, for the longest common subsequence.
    """

    query: Ids
    document: Ids
    taken_query: Flags
    taken_document: Flags
    masks: Bits


class Limits(NamedTuple):
    """What a passage must reach.

    Attributes:
        words: tokens of the longest common subsequence.
        similarity: twice these over the tokens of both stretches.
    """

    words: int
    similarity: float

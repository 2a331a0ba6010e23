"""What two texts share, on token hashes alone: passages with their places, and the exact sizes of shingle sets."""

from dataclasses import dataclass

import numpy as np

from dedup.align.overlaps import count_overlaps
from dedup.align.passages import find_passages
from dedup.kernels import Int32s, Int64s, Uint64s
from dedup.scheme import Unit

_GRAIN = {"word": (2, 16), "character": (4, 64)}
"""Tokens in a seed, and between two runs of a chain: ADR 3 (half and double of 16 move plagdet by .015), ADR 17."""


@dataclass(frozen=True, slots=True)
class Alignments:
    """Passages that a query shares with documents, by document, then in the order of the query.

    Passages of one document are disjoint in the query and in the document. All are (n,) int32; places count tokens,
    ends are exclusive, document places from the document's own start.

    Attributes:
        document: which of the documents, from 0.
        query_start: the passage's first token in the query.
        query_end: the token after its last.
        document_start: its first token in the document.
        document_end: the token after its last.
        matched: the longest common subsequence of the two stretches, in tokens; for passages of more than 4,096
            tokens a lower bound, the sum over parts.
    """

    document: Int32s
    query_start: Int32s
    query_end: Int32s
    document_start: Int32s
    document_end: Int32s
    matched: Int32s


def align(
    query: Uint64s,
    documents: Uint64s,
    offsets: Int64s,
    *,
    min_words: int,
    min_similarity: float,
    unit: Unit = "word",
) -> Alignments:
    """Find the passages that a query shares with each of m documents, moved ones included.

    Args:
        query: (n,) uint64 token hashes.
        documents: uint64 token hashes, one document after the other.
        offsets: (m + 1,) int64, where each document begins, and the end of the last.
        min_words: tokens that a passage must have in common, at least 1.
        min_similarity: 2 * matched / (tokens of both stretches) that it must reach, 0 to 1.
        unit: what the tokens are.
    """
    work = np.zeros(4, np.int64)
    rows = find_passages(query, documents, offsets, int(min_words), float(min_similarity), *_GRAIN[unit], work)
    return Alignments(*np.ascontiguousarray(rows.T))


def overlaps(query: Uint64s, documents: Uint64s, offsets: Int64s) -> Int64s:
    """Count the distinct shingles of a query, of each of m documents, and of both.

    Args:
        query: (n,) uint64 shingle hashes, repeated or not.
        documents: uint64 shingle hashes, one document after the other.
        offsets: (m + 1,) int64, where each document begins, and the end of the last.

    Returns:
        (m, 3) int64: |Q|, |D|, |Q ∩ D|, exact.
    """
    return count_overlaps(query, documents, offsets)

"""What two texts share, on token hashes alone: passages with their places, and the exact sizes of shingle sets."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from dedup.align.overlaps import count_overlaps
from dedup.align.passages import find_passages
from dedup.align.reworded import find_reworded
from dedup.kernels import Flags, Float64s, Int32s, Int64s, Rows, Uint64s
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
            tokens a lower bound, the sum over parts. Of a passage told in other words, the tokens that both have in any
            order, each as often as both have it.
    """

    document: Int32s
    query_start: Int32s
    query_end: Int32s
    document_start: Int32s
    document_end: Int32s
    matched: Int32s

    @property
    def similarity(self) -> Float64s:
        """Twice the matched tokens, over the tokens of both stretches: (n,) float64, 0 to 1."""
        return 2 * self.matched / np.maximum(self._tokens, 1)

    @property
    def unmatched(self) -> Int32s:
        """The tokens of both stretches that are not matched: (n,) int32."""
        return self._tokens - 2 * self.matched

    @property
    def _tokens(self) -> Int32s:
        return self.query_end - self.query_start + self.document_end - self.document_start

    def only(self, those: Flags) -> Self:
        """Return those passages."""
        return type(self)(*(getattr(self, name)[those] for name in self.__slots__))


class Wording(Protocol):
    """Tokens as they are read for what they say; those of several documents one after the other.

    Attributes:
        hashes: (n,) uint64, a hash of each token.
        stems: (n,) uint64, a hash of its stem.
        stops: (n,) bool, whether a sentence ends after it.
    """

    @property
    def hashes(self) -> Uint64s: ...  # noqa: D102 - see the class
    @property
    def stems(self) -> Uint64s: ...  # noqa: D102
    @property
    def stops(self) -> Flags: ...  # noqa: D102


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
    found, _ = _align(query, documents, offsets, (min_words, min_similarity), (0, 0.0), unit)
    return found


def align_loosely(
    query: Uint64s, documents: Uint64s, offsets: Int64s, *, strict: tuple[int, float], loose: tuple[int, float]
) -> tuple[Alignments, Flags]:
    """Find the passages of words that reach loose limits, and those that reach strict ones in their place.

    Args:
        query: (n,) uint64 token hashes.
        documents: uint64 token hashes, one document after the other.
        offsets: (m + 1,) int64, where each document begins, and the end of the last.
        strict: words in common and similarity, as `align` takes them.
        loose: the same; not above the strict ones.

    Returns:
        The passages, and which of them are strict: those that stand where a loose one consists of copies.
    """
    return _align(query, documents, offsets, strict, loose, "word")


def _align(
    query: Uint64s,
    documents: Uint64s,
    offsets: Int64s,
    strict: tuple[int, float],
    loose: tuple[int, float],
    unit: Unit,
) -> tuple[Alignments, Flags]:
    limits = (int(strict[0]), float(strict[1]), int(loose[0]), float(loose[1]))
    columns = np.ascontiguousarray(
        find_passages(query, documents, offsets, *limits, *_GRAIN[unit], np.zeros(4, np.int64)).T
    )
    return Alignments(*columns[:6]), columns[6] > 0


def reword(
    query: Wording, documents: Wording, offsets: Int64s, likely: Flags, copied: Alignments, *, least: float
) -> tuple[Alignments, Flags, Float64s]:
    """Find what a query and documents tell in other words, beside the passages that they copy.

    What is partly copied and partly reworded becomes one passage: a copied one if most of it is.

    Args:
        query: its tokens.
        documents: those of m documents.
        offsets: (m + 1,) int64, where each document begins, and the end of the last.
        likely: (m,) bool, which of the documents to look at: all that have a passage, at least.
        copied: the passages that `align` found.
        least: the score that a passage must reach.

    Returns:
        All passages, as `align` returns them; whether each is reworded; and the score of each that is: what the stems
        in common weigh (-ln of the share of sentences that hold each), less a fifth of what the side that has less
        beyond them has.
    """
    rows: Rows = np.column_stack([getattr(copied, name) for name in Alignments.__slots__])
    found, scores = find_reworded(
        query.hashes,
        query.stems,
        query.stops,
        documents.hashes,
        documents.stems,
        documents.stops,
        offsets,
        likely,
        rows,
        least,
        np.zeros(2, np.int64),
    )
    order = np.lexsort((found[:, 3], found[:, 1], found[:, 0]))
    columns = np.ascontiguousarray(found[order].T)
    return Alignments(*columns[:6]), columns[6] > 0, scores[order]


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

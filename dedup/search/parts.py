"""Passages that stand side by side in both texts, in whatever order: parts of one that is told in other words."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np

from dedup.align import Alignments
from dedup.kernels import Flags, Float64s, Int32s, Int64s, Uint64s
from dedup.sketching.tokens import Tokens

BETWEEN = 16  # ADR 16: words that may lie between them, in either text
COPY_WORDS, COPY_SIMILARITY = 15, 0.8  # ADR 16: two such copies that changed places stay two


class Row(NamedTuple):
    """One passage of those shared, in Python's own numbers: places count tokens, the rest is as in `Shared`."""

    document: int
    query_start: int
    query_end: int
    document_start: int
    document_end: int
    matched: int
    similarity: float
    reworded: bool
    evidence: float
    chance: bool
    windows: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shared:
    """The n passages that a query shares with documents, by document, then in the order of the query.

    Attributes:
        places: where they are.
        reworded: (n,) bool, which of them are told in other words.
        evidence: (n,) float64, see `dedup.Passage`.
        windows: (n, 3) float64, see `dedup.search.evidence.windows_in`.
        chance: (n,) bool, which of them chance may give, in an index that knows what is common.
    """

    places: Alignments
    reworded: Flags
    evidence: Float64s
    windows: Float64s
    chance: Flags

    def only(self, those: Flags | Int64s) -> Self:
        """Return those passages."""
        first, *rest = (getattr(self, one.name) for one in fields(self))
        return type(self)(first.only(those), *(column[those] for column in rest))

    def sorted(self) -> Self:
        """Return the passages in order."""
        return self.only(np.lexsort((self.places.query_start, self.places.document)))

    def rows(self) -> Iterator[Row]:
        """Yield the passages one by one."""
        places = (getattr(self.places, name) for name in Alignments.__slots__)
        columns = (*places, self.places.similarity, self.reworded, self.evidence, self.chance, self.windows)
        return map(Row, *(column.tolist() for column in columns))


def joined(query: Uint64s, documents: Tokens, every: Shared, enough: float) -> Shared:
    """Return the passages with those that are parts of one joined: one reworded passage of the evidence of all.

    Args:
        query: (m,) uint64, the query's token hashes.
        documents: the documents' tokens.
        every: the passages.
        enough: the evidence that a joined passage needs; what has less stays as it is.
    """
    rows = np.column_stack([getattr(every.places, name) for name in Alignments.__slots__])
    apart = (rows[:, 5] >= COPY_WORDS) & (every.places.similarity >= COPY_SIMILARITY)
    if not any(_beside(*pair) for pair in pairwise(zip(rows.tolist(), apart.tolist(), strict=True))):
        return every
    evidence, windows = every.evidence.copy(), every.windows.copy()
    reworded, chance = every.reworded.copy(), every.chance.copy()
    kept, last = np.ones(len(rows), np.bool_), 0
    for row in range(1, len(rows)):
        beside = _beside((rows[last].tolist(), apart[last]), (rows[row].tolist(), apart[row]))
        one = _union(rows[last], rows[row])
        sure = beside and evidence[last] + evidence[row] >= enough
        if not sure or _met(rows[kept], one, rows[last], rows[row]):
            last = row
            continue
        one[5] = _common(query, documents, one)
        rows[row], apart[row], reworded[row], chance[row], kept[last] = one, False, True, False, False
        evidence[row], windows[row] = evidence[last] + evidence[row], _both(windows[last], windows[row])
        last = row
    return Shared(Alignments(*np.ascontiguousarray(rows.T)), reworded, evidence, windows, chance).only(kept)


def restored(wanted: Shared, copies: Shared) -> Shared:
    """Return the passages that are wanted, and the copies that meet none of them.

    What is joined or partly told in other words may be too little similar to be wanted, and the copies in it not.
    """
    rows, others = (
        np.column_stack([getattr(one.places, name) for name in Alignments.__slots__]) for one in (wanted, copies)
    )
    meet = np.zeros(len(others), np.bool_)
    for row in rows:
        same = others[:, 0] == row[0]
        for start in (1, 3):
            meet |= same & (others[:, start] < row[start + 1]) & (row[start] < others[:, start + 1])
    more = copies.only(~meet)
    both = Shared(
        Alignments(*np.ascontiguousarray(np.concatenate((rows, others[~meet])).T)),
        *(np.concatenate((getattr(wanted, one.name), getattr(more, one.name))) for one in fields(Shared)[1:]),
    )
    return both.sorted()


def _beside(one: tuple[list[int], bool], other: tuple[list[int], bool]) -> bool:
    """Say whether two rows, the second behind the first in the query, stand side by side, and are not two copies."""
    (before, copy), (after, other_copy) = one, other
    between = max(after[3] - before[4], before[3] - after[4])
    near = before[0] == after[0] and after[1] - before[2] <= BETWEEN
    return near and 0 <= between <= BETWEEN and not (copy and other_copy)


def _union(one: Int32s, other: Int32s) -> Int32s:
    """Return the row of both stretches and what lies between them."""
    starts, ends = np.minimum(one, other), np.maximum(one, other)
    return np.array([one[0], starts[1], ends[2], starts[3], ends[4], 0], np.int32)


def _met(rows: Int32s, union: Int32s, *parts: Int32s) -> bool:
    """Say whether the document's stretch of a union holds more than its parts: a passage between them."""
    inside = (rows[:, 0] == union[0]) & (rows[:, 3] < union[4]) & (union[3] < rows[:, 4])
    return int(inside.sum()) > len(parts)


def _common(query: Uint64s, documents: Tokens, row: Int32s) -> int:
    """Return how many words two stretches have in common, as multisets."""
    base = documents.offsets[row[0]]
    here = Counter(query[row[1] : row[2]].tolist())
    return (here & Counter(documents.hashes[base + row[3] : base + row[4]].tolist())).total()


def _both(one: Float64s, other: Float64s) -> Float64s:
    """Return the windows of two passages: counts and surprise add up, the rarest stays; 0 is none."""
    rarest = min((df for df in (one[2], other[2]) if df), default=0.0)
    return np.array([one[0] + other[0], one[1] + other[1], rarest])

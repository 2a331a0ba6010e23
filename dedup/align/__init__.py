"""Passages that a query shares with documents, and the exact sizes of shared shingle sets; on hashes alone."""

from dataclasses import dataclass

import numpy as np

from dedup.align.arrays import Hashes, Ids, Places
from dedup.align.pair import Limits
from dedup.align.passages import find_passages


@dataclass(frozen=True, slots=True)
class Alignments:
    document: Ids
    query_start: Ids
    query_end: Ids
    document_start: Ids
    document_end: Ids
    matched: Ids


def align(query: Hashes, documents: Hashes, offsets: Places, *, min_words: int=12, min_similarity: float=.6) -> Alignments:
    rows = find_passages(query, documents, offsets, Limits(min_words, min_similarity), np.zeros(3, np.int64))
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    return Alignments(*rows.T)

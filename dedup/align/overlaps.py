"""Exact sizes of sets of shingle hashes and of what they share."""

import numpy as np

from dedup.align.numbering import ABSENT, look_up_tokens, number_tokens, slot_of, table_of
from dedup.align.pair import longest_of
from dedup.kernels import Int32s, Int64s, Uint64s, entry, uncounted


@entry
def count_overlaps(query: Uint64s, documents: Uint64s, offsets: Int64s) -> Int64s:
    """Return, per document, the distinct hashes of the query, of the document, and of both."""
    _, distinct, vocabulary = number_tokens(query)
    numbers = look_up_tokens(documents, distinct, vocabulary)
    table = table_of(longest_of(offsets))
    sizes = np.zeros((len(offsets) - 1, 3), np.int64)
    sizes[:, 0] = len(distinct)
    for n in range(len(offsets) - 1):
        for place in range(offsets[n], offsets[n + 1]):
            if _is_new(documents, table, place, offsets[n]):
                sizes[n, 1] += 1
                sizes[n, 2] += numbers[place] != ABSENT
    return sizes


@uncounted
def _is_new(hashes: Uint64s, table: Int32s, place: int, base: int) -> bool:
    """Say whether a hash occurs first at `place` since `base`; entries of the table before `base` count as empty."""
    slot = slot_of(hashes[place], len(table))
    while table[slot] >= base and hashes[table[slot]] != hashes[place]:
        slot = (slot + 1) & (len(table) - 1)
    if table[slot] >= base:
        return False
    table[slot] = place
    return True

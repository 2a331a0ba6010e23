"""Loose passages or strict ones: each document's stretches told once."""

import numpy as np

from dedup.align.rows import sorted_rows, tokens_of, write_row
from dedup.kernels import Int32s, kernel, uncounted

REST, UNMATCHED = 3.0, 0.1  # ADR 15: what a loose passage adds to the strict ones in it is chance if it scores less
SHARP, CONSISTS = 0.8, 1.1  # ADR 15: a loose passage nine tenths of which are copies so similar is these copies


@kernel
def choose(rows: Int32s, loose: int) -> int:
    """Keep strict passages in place of loose ones that consist of them or score less than the best of them.

    All other strict passages give way to the loose one that they are in.

    Args:
        rows: passages of one document: loose ones first, in the order of the query, then strict ones in that order;
            what stays is written to the front, in that order.
        loose: how many are loose.

    Returns:
        How many stay.
    """
    if loose == 0:
        return len(rows)
    gone, at, kept = np.zeros(len(rows), np.bool_), loose, 0
    for row in range(loose):
        while at < len(rows) and rows[at, 2] <= rows[row, 1]:
            at += 1
        last, sharp, together, best = at, 0, 0.0, 0.0
        while last < len(rows) and rows[last, 1] < rows[row, 2]:
            sharp += rows[last, 5] if 2 * rows[last, 5] >= SHARP * tokens_of(rows[last]) else 0
            score = _score(rows[last])
            together += score
            best = max(best, score)
            last += 1
        score = _score(rows[row])
        rest = score - together
        copies = sharp > 0 and (CONSISTS * sharp >= rows[row, 5] or (last == at + 1 and rest < REST))
        gone[row] = copies or score < best
        if not gone[row]:
            gone[at:last] = True
    for row in range(len(rows)):
        if not gone[row]:
            write_row(rows, kept, rows[row])
            kept += 1
    ordered = sorted_rows(rows[:kept], 1)
    for row in range(kept):
        write_row(rows, row, ordered[row])
    return kept


@uncounted
def _score(row: Int32s) -> float:
    """Return the words in common, less a part of the others."""
    score: float = row[5] - UNMATCHED * (tokens_of(row) - 2 * row[5])
    return score

"""Loose passages or strict ones: each document's stretches told once."""

import numpy as np

from dedup.align.rows import sorted_rows, tokens_of, write_row
from dedup.kernels import Flags, Int32s, kernel, uncounted

REST, UNMATCHED = 3.0, 0.1  # ADR 15: what a loose passage adds to the strict ones in it is chance if it scores less
SHARP, CONSISTS = 0.8, 1.1  # ADR 15: a loose passage nine tenths of which are copies so similar is these copies


@kernel
def choose(rows: Int32s, loose: int) -> int:
    """Keep strict passages in place of loose ones that consist of them or score less than the best of them.

    All other strict passages give way to the loose one that they are in. Where a loose and a strict one, of two places
    of the query, meet in the document, the one that scores less goes; in place of a loose one come those in it.

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
        at, last = _within(rows, rows[row], at)
        gone[row] = _is_told_by(rows[row], rows[at:last])
    _leave_strict(rows, loose, gone)
    _part(rows, loose, gone)
    for row in range(len(rows)):
        if not gone[row]:
            write_row(rows, kept, rows[row])
            kept += 1
    ordered = sorted_rows(rows[:kept], 1)
    for row in range(kept):
        write_row(rows, row, ordered[row])
    return kept


@uncounted
def _within(rows: Int32s, passage: Int32s, at: int) -> tuple[int, int]:
    """Return where those of `rows` from `at` on that touch a passage in the query begin and end."""
    while at < len(rows) and rows[at, 2] <= passage[1]:
        at += 1
    last = at
    while last < len(rows) and rows[last, 1] < passage[2]:
        last += 1
    return at, last


@uncounted
def _is_told_by(passage: Int32s, strict: Int32s) -> bool:
    """Whether strict passages tell what a loose one does: it consists of them, or scores less than the best of them."""
    sharp, together, best = 0, 0.0, 0.0
    for row in strict:
        sharp += row[5] if 2 * row[5] >= SHARP * tokens_of(row) else 0
        score = _score(row)
        together += score
        best = max(best, score)
    score = _score(passage)
    rest = score - together
    copies = sharp > 0 and (CONSISTS * sharp >= passage[5] or (len(strict) == 1 and rest < REST))
    return bool(copies or score < best)


@uncounted
def _part(rows: Int32s, loose: int, gone: Flags) -> None:
    """Let one of a loose and a strict passage go where both are kept and meet in the document."""
    row = 0
    while row < loose:
        if not gone[row] and _gives_way(rows, row, loose, gone):
            gone[row] = True
            _leave_strict(rows, loose, gone)
            row = 0
        else:
            row += 1


@uncounted
def _gives_way(rows: Int32s, row: int, loose: int, gone: Flags) -> bool:
    """Whether a strict passage that meets a loose one in the document scores more; those that score less go."""
    for strict in range(loose, len(rows)):
        if not gone[strict] and _meet(rows[row], rows[strict], 3):
            if _score(rows[row]) < _score(rows[strict]):
                return True
            gone[strict] = True
    return False


@uncounted
def _leave_strict(rows: Int32s, loose: int, gone: Flags) -> None:
    """Keep those strict passages that no loose one that is kept meets in the query."""
    for strict in range(loose, len(rows)):
        gone[strict] = False
        for row in range(loose):
            gone[strict] |= not gone[row] and _meet(rows[row], rows[strict], 1)


@uncounted
def _meet(one: Int32s, other: Int32s, start: int) -> bool:
    """Whether two passages have a token of one text in common, the query (1) or the document (3)."""
    return bool(one[start] < other[start + 1] and other[start] < one[start + 1])


@uncounted
def _score(row: Int32s) -> float:
    """Return the words in common, less a part of the others."""
    score: float = row[5] - UNMATCHED * (tokens_of(row) - 2 * row[5])
    return score

"""Who has which token of two texts: the copied passages first, then what is told in other words."""

from typing import NamedTuple

import numpy as np

from dedup.kernels import Flags, Int32s, kernel, uncounted

FREE, TAKEN = -1, -2
MORE = 1.5  # ADR 16: so many times what the copies in it share must a summary share to take them in
LONG = 50  # ADR 16: words of a copy that no summary takes in
ACROSS, DOWN = 1, 2


class Claims(NamedTuple):
    """Who has which token.

    Attributes:
        passages: rows (document, query start, query end, document start, document end, matched).
        copied: which of them are copies that nothing else takes in, unless it sums up.
        gone: which of them have become part of another passage, or given way to it.
        marks: zeros, one a passage: on which sides a span touches it.
        query: for each token of the query the row of its passage, FREE or TAKEN.
        document: the same of the document.
    """

    passages: Int32s
    copied: Flags
    gone: Flags
    marks: Int32s
    query: Int32s
    document: Int32s


@kernel
def claims_of(passages: Int32s, copied: Flags, tokens: int, document_tokens: int) -> Claims:
    """Return the claims of the passages that are copied."""
    query, document = np.full(tokens, FREE, np.int32), np.full(document_tokens, FREE, np.int32)
    for row in range(len(passages)):
        query[passages[row, 1] : passages[row, 2]] = row
        document[passages[row, 3] : passages[row, 4]] = row
    return Claims(
        passages, copied, np.zeros(len(passages), np.bool_), np.zeros(len(passages), np.int32), query, document
    )


@uncounted
def trim(claims: Claims, span: Int32s) -> None:
    """Let a span begin and end with tokens that no copy has."""
    span[1], span[2] = _trimmed(claims, claims.query, span[1], span[2])
    span[3], span[4] = _trimmed(claims, claims.document, span[3], span[4])


@uncounted
def _trimmed(claims: Claims, owners: Int32s, first: int, end: int) -> tuple[int, int]:
    while first < end and owners[first] >= 0 and claims.copied[owners[first]]:
        first += 1
    while first < end and owners[end - 1] >= 0 and claims.copied[owners[end - 1]]:
        end -= 1
    return first, end


@kernel
def claim(claims: Claims, span: Int32s, summary: bool) -> bool:
    """Give a span its tokens, and those of the passages that it meets on both sides; say whether that may be.

    It may if it shares as much as all passages that it touches, MORE than a single one, and no token is taken. Copies
    stay as they are; but a summary takes those of fewer than LONG words in that lie in it on both sides, if they are
    the lesser part. What the passages that are taken in share is written to the span's last column.
    """
    touched = np.empty(len(claims.passages), np.int32)
    count, free = _touch(claims, claims.query, span[1], span[2], ACROSS, touched, 0)
    count, free_there = _touch(claims, claims.document, span[3], span[4], DOWN, touched, count)
    may = free and free_there and _prevails(claims, span, touched[:count], summary)
    if may:
        span[6] = 0
        for row in touched[:count]:
            claims.gone[row] = True
            if claims.marks[row] == ACROSS | DOWN:
                passage = claims.passages[row]
                span[6] += passage[5]
                span[1], span[2] = min(span[1], passage[1]), max(span[2], passage[2])
                span[3], span[4] = min(span[3], passage[3]), max(span[4], passage[4])
        claims.query[span[1] : span[2]] = TAKEN
        claims.document[span[3] : span[4]] = TAKEN
    for row in touched[:count]:
        claims.marks[row] = 0
    return may


@uncounted
def _touch(
    claims: Claims, owners: Int32s, first: int, end: int, side: int, touched: Int32s, count: int
) -> tuple[int, bool]:
    """Add to the `count` passages touched those that own tokens from `first` to `end`; say whether none is taken."""
    free = True
    for token in range(first, end):
        row = owners[token]
        free &= row != TAKEN
        if row >= 0 and not claims.gone[row]:
            if claims.marks[row] == 0:
                touched[count] = row
                count += 1
            claims.marks[row] |= side
    return count, free


@uncounted
def _prevails(claims: Claims, span: Int32s, touched: Int32s, summary: bool) -> bool:
    """Say whether a span shares as much as the passages that it touches, and whether it leaves the copies alone."""
    matched, copied = 0, 0
    for row in touched:
        matched += claims.passages[row, 5]
        if claims.copied[row]:
            copied += claims.passages[row, 5]
            if not summary or claims.marks[row] != ACROSS | DOWN or claims.passages[row, 5] >= LONG:
                return False
    single = matched if len(touched) == 1 and not summary else copied  # mostly one copied passage: it stays as it is
    return bool(matched <= span[5] and MORE * single <= span[5])

"""Neighbouring passages joined where a reader sees one."""

from dedup.align.lcs import WHOLE, common_tokens
from dedup.align.pair import Limits, Pair
from dedup.align.rows import sorted_rows, tokens_of, write_row
from dedup.kernels import Int32s, kernel, uncounted

GAP = 60  # ADR 3: half and double move plagdet by less than .015
ALONE, EXACT = 12, 0.8  # ADR 15: two such blocks that changed places are two passages
SWAPPED = 512  # ADR 3: half and double move plagdet by less than .015
ORDERED = 0.5  # ADR 3: joining what changed places below .5 is worth .13 on random obfuscation


@kernel
def join_neighbours(pair: Pair, passages: Int32s, limits: Limits) -> int:
    """Join passages that are neighbours in both texts while they stay similar enough; drop what stays too short.

    Args:
        pair: the texts.
        passages: rows (document, query start, query end, document start, document end, matched); rewritten in the
            order of the query.
        limits: what a passage must reach in the end.

    Returns:
        How many rows remain.
    """
    if len(passages) == 0:
        return 0
    ordered, last = sorted_rows(passages, 1), 0
    for row in range(1, len(ordered)):
        left, right = ordered[last], ordered[row]
        start, end = min(left[3], right[3]), max(left[4], right[4])
        matched = _matched_jointly(pair, left, right, limits)
        if matched > 0 and 2 * matched >= limits.similarity * (right[2] - left[1] + end - start):
            left[2], left[3], left[4], left[5] = right[2], start, end, matched
        else:
            last += 1
            write_row(ordered, last, right)
    kept = 0
    for row in range(last + 1):
        across, across_end, down, down_end = ordered[row, 1], ordered[row, 2], ordered[row, 3], ordered[row, 4]
        if max(across_end - across, down_end - down) <= WHOLE:
            ordered[row, 5] = common_tokens(pair, across, across_end, down, down_end)
        if ordered[row, 5] >= limits.words:
            write_row(passages, kept, ordered[row])
            kept += 1
    return kept


@uncounted
def _matched_jointly(pair: Pair, left: Int32s, right: Int32s, limits: Limits) -> int:
    """Return how many tokens two passages as one would have in common, 0 if they are no neighbours.

    Between neighbours lie at most GAP tokens on either side, none of them another passage's. In the same order their
    tokens and those between add up. In swapped order the longest common subsequence of the whole counts, and only
    where no more than ORDERED similarity is asked for: two halves that changed places are half similar. Two blocks that
    are passages of their own do not become one.
    """
    forward = left[4] <= right[3]
    down, down_end = (left[4], right[3]) if forward else (right[4], left[3])
    if right[1] - left[2] > GAP or down_end - down > GAP or pair.taken_document[down:down_end].any():
        return 0
    if forward:
        matched: int = left[5] + common_tokens(pair, left[2], right[1], down, down_end) + right[5]
        return matched
    if limits.similarity > ORDERED or (_stands(left) and _stands(right)):
        return 0
    if max(right[2] - left[1], left[4] - right[3]) > SWAPPED:
        return 0
    return common_tokens(pair, left[1], right[2], right[3], left[4])


@uncounted
def _stands(row: Int32s) -> bool:
    """Say whether a passage is a block that stands for itself: of ALONE words, nearly word for word."""
    return bool(row[5] >= ALONE and 2 * row[5] >= EXACT * tokens_of(row))

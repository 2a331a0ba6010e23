"""Neighbouring passages joined where a reader sees one."""

import numpy as np

from dedup.align.arrays import Ids
from dedup.align.lcs import WHOLE, common_tokens
from dedup.align.pair import Limits, Pair
from dedup.kernels import kernel

JOIN = 30
SWAPPED = 1024


@kernel
def join_neighbours(pair: Pair, passages: Ids, limits: Limits) -> int:
    """Join passages that stand next to each other in both texts while they stay similar enough; return how many remain.

    Between the two lie at most JOIN tokens on either side, none of them part of another passage. In the same order,
    the joint similarity counts what is common to the two passages and to the stretches between; in swapped order,
    the longest common subsequence of the whole.

    Args:
        pair: the texts.
        passages: rows (document, query start, query end, document start, document end, matched); rewritten.
        limits: what a joined passage must reach.
    """
    if len(passages) < 2:
        return len(passages)
    passages[:] = passages[np.argsort(passages[:, 1], kind="mergesort")]
    kept = 0
    for row in range(1, len(passages)):
        left, right = passages[kept], passages[row]
        matched = _joined(pair, left, right)
        start, end = min(left[3], right[3]), max(left[4], right[4])
        if 2 * matched >= limits.similarity * (right[2] - left[1] + end - start) and matched > 0:
            left[2], left[3], left[4], left[5] = right[2], start, end, matched
        else:
            kept += 1
            passages[kept] = right
    for row in range(kept + 1):
        _, a, b, c, d, _ = passages[row]
        if max(b - a, d - c) <= WHOLE:
            passages[row, 5] = common_tokens(pair.query[a:b], pair.document[c:d], pair.masks)
    return kept + 1


@kernel
def _joined(pair: Pair, left: Ids, right: Ids) -> int:
    """Return how many tokens the two passages as one would have in common, 0 if they are no neighbours."""
    if right[1] - left[2] > JOIN:
        return 0
    if left[4] <= right[3]:
        if right[3] - left[4] > JOIN or pair.taken_document[left[4] : right[3]].any():
            return 0
        between = common_tokens(pair.query[left[2] : right[1]], pair.document[left[4] : right[3]], pair.masks)
        return left[5] + between + right[5]
    if left[3] - right[4] > JOIN or pair.taken_document[right[4] : left[3]].any():
        return 0
    if max(right[2] - left[1], left[4] - right[3]) > SWAPPED:
        return 0
    return common_tokens(pair.query[left[1] : right[2]], pair.document[right[3] : left[4]], pair.masks)

"""Longest common subsequence of two stretches of tokens, bit-parallel (Hyyrö 2004): 64 cells a step."""

import numpy as np

from dedup.align.pair import STEPS, Pair
from dedup.kernels import Bytes, Int32s, Uint64s, uncounted

WHOLE = 4096  # ADR 3: exact up to so many tokens, 262,144 steps; other values not measured


@uncounted
def common_tokens(pair: Pair, across: int, across_end: int, down: int, down_end: int) -> int:
    """Return the length of the longest common subsequence of a stretch of the query and one of the document.

    Common ends are matched first, which never shortens the subsequence. The rest takes the query 64 tokens at a time,
    each time along the whole stretch of the document: memory is linear.
    """
    a, b = pair.query[across:across_end], pair.document[down:down_end]
    first, last, shorter = 0, 0, min(len(a), len(b))
    while first < shorter and a[first] == b[first]:
        first += 1
    while last < shorter - first and a[len(a) - 1 - last] == b[len(b) - 1 - last]:
        last += 1
    a, b = a[first : len(a) - last], b[first : len(b) - last]
    carries = pair.room.carries[: len(b)]
    carries[:] = 0
    common = first + last
    for start in range(0, len(a), 64):
        common += _column(a[start : start + 64], b, pair.room.masks, carries)
        pair.work[STEPS] += len(b)
    return common


@uncounted
def _column(a: Int32s, b: Int32s, masks: Uint64s, carries: Bytes) -> int:
    """Run up to 64 tokens of `a` against all of `b`; `carries` hands each row's carry to the next 64."""
    for i in range(len(a)):
        masks[a[i]] |= np.uint64(1) << np.uint64(i)
    row = ~np.uint64(0)
    for j in range(len(b)):
        mask = masks[b[j]] if b[j] >= 0 else np.uint64(0)
        kept = row & mask
        added = row + kept
        total = added + np.uint64(carries[j])
        carries[j] = np.uint8((added < row) | (total < added))
        row = total | (row - kept)
    matched = 0
    for i in range(len(a)):
        masks[a[i]] = np.uint64(0)
        matched += (row >> np.uint64(i)) & np.uint64(1) == np.uint64(0)
    return matched

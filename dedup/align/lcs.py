"""Longest common subsequence of two stretches of tokens, bit-parallel (Hyyrö 2004): 64 cells a machine word."""

import numpy as np
from numpy.typing import NDArray

from dedup.align.arrays import Bits, Ids
from dedup.kernels import kernel

WHOLE = 4096


@kernel
def common_tokens(a: Ids, b: Ids, masks: Bits) -> int:
    """Return the length of the longest common subsequence of `a` and `b`.

    Common ends are matched first, which never shortens the subsequence; what lies between costs
    len(a) * len(b) / 64 steps and len(b) bits of memory whatever len(a) is, as `a` is taken 64 tokens at a time.

    Args:
        a: token numbers, each below len(masks).
        b: token numbers; a negative one equals nothing.
        masks: zeros, one per token number; zeros again on return.
    """
    first, shorter = 0, min(len(a), len(b))
    while first < shorter and a[first] == b[first]:
        first += 1
    last = 0
    while last < shorter - first and a[len(a) - 1 - last] == b[len(b) - 1 - last]:
        last += 1
    inner = b[first : len(b) - last]
    carries = np.zeros(len(inner), np.uint8)
    common = first + last
    for start in range(first, len(a) - last, 64):
        common += _column(a[start : min(start + 64, len(a) - last)], inner, masks, carries)
    return common


@kernel
def _column(a: Ids, b: Ids, masks: Bits, carries: NDArray[np.uint8]) -> int:
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
        matched += 1 - np.int64((row >> np.uint64(i)) & np.uint64(1))
    return matched

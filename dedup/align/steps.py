"""Two sequences of tokens in, the steps from one to the other out: what both have in their order, and what differs."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from dedup.align.anchors import anchors

MOST_CELLS = 1 << 27
"""Bits in rapidfuzz's alignment matrix: 16 MB. Longer stretches are cut at runs of words that both have once."""


class Step(NamedTuple):
    """A run of tokens of each side, half-open: the same tokens, or such as have no counterpart; one may be empty."""

    equal: bool
    a: int
    a_end: int
    b: int
    b_end: int


def steps(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> Iterator[Step]:
    """Yield the steps along a longest common subsequence; between anchors too far apart to align in 16 MB none."""
    whole = len(a) * len(b) <= MOST_CELLS
    cuts = [(0, 0), *([] if whole else anchors(a, b)), (len(a), len(b))]
    for (first, start), (last, end) in pairwise(cuts):
        if (last - first) * (end - start) > MOST_CELLS:
            continue
        for one in LCSseq.opcodes(a[first:last].tolist(), b[start:end].tolist()):
            places = first + one.src_start, first + one.src_end, start + one.dest_start, start + one.dest_end
            yield Step(one.tag == "equal", *places)

"""A chain cut where it thins out: its stretches of sufficient similarity, none with a gap worse than what it joins."""

import numpy as np

from dedup.align.lcs import common_tokens
from dedup.align.pair import Pair
from dedup.kernels import Float64s, Int32s, kernel, uncounted


@kernel
def segments_of(pair: Pair, pieces: Int32s, similarity: float) -> Int32s:
    """Return the chain's segments as rows (first run, run after the last).

    A stretch with m common tokens scores 2m - similarity * (its tokens on both sides): at least zero exactly where it
    is similar enough. The segments are all maximal scoring stretches (Ruzzo and Tompa 1999), found in linear time.

    Args:
        pair: the texts.
        pieces: rows (query start, document start, length), in order, without overlap.
        similarity: what a segment must reach.
    """
    low, high = np.empty(len(pieces)), np.empty(len(pieces))
    lower = np.empty(len(pieces), np.int32)
    segments = np.empty((len(pieces), 2), np.int32)
    return segments[: _cut(pair, pieces, similarity, low, high, lower, segments)]


@uncounted
def _cut(
    pair: Pair, pieces: Int32s, similarity: float, low: Float64s, high: Float64s, lower: Int32s, segments: Int32s
) -> int:
    """Write the segments, each with the total before it and behind it and the one before that begins lower."""
    count, total = 0, 0.0
    for p in range(len(pieces)):
        if p > 0:
            total += _gap_score(pair, pieces[p - 1], pieces[p], similarity)
        low[count], first = total, p
        total += 2 * (1 - similarity) * pieces[p, 2]
        while True:
            before = count - 1
            while before >= 0 and low[before] >= low[count]:
                before = lower[before]
            if before < 0 or high[before] >= total:
                break
            count, first = before, segments[before, 0]
        high[count], lower[count] = total, before
        segments[count, 0], segments[count, 1] = first, p + 1
        count += 1
    return count


@uncounted
def _gap_score(pair: Pair, left: Int32s, right: Int32s, similarity: float) -> float:
    """Return what the gap between two runs of a chain scores, its single common tokens counted."""
    across, down = left[0] + left[2], left[1] + left[2]
    common = common_tokens(pair, across, right[0], down, right[1])
    tokens: int = right[0] - across + right[1] - down
    return 2 * common - similarity * tokens

"""Colinear chains of runs: order kept on both sides, gaps paid for (Abouelhoda and Ohlebusch 2005; Li 2018)."""

import numpy as np

from dedup.align.pair import LINKS, Limits, Pair
from dedup.kernels import Flags, Float64s, Int32s, kernel, uncounted

LOOK_BACK = 50  # the same; linear work
GAP_COST = 0.25  # the same
SHIFT_COST = 0.35  # the same


@kernel
def chain_runs(pair: Pair, runs: Int32s, limits: Limits) -> tuple[Float64s, Int32s, Int32s]:
    """Return, per run, the score of the best chain that ends in it, the run before it there, and its tokens to skip.

    A chain scores its tokens, less GAP_COST a gap token (of the shorter side) and SHIFT_COST a token of difference
    between the sides. Up to LOOK_BACK runs before are tried, none further than the gap allowed away, nor so far
    that a moved passage could lie between. Where two runs overlap, the later one begins after the earlier: these are
    the tokens to skip.

    Args:
        pair: the texts.
        runs: rows (query start, document start, length), by document start.
        limits: what a passage must reach.
    """
    widest = min(limits.gap, limits.words - 1)
    scores, reached = np.empty(len(runs)), np.empty(len(runs), np.int32)
    previous = np.full(len(runs), -1, np.int32)
    skips = np.zeros(len(runs), np.int32)
    pair.work[LINKS] += _link(runs, widest, scores, reached, previous, skips)
    return scores, previous, skips


@uncounted
def _link(runs: Int32s, widest: int, scores: Float64s, reached: Int32s, previous: Int32s, skips: Int32s) -> int:
    """Write the best chain of each run, and how far the runs up to it reach in the document; return the links tried."""
    links, reach = 0, 0
    for r in range(len(runs)):
        scores[r] = runs[r, 2]
        reach = max(reach, runs[r, 1] + runs[r, 2])
        reached[r] = reach
        for p in range(r - 1, max(-1, r - 1 - LOOK_BACK), -1):
            if runs[r, 1] - reached[p] > widest:  # so is every run before it
                break
            links += 1
            across = runs[r, 0] - runs[p, 0] - runs[p, 2]
            down = runs[r, 1] - runs[p, 1] - runs[p, 2]
            if max(across, down) > widest or runs[p, 0] >= runs[r, 0] or runs[p, 1] >= runs[r, 1]:
                continue
            skip = max(0, -min(across, down))
            if skip >= runs[r, 2]:
                continue
            cost = GAP_COST * (min(across, down) + skip) + SHIFT_COST * abs(across - down)
            score = scores[p] + runs[r, 2] - skip - cost
            if score > scores[r]:
                scores[r], previous[r], skips[r] = score, p, skip
    return links


@uncounted
def unwind(pair: Pair, r: int, runs: Int32s, previous: Int32s, skips: Int32s, used: Flags, pieces: Int32s) -> int:
    """Write the chain that ends in run `r`, as far as its tokens are free, to the end of `pieces`.

    Returns:
        The place in `pieces` of the chain's first run, len(pieces) if nothing of it is free.
    """
    first = len(pieces)
    while r >= 0 and not used[r]:
        start, stop = _free_part(pair, runs[r, 0], runs[r, 1], skips[r], runs[r, 2])
        query, document = runs[r, 0] + start, runs[r, 1] + start
        if start == stop:
            used[r] = True
            break
        if first < len(pieces) and _blocked(pair, query, document, stop - start, pieces[first]):
            break
        used[r] = True
        first -= 1
        pieces[first, 0], pieces[first, 1], pieces[first, 2] = query, document, stop - start
        if start > skips[r]:
            break
        r = previous[r]
    return first


@uncounted
def _free_part(pair: Pair, query: int, document: int, start: int, stop: int) -> tuple[int, int]:
    """Return the last stretch between `start` and `stop` of a run that begins there whose tokens are free."""
    while stop > start and (pair.taken_query[query + stop - 1] or pair.taken_document[document + stop - 1]):
        stop -= 1
    free = stop
    while free > start and not (pair.taken_query[query + free - 1] or pair.taken_document[document + free - 1]):
        free -= 1
    return free, stop


@uncounted
def _blocked(pair: Pair, query: int, document: int, length: int, later: Int32s) -> bool:
    """Say whether a passage lies between a run and the later one of its chain."""
    across = pair.taken_query[query + length : later[0]]
    down = pair.taken_document[document + length : later[1]]
    return bool(across.any() or down.any())

"""Where two long token sequences can be cut so that the parts align on their own: the idea of patience diff."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.uint64]

RUN = 8  # not measured: tokens, enough to be unique in both texts
APART = 1000  # not measured: 10⁶ cells a part, of 1.3·10⁸ that fit


def anchors(a: Tokens, b: Tokens) -> list[tuple[int, int]]:
    """Return places in `a` and in `b`, ascending in both, where a run of 8 tokens starts that each has exactly once.

    One run in sixteen is considered. Neighbours lie at least 1,000 tokens apart on one side: enough cuts to keep the
    parts small.
    """
    if min(len(a), len(b)) < RUN:
        return []
    runs_a, places_a = _single(_runs(a))
    runs_b, places_b = _single(_runs(b))
    _, at_a, at_b = np.intersect1d(runs_a, runs_b, assume_unique=True, return_indices=True)
    pairs = sorted(zip(places_a[at_a].tolist(), places_b[at_b].tolist(), strict=True))
    return list(_thinned(ascending(pairs)))


def _runs(tokens: Tokens) -> Tokens:
    """Hash every run of 8 tokens."""
    count = len(tokens) - RUN + 1
    mixed = np.zeros(count, np.uint64)
    for i in range(RUN):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + tokens[i : i + count]
    return mixed


def _single(runs: Tokens) -> tuple[Tokens, NDArray[np.int64]]:
    """Return, of a sample that is the same in every text, the runs that occur once, and where."""
    sample = np.flatnonzero(runs >> np.uint64(60) == 0)
    values, places, counts = np.unique(runs[sample], return_index=True, return_counts=True)
    return values[counts == 1], sample[places[counts == 1]]


def ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest subsequence of `pairs`, which ascend on the first side, that ascends on the second too."""
    tails, tops, before = list[int](), list[int](), list[int]()
    for i, (_, place) in enumerate(pairs):
        pile = bisect_left(tails, place)
        tails[pile : pile + 1], tops[pile : pile + 1] = [place], [i]
        before.append(tops[pile - 1] if pile else -1)
    chain, i = list[tuple[int, int]](), tops[-1] if tops else -1
    while i >= 0:
        chain.append(pairs[i])
        i = before[i]
    return chain[::-1]


def _thinned(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last = (0, 0)
    for pair in pairs:
        if max(pair[0] - last[0], pair[1] - last[1]) >= APART:
            yield pair
            last = pair

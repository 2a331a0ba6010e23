"""Sentences that are alike: pairs of bags with a high cosine and many stems in common."""

import math

import numpy as np

from dedup.align.bags import Bags
from dedup.align.rows import doubled
from dedup.kernels import Float64s, Int32s, Int64s, kernel, order_of

COSINE = 0.30  # ADR 16
DICE = 0.37  # ADR 16
EACH = 16  # not measured: sentences that one may be like; it bounds the work where sentences repeat
POSTINGS, WORDS = range(2)


@kernel
def seeds_of(a: Bags, b: Bags, weights: Float64s, work: Int64s) -> Int32s:
    """Return the pairs of sentences that are alike, as rows (sentence of `a`, sentence of `b`).

    Two sentences are alike if the cosine of their weighted bags exceeds COSINE and the Dice coefficient of their sets
    of weighted stems exceeds DICE (Sanchez-Perez, Gelbukh and Sidorov 2015). Of more than EACH that one is like, those
    of highest cosine stay. A weighted stem stands in few sentences, so the work is linear.
    """
    lists, places, counts = _postings(b, weights)
    norms, sizes = _norms(b, weights)
    own, own_sizes = _norms(a, weights)
    dots, shared, touched = np.zeros(len(norms)), np.zeros(len(norms), np.int32), np.empty(len(norms), np.int32)
    seeds, found = np.empty((EACH, 2), np.int32), 0
    for i in range(len(own)):
        reached = 0
        for at in range(a.firsts[i], a.firsts[i + 1]):
            stem = a.stems[at]
            work[POSTINGS] += lists[stem + 1] - lists[stem]
            for posting in range(lists[stem], lists[stem + 1]):
                j = places[posting]
                if shared[j] == 0:
                    touched[reached] = j
                    reached += 1
                shared[j] += 1
                dots[j] += weights[stem] * weights[stem] * a.counts[at] * counts[posting]
        good, count = np.empty(reached), 0
        for at in range(reached):
            j = touched[at]
            alike = 2 * shared[j] > DICE * (own_sizes[i] + sizes[j]) and dots[j] > COSINE * own[i] * norms[j]
            if alike:
                good[count], touched[count] = -dots[j] / (own[i] * norms[j]), j
                count += 1
            shared[j], dots[j] = 0, 0.0
        if found + EACH > len(seeds):
            seeds = doubled(seeds)
        for at in order_of(good[:count])[:EACH]:
            seeds[found, 0], seeds[found, 1] = i, touched[at]
            found += 1
    return seeds[:found]


@kernel
def _norms(bags: Bags, weights: Float64s) -> tuple[Float64s, Int32s]:
    """Return the length of each weighted bag, and how many weighted stems it has."""
    norms, sizes = np.zeros(len(bags.starts) - 1), np.zeros(len(bags.starts) - 1, np.int32)
    for sentence in range(len(norms)):
        for at in range(bags.firsts[sentence], bags.firsts[sentence + 1]):
            weight = weights[bags.stems[at]] * bags.counts[at]
            norms[sentence] += weight * weight
            sizes[sentence] += weight > 0
        norms[sentence] = math.sqrt(norms[sentence])
    return norms, sizes


@kernel
def _postings(bags: Bags, weights: Float64s) -> tuple[Int32s, Int32s, Int32s]:
    """Return the sentences of each weighted stem: those of stem t are places[lists[t]:lists[t + 1]], with counts."""
    lists = np.zeros(len(weights) + 2, np.int32)
    for stem in bags.stems:
        lists[stem + 2] += weights[stem] > 0
    for stem in range(len(weights)):
        lists[stem + 2] += lists[stem + 1]
    places, counts = np.empty(lists[-1], np.int32), np.empty(lists[-1], np.int32)
    for sentence in range(len(bags.starts) - 1):
        for at in range(bags.firsts[sentence], bags.firsts[sentence + 1]):
            stem = bags.stems[at]
            if weights[stem] > 0:
                places[lists[stem + 1]], counts[lists[stem + 1]] = sentence, bags.counts[at]
                lists[stem + 1] += 1
    return lists, places, counts

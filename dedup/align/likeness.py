"""Sentences that are alike: pairs of bags with a high cosine and many stems in common."""

import math
from typing import NamedTuple

import numpy as np

from dedup.align.bags import Bags
from dedup.align.rows import doubled
from dedup.kernels import Float64s, Int32s, Int64s, kernel, order_of, uncounted

COSINE = 0.30  # ADR 16
DICE = 0.37  # ADR 16
TELLING = 1.0  # not measured finely: what stands in a third of the sentences tells little; it changes no answer
EACH = 16  # not measured: sentences that one may be like; it bounds the work where sentences repeat
POSTINGS, WORDS = range(2)


class Sentences(NamedTuple):
    """What the weights make of the sentences of one text.

    Attributes:
        norms: (s,) float64, the length of each weighted bag.
        sizes: (s,) int32, how many weighted stems each has.
        telling: (s,) float64, what a stem must weigh to be looked up: what weighs less cannot make up COSINE alone.
        rest: (s,) float64, the length of the bag of those that weigh less.
    """

    norms: Float64s
    sizes: Int32s
    telling: Float64s
    rest: Float64s


@kernel
def seeds_of(a: Bags, b: Bags, weights: Float64s, work: Int64s) -> Int32s:
    """Return the pairs of sentences that are alike, as rows (sentence of `a`, sentence of `b`).

    Two sentences are alike if the cosine of their weighted bags exceeds COSINE and the Dice coefficient of their sets
    of weighted stems exceeds DICE (Sanchez-Perez, Gelbukh and Sidorov 2015). Of more than EACH that one is like, those
    of highest cosine stay. A weighted stem stands in few sentences, so the work is linear.
    """
    lists, places, counts = _postings(b, weights)
    here, there = _measured(a, weights), _measured(b, weights)
    dots, touched, held = np.zeros(len(there.norms)), np.empty(len(there.norms), np.int32), np.zeros(len(weights))
    seeds, found, good = np.empty((EACH, 2), np.int32), 0, np.empty(len(there.norms))
    for i in range(len(here.norms)):
        reached = 0
        for at in range(a.firsts[i], a.firsts[i + 1]):
            stem, square = a.stems[at], weights[a.stems[at]] ** 2
            held[stem] = square * a.counts[at]
            if weights[stem] >= here.telling[i]:
                work[POSTINGS] += lists[stem + 1] - lists[stem]
                for posting in range(lists[stem], lists[stem + 1]):
                    j = places[posting]
                    if dots[j] == 0:
                        touched[reached] = j
                        reached += 1
                    dots[j] += square * a.counts[at] * counts[posting]
        if found + EACH > len(seeds):
            seeds = doubled(seeds)
        count = _alike(i, b, here, there, dots, touched[:reached], held, good, work)
        if count:
            for at in order_of(good[:count])[:EACH]:
                seeds[found, 0], seeds[found, 1] = i, touched[at]
                found += 1
        for at in range(a.firsts[i], a.firsts[i + 1]):
            held[a.stems[at]] = 0
    return seeds[:found]


@uncounted
def _alike(
    i: int,
    b: Bags,
    here: Sentences,
    there: Sentences,
    dots: Float64s,
    touched: Int32s,
    held: Float64s,
    good: Float64s,
    work: Int64s,
) -> int:
    """Write which of the touched sentences are like sentence `i`, and how much; return how many.

    Args:
        i: the sentence.
        b: the other text.
        here: the measures of the sentences of the one text.
        there: those of the other.
        dots: what `i` and each of `touched` have in common of the stems looked up; made zero.
        touched: the sentences of `b` that have any; those alike are written to the front.
        held: what each stem counts in `i`.
        good: less their cosines.
        work: counts, added to.
    """
    count, norm = 0, here.norms[i]
    for j in touched:
        likely = dots[j] + here.rest[i] * there.norms[j] > COSINE * norm * there.norms[j]
        dots[j] = 0
        if not likely:
            continue
        dot, shared = 0.0, 0
        work[POSTINGS] += b.firsts[j + 1] - b.firsts[j]
        for at in range(b.firsts[j], b.firsts[j + 1]):
            dot += held[b.stems[at]] * b.counts[at]
            shared += held[b.stems[at]] > 0
        alike = 2 * shared > DICE * (here.sizes[i] + there.sizes[j]) and dot > COSINE * norm * there.norms[j]
        if alike:
            good[count], touched[count] = -dot / (norm * there.norms[j]), j
            count += 1
    return count


@kernel
def _measured(bags: Bags, weights: Float64s) -> Sentences:
    """Return what the weights make of the sentences of a text."""
    several = len(bags.starts) - 1
    norms, sizes, rest = np.zeros(several), np.zeros(several, np.int32), np.zeros(several)
    telling = np.full(several, TELLING)
    for i in range(several):
        for at in range(bags.firsts[i], bags.firsts[i + 1]):
            weight = weights[bags.stems[at]]
            square = (weight * bags.counts[at]) ** 2
            norms[i] += square
            sizes[i] += weight > 0
            rest[i] += square if weight < TELLING else 0.0
        if rest[i] >= (COSINE / 2) ** 2 * norms[i]:
            telling[i], rest[i] = 0.0, 0.0
        norms[i], rest[i] = math.sqrt(norms[i]), math.sqrt(rest[i])
    return Sentences(norms, sizes, telling, rest)


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

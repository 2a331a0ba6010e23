"""Stretches of sentences that tell the same: pairs of like sentences, gathered while the whole stays alike."""

import math
from typing import NamedTuple

import numpy as np

from dedup.align.bags import Bags
from dedup.align.likeness import WORDS
from dedup.kernels import Float64s, Int32s, Int64s, kernel, order_of, uncounted

COSINE = 0.34  # ADR 16
ROUNDS = 32  # not measured: a fragment is seldom parted more than four times; it bounds the work
UNMATCHED = 0.2  # ADR 16


class Telling(NamedTuple):
    """Two texts as bags.

    Attributes:
        a: the sentences of the query.
        b: the sentences of the document.
        weights: what each stem weighs.
        zones_a: (sentences of a,) int32; a fragment lies in one zone of each text.
        zones_b: the same of b.
        counts_a: zeros, one a stem: room to add bags up.
        counts_b: the same.
        work: counts of POSTINGS read and WORDS added up; what the proof that the work is bounded counts.
    """

    a: Bags
    b: Bags
    weights: Float64s
    zones_a: Int32s
    zones_b: Int32s
    counts_a: Int32s
    counts_b: Int32s
    work: Int64s


@kernel
def fragments_of(telling: Telling, seeds: Int32s, gap: int) -> tuple[Int32s, Float64s]:
    """Return rows (first sentence, end, first sentence of the document, end, stems in common), and a score for each.

    Seeds with at most `gap` sentences between them, in either text, belong together. What they span is a fragment if
    its bags have a cosine above COSINE; if not, they are parted at narrower gaps (Sanchez-Perez et al. 2015).

    Args:
        telling: the texts.
        seeds: rows (sentence of the query, sentence of the document) that are alike; put in another order.
        gap: how many sentences may lie between.
    """
    rows, scores, found = np.empty((len(seeds), 5), np.int32), np.empty(len(seeds)), 0
    stack, ends, top = np.empty((len(seeds) + 1, 5), np.int64), np.empty(len(seeds), np.int64), 0
    _push(stack, 0, 0, len(seeds), gap, 0)
    top = 1 if len(seeds) else 0
    while top:
        top -= 1
        first, end, gap, rounds, settled = stack[top]
        side = rounds % 2
        _sort(seeds, first, end, side)
        parts = 1 if rounds >= ROUNDS else _part(telling, seeds, first, end, side, gap, ends)
        if parts > 1:
            for part in range(parts - 1, -1, -1):  # the first part lies on top, and is looked at first
                _push(stack, top, ends[part - 1] if part else first, ends[part], gap, rounds + 1)
                top += 1
        elif not settled and rounds < ROUNDS:
            _push(stack, top, first, end, gap, rounds + 1)
            stack[top, 4] = 1
            top += 1
        else:
            cosine, scores[found] = _span(telling, seeds, first, end, rows[found])
            if cosine > COSINE:
                found += 1
            elif gap > 0:
                _push(stack, top, first, end, gap - 1, 0)
                top += 1
    return rows[:found], scores[:found]


@uncounted
def _push(stack: Int64s, top: int, first: int, end: int, gap: int, rounds: int) -> None:
    stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3], stack[top, 4] = first, end, gap, rounds, 0


@kernel
def _sort(seeds: Int32s, first: int, end: int, side: int) -> None:
    """Put a stretch of the seeds in the order of one text."""
    keys, old = np.empty(end - first), np.empty((end - first, 2), np.int32)
    for at in range(end - first):
        keys[at], old[at, 0], old[at, 1] = seeds[first + at, side], seeds[first + at, 0], seeds[first + at, 1]
    order = order_of(keys)
    for at in range(end - first):
        seeds[first + at, 0], seeds[first + at, 1] = old[order[at], 0], old[order[at], 1]


@uncounted
def _part(telling: Telling, seeds: Int32s, first: int, end: int, side: int, gap: int, ends: Int64s) -> int:
    """Write where each part of a stretch of seeds ends that wider gaps, or the ends of zones, part; return how many."""
    parts, zones = 0, telling.zones_b if side else telling.zones_a
    for at in range(first + 1, end):
        before, sentence = seeds[at - 1, side], seeds[at, side]
        if sentence - before - 1 > gap or zones[sentence] != zones[before]:
            ends[parts] = at
            parts += 1
    ends[parts] = end
    return parts + 1


@uncounted
def _span(telling: Telling, seeds: Int32s, first: int, end: int, row: Int32s) -> tuple[float, float]:
    """Write what a stretch of seeds spans in both texts, and how many stems both have; return cosine and score."""
    i, i_end, j, j_end = seeds[first, 0], seeds[first, 0], seeds[first, 1], seeds[first, 1]
    for at in range(first, end):
        i, i_end = min(i, seeds[at, 0]), max(i_end, seeds[at, 0])
        j, j_end = min(j, seeds[at, 1]), max(j_end, seeds[at, 1])
    row[0], row[1], row[2], row[3] = i, i_end + 1, j, j_end + 1
    _add(telling, telling.a, i, i_end + 1, telling.counts_a)
    _add(telling, telling.b, j, j_end + 1, telling.counts_b)
    dot, own, other, rarity, left, missing = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    row[4] = 0
    for at in range(telling.a.firsts[i], telling.a.firsts[i_end + 1]):
        stem = telling.a.stems[at]
        here, there, weight = telling.counts_a[stem], telling.counts_b[stem], telling.weights[stem]
        common = min(here, there)
        row[4] += common
        dot += weight * weight * here * there
        own += weight * weight * here * here
        rarity += weight * common
        left += weight * (here - common)
        missing -= weight * common
        telling.counts_a[stem] = 0
    for at in range(telling.b.firsts[j], telling.b.firsts[j_end + 1]):
        stem = telling.b.stems[at]
        there, weight = telling.counts_b[stem], telling.weights[stem]
        other += weight * weight * there * there
        missing += weight * there
        telling.counts_b[stem] = 0
    cosine = dot / math.sqrt(own * other) if own * other > 0 else 0.0
    return cosine, rarity - UNMATCHED * min(left, missing)


@uncounted
def _add(telling: Telling, bags: Bags, first: int, end: int, counts: Int32s) -> None:
    """Add up the bags of some sentences."""
    telling.work[WORDS] += bags.firsts[end] - bags.firsts[first]
    for at in range(bags.firsts[first], bags.firsts[end]):
        counts[bags.stems[at]] += bags.counts[at]

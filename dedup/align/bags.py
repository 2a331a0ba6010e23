"""Sentences as bags of stems, and what a stem weighs between two texts."""

import math
from typing import NamedTuple

import numpy as np

from dedup.kernels import Flags, Float64s, Int32s, kernel, uncounted

LEAST = 3  # tokens; Sanchez-Perez et al. 2014: a shorter sentence is part of the next one
LONGEST = 80  # tokens, not measured finely: tables and texts without full stops are read in pieces
PIECE = 25  # tokens; the same
FREQUENT = 64  # sentences of one text: a stem that stands in more tells nothing; it bounds the work
SENTENCES = 12  # ADR 16: two short texts are taken for as many; else nothing that they share tells much
EXACT = 2**20  # weights are multiples of 1/EXACT: sums of them are exact, so that equal stretches have equal scores
LOGARITHMS = np.round(np.log(np.maximum(1, np.arange(2 * FREQUENT + 1))) * EXACT) / EXACT


class Bags(NamedTuple):
    """The sentences of one text, s of them.

    Attributes:
        starts: (s + 1,) int32, the first token of each, and the end of the last.
        firsts: (s + 1,) int32, where each one's stems begin in `stems`.
        stems: numbers of the distinct stems of each sentence, one sentence after the other.
        counts: how often each occurs there.
    """

    starts: Int32s
    firsts: Int32s
    stems: Int32s
    counts: Int32s


@kernel
def sentences_of(stops: Flags) -> Int32s:
    """Return where the sentences of a text begin, and where the last one ends.

    What has fewer than LEAST tokens is joined to the next sentence, what has more than LONGEST cut in even pieces.
    """
    starts, count, first = np.empty(len(stops) // LEAST + 2, np.int32), 0, 0
    for token in range(len(stops)):
        length = token + 1 - first
        if (not stops[token] or length < LEAST) and token + 1 < len(stops):
            continue
        pieces = (length + PIECE - 1) // PIECE if length > LONGEST else 1
        for piece in range(pieces):
            starts[count] = first + piece * length // pieces
            count += 1
        first = token + 1
    starts[count] = len(stops)
    return starts[: count + 1]


@kernel
def bags_of(ids: Int32s, starts: Int32s, free: Flags, stems: int) -> Bags:
    """Return the bags of the tokens that are free, the rest left out.

    Args:
        ids: the stem number of each token.
        starts: where the sentences begin, and where the last one ends.
        free: which tokens are read.
        stems: how many stem numbers there are.
    """
    firsts, room = np.zeros(len(starts), np.int32), len(ids)
    own, counts, place = np.empty(room, np.int32), np.empty(room, np.int32), np.full(stems, -1, np.int32)
    used = 0
    for sentence in range(len(starts) - 1):
        for token in range(starts[sentence], starts[sentence + 1]):
            if not free[token]:
                continue
            at = place[ids[token]]
            if at < firsts[sentence]:
                at = used
                place[ids[token]], own[at], counts[at] = at, ids[token], 0
                used += 1
            counts[at] += 1
        firsts[sentence + 1] = used
    return Bags(starts, firsts, own[:used], counts[:used])


@kernel
def weights_of(a: Bags, b: Bags, stems: int) -> Float64s:
    """Return what each stem weighs between two texts: ln(sentences / sentences that hold it), of both texts.

    The pair decides, not the collection: what all sentences of both texts are about does not tell one from another
    (Sanchez-Perez, Gelbukh and Sidorov 2015). What stands in more than FREQUENT sentences of a text weighs nothing.
    """
    here, there = np.zeros(stems, np.int32), np.zeros(stems, np.int32)
    for stem in a.stems:
        here[stem] += 1
    for stem in b.stems:
        there[stem] += 1
    weights, sentences = np.zeros(stems), max(SENTENCES, len(a.starts) + len(b.starts) - 2)
    most = round(math.log(sentences) * EXACT) / EXACT
    for stem in range(stems):
        if max(here[stem], there[stem]) <= FREQUENT:
            weights[stem] = max(0.0, most - LOGARITHMS[here[stem] + there[stem]])
    return weights


@uncounted
def common_weight(a: Bags, b: Bags, weights: Float64s, here: Int32s, there: Int32s) -> float:
    """Return what all stems weigh that two texts have in common, each as often as both have it.

    Args:
        a: the one text.
        b: the other.
        weights: what each stem weighs.
        here: zeros, one a stem: room to count; zeros again in the end.
        there: the same.
    """
    for at in range(len(a.stems)):
        here[a.stems[at]] += a.counts[at]
    common = 0.0
    for at in range(len(b.stems)):
        stem = b.stems[at]
        before = min(here[stem], there[stem])
        there[stem] += b.counts[at]
        common += weights[stem] * (min(here[stem], there[stem]) - before)
    for stem in a.stems:
        here[stem] = 0
    for stem in b.stems:
        there[stem] = 0
    return common

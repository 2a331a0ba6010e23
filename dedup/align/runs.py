"""Maximal exact runs: stretches of a seed or more tokens that stand, unbroken, in the query and in a document."""

import numpy as np

from dedup.align.numbering import ABSENT, NO_SEED, first_place, place_seeds, seed_keys
from dedup.align.pair import CELLS, SEEDS, Pair, Seeds
from dedup.align.rows import doubled, sorted_rows
from dedup.kernels import Int32s, Uint64s, kernel, uncounted

PLACES = 16  # ADR 3: half and double move plagdet by less than .015; ADR 27: where two seeds are looked for together
CROSSINGS = 16  # ADR 3: bounds the work in repetitive text, which tests count; other values not measured


@kernel
def seeds_of(query: Int32s, length: int) -> Seeds:
    """Return where the query's seeds of so many tokens are."""
    keys = seed_keys(query, length)
    table, following, places = place_seeds(keys)
    frequent = (places > PLACES).any()
    twice = seed_keys(query, 2 * length) if frequent else keys[:0]
    twice_table, twice_following, _ = place_seeds(twice)
    return Seeds(keys, table, following, places, twice, twice_table, twice_following)


@kernel
def find_runs(pair: Pair, seeds: Seeds, length: int, ends: Int32s, crossings: Int32s, base: int) -> Int32s:
    """Return the maximal runs of one document as rows (query start, document start, length), by document start.

    A seed that the query has at more than PLACES places is looked for with the next seed together, and at most PLACES
    places of that are tried; at most 2 * CROSSINGS runs cross one place of the document, and no cell of a diagonal is
    visited twice: the work is linear in the document whatever it repeats.

    Args:
        pair: the texts.
        seeds: where the query has which.
        length: tokens in a seed.
        ends: per diagonal of all documents, where in all documents the last run ended; kept between documents.
        crossings: zeros, one per token of the document.
        base: where the document begins among all documents.
    """
    runs, count, j = np.empty((64, 3), np.int32), 0, 0
    keys = seed_keys(pair.document, length)
    twice = seed_keys(pair.document, 2 * length) if len(seeds.twice) else keys
    while j < len(keys):
        if count + PLACES > len(runs):
            runs = doubled(runs)
        count, j = _fill(pair, seeds, length, ends, crossings, base, keys, twice, j, runs, count)
    for run in range(1, count):
        if runs[run - 1, 1] > runs[run, 1]:
            return sorted_rows(runs[:count], 1)
    return runs[:count]


@uncounted
def _fill(
    pair: Pair,
    seeds: Seeds,
    length: int,
    ends: Int32s,
    crossings: Int32s,
    base: int,
    keys: Uint64s,
    twice: Uint64s,
    j: int,
    runs: Int32s,
    count: int,
) -> tuple[int, int]:
    """Add runs to the `count` there are, of the seeds from document place `j` on, while there is room for PLACES more.

    Returns:
        How many runs there are, and the place to go on from.
    """
    while j < len(keys) and count + PLACES <= len(runs):
        i = first_place(seeds.table, seeds.keys, keys[j]) if keys[j] != NO_SEED else ABSENT
        frequent = i != ABSENT and seeds.places[i] > PLACES
        if frequent:
            i = first_place(seeds.twice_table, seeds.twice, twice[j]) if twice[j] != NO_SEED else ABSENT
        for _ in range(PLACES):
            if i == ABSENT:
                break
            pair.work[SEEDS] += 1
            diagonal = base + j - i + len(pair.query)
            if ends[diagonal] <= base + j and crossings[j] < CROSSINGS:
                before, after = _extend(pair, i, j, crossings, ends[diagonal] - base)
                ends[diagonal] = base + j + after
                runs[count, 0], runs[count, 1], runs[count, 2] = i - before, j - before, before + after
                count += before + after >= length  # keys of two seeds may be equal, see `seed_keys`
            i = seeds.twice_following[i] if frequent else seeds.following[i]
        j += 1
    return count, j


@uncounted
def _extend(pair: Pair, i: int, j: int, crossings: Int32s, least: int) -> tuple[int, int]:
    """Return how many tokens before and from (i, j) on are equal, going back no further than document place `least`."""
    query, document = pair.query, pair.document
    after = 0
    while i + after < len(query) and j + after < len(document) and query[i + after] == document[j + after]:
        crossings[j + after] += 1
        after += 1
    before, most = 0, min(i, j - max(least, 0))
    while before < most and query[i - before - 1] == document[j - before - 1]:
        if crossings[j - before - 1] >= CROSSINGS:
            break
        before += 1
        crossings[j - before] += 1
    pair.work[CELLS] += before + after
    return before, after

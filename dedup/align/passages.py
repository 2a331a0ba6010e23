"""Passages that a query shares with each of a batch of documents: runs, chains, ends, exact figures."""

import numpy as np

from dedup.align.arrays import Hashes, Ids, Places
from dedup.align.chains import chain_runs, unwind
from dedup.align.extension import extend
from dedup.align.join import join_neighbours
from dedup.align.lcs import WHOLE, common_tokens
from dedup.align.pair import Limits, Pair
from dedup.align.runs import doubled, find_runs
from dedup.align.vocabulary import look_up_tokens, number_tokens, place_pairs
from dedup.kernels import kernel

CUTS = 8


@kernel
def find_passages(query: Hashes, documents: Hashes, offsets: Places, limits: Limits, counters: Places) -> Ids:
    """Return rows (document, query start, query end, document start, document end, matched) for a batch."""
    ids, distinct, vocabulary = number_tokens(query)
    table, following = place_pairs(ids)
    numbers = look_up_tokens(documents, distinct, vocabulary)
    masks = np.zeros(len(distinct), np.uint64)
    ends = np.zeros(len(ids) + len(numbers) + 1, np.int32)
    crossings = np.zeros(len(numbers), np.int32)
    taken_query, taken_documents = np.zeros(len(ids), np.bool_), np.zeros(len(numbers), np.bool_)
    found, count = np.empty((16, 6), np.int32), 0
    for n in range(len(offsets) - 1):
        base, end = offsets[n], offsets[n + 1]
        pair = Pair(ids, numbers[base:end], taken_query, taken_documents[base:end], masks)
        runs = find_runs(pair.query, pair.document, table, following, ends, crossings[base:end], base, counters)
        before = count
        found, count = _accept_chains(pair, runs, limits, found, count, counters)
        for row in range(before, count):
            found[row, 0] = n
            taken_query[found[row, 1] : found[row, 2]] = False
        count = before + join_neighbours(pair, found[before:count], limits)
    return found[:count]


@kernel
def _accept_chains(
    pair: Pair, runs: Ids, limits: Limits, found: Ids, count: int, counters: Places
) -> tuple[Ids, int]:
    """Add the passages of one document, best chain first, to the `count` rows of `found`."""
    scores, previous, skips = chain_runs(runs, counters)
    least = limits.words / 2
    good = np.flatnonzero(scores >= least)
    used = np.zeros(len(runs) if len(good) else 0, np.bool_)
    pieces = np.empty((len(used), 3), np.int32)
    parts = np.empty((len(used) + CUTS, 3), np.int32)
    for r in good[np.argsort(-scores[good], kind="mergesort")]:
        parts[0, 0], parts[0, 1], parts[0, 2] = unwind(pair, r, runs, previous, skips, used, pieces), len(pieces), 0
        waiting = 1
        while waiting:
            waiting -= 1
            first, last, cuts = parts[waiting]
            if pieces[first:last, 2].sum() < least:
                continue
            if count == len(found):
                found = doubled(found)
            if _accept(pair, pieces[first:last], limits, found[count], counters):
                count += 1
            elif last - first > 1 and cuts < CUTS:
                middle = first + _widest_gap(pieces[first:last])
                parts[waiting, 0], parts[waiting, 1], parts[waiting, 2] = first, middle, cuts + 1
                parts[waiting + 1, 0], parts[waiting + 1, 1], parts[waiting + 1, 2] = middle, last, cuts + 1
                waiting += 2
    return found, count


@kernel
def _accept(pair: Pair, pieces: Ids, limits: Limits, row: Ids, counters: Places) -> bool:
    """Extend a chain at both ends; if it reaches the limits write it to `row` and take its tokens."""
    cost = limits.similarity / max(0.1, 2 * (1 - limits.similarity))
    before = extend(pair, pieces[0, 0] - 1, pieces[0, 1] - 1, -1, cost, counters)
    after = extend(pair, pieces[-1, 0] + pieces[-1, 2], pieces[-1, 1] + pieces[-1, 2], 1, cost, counters)
    row[1], row[2] = pieces[0, 0] - before[0], pieces[-1, 0] + pieces[-1, 2] + after[0]
    row[3], row[4] = pieces[0, 1] - before[1], pieces[-1, 1] + pieces[-1, 2] + after[1]
    row[5] = _matched(pair, pieces, row)
    if row[5] < limits.words or 2 * row[5] < limits.similarity * (row[2] - row[1] + row[4] - row[3]):
        return False
    pair.taken_query[row[1] : row[2]] = True
    pair.taken_document[row[3] : row[4]] = True
    return True


@kernel
def _matched(pair: Pair, pieces: Ids, row: Ids) -> int:
    """Return the longest common subsequence; beyond WHOLE tokens, the sum over parts cut at the ends of runs."""
    matched, query, document = 0, row[1], row[3]
    for p in range(len(pieces)):
        if max(pieces[p, 0] - query, pieces[p, 1] - document) > WHOLE // 2 and max(row[2] - query, row[4] - document) > WHOLE:
            matched += common_tokens(pair.query[query : pieces[p, 0]], pair.document[document : pieces[p, 1]], pair.masks)
            query, document = pieces[p, 0], pieces[p, 1]
    return matched + common_tokens(pair.query[query : row[2]], pair.document[document : row[4]], pair.masks)


@kernel
def _widest_gap(pieces: Ids) -> int:
    """Return the place of the run that the widest gap of a chain precedes."""
    widest, place = -1, 1
    for p in range(1, len(pieces)):
        across = pieces[p, 0] - pieces[p - 1, 0] - pieces[p - 1, 2]
        down = pieces[p, 1] - pieces[p - 1, 1] - pieces[p - 1, 2]
        if max(across, down) > widest:
            widest, place = max(across, down), p
    return place

"""Passages that a query shares with each of a batch of documents: runs, chains, segments, ends, joins."""

import numpy as np

from dedup.align.chains import chain_runs, unwind
from dedup.align.choice import choose
from dedup.align.extension import extend
from dedup.align.lcs import WHOLE, common_tokens
from dedup.align.neighbours import join_neighbours
from dedup.align.numbering import look_up_tokens, number_tokens
from dedup.align.pair import Limits, Pair, longest_of, room_of
from dedup.align.rows import doubled, tokens_of
from dedup.align.runs import find_runs, seeds_of
from dedup.align.segments import segments_of
from dedup.kernels import Int32s, Int64s, Uint64s, entry, kernel, order_of, uncounted

CORE = 0.5  # ADR 3: without cores below a passage's length plagdet falls from .656 to .634
LIKENESS = np.array([0.5, 0.7])  # ADR 3: without the second, loose extension plagdet falls from .656 to .624


@entry
def find_passages(
    query: Uint64s,
    documents: Uint64s,
    offsets: Int64s,
    words: int,
    similarity: float,
    loose_words: int,
    loose_similarity: float,
    seed: int,
    gap: int,
    work: Int64s,
) -> Int32s:
    """Return rows (document, query start, query end, document start, document end, matched, strict), by document.

    Args:
        query: token hashes.
        documents: token hashes, one document after the other.
        offsets: where each document begins, and where the last one ends.
        words: tokens that a strict passage must have in common.
        similarity: what it must reach.
        loose_words: tokens that a loose one must have in common; 0 if there are to be none.
        loose_similarity: what it must reach; strict ones are looked for where a loose one has enough words.
        seed: tokens that a run has at least.
        gap: tokens between two runs of a chain at most.
        work: four counts, added to (see `Pair`).
    """
    strict, loose = Limits(words, similarity, seed, gap), Limits(loose_words, loose_similarity, seed, gap)
    ids, distinct, vocabulary = number_tokens(query)
    seeds = seeds_of(ids, seed)
    numbers = look_up_tokens(documents, distinct, vocabulary)
    room = room_of(len(distinct), longest_of(offsets))
    ends = np.zeros(len(ids) + len(numbers) + 1, np.int32)
    crossings = np.zeros(len(numbers), np.int32)
    taken_query, taken_documents = np.zeros(len(ids), np.bool_), np.zeros(len(numbers), np.bool_)
    found, count = np.empty((16, 7), np.int32), 0
    for n in range(len(offsets) - 1):
        base, end = offsets[n], offsets[n + 1]
        pair = Pair(ids, numbers[base:end], taken_query, taken_documents[base:end], room, work)
        runs = find_runs(pair, seeds, seed, ends, crossings[base:end], base)
        first = count
        found, count = _find_both(pair, runs, strict, loose, found, first)
        found[first:count, 0] = n
    return found[:count]


@kernel
def _find_both(
    pair: Pair, runs: Int32s, strict: Limits, loose: Limits, found: Int32s, first: int
) -> tuple[Int32s, int]:
    """Add one document's loose passages to the `first` rows of `found`, or strict ones in their place."""
    count = first
    if loose.words:
        found, count = _find(pair, runs, loose, found, first)
        if not _enough(found[first:count], strict.words):
            return found, count
    middle = count
    if middle > first:
        pair.taken_document[:] = False
    found, count = _find(pair, runs, strict, found, middle)
    found[middle:count, 6] = 1
    return found, first + choose(found[first:count], middle - first)


@kernel
def _find(pair: Pair, runs: Int32s, limits: Limits, found: Int32s, first: int) -> tuple[Int32s, int]:
    """Add the passages of one document to the `first` rows of `found`, in the order of the query."""
    found, count = _accept_chains(pair, runs, limits, found, first)
    found[first:count, 6] = 0
    for row in range(first, count):
        _grow(pair, found[row], limits)
    for row in range(first, count):
        pair.taken_query[found[row, 1] : found[row, 2]] = False
    return found, first + join_neighbours(pair, found[first:count], limits)


@uncounted
def _enough(passages: Int32s, words: int) -> bool:
    """Say whether a passage has so many words in common."""
    for row in range(len(passages)):  # noqa: SIM110 - Numba knows no generators
        if passages[row, 5] >= words:
            return True
    return False


@kernel
def _accept_chains(pair: Pair, runs: Int32s, limits: Limits, found: Int32s, count: int) -> tuple[Int32s, int]:
    """Add the cores of one document's passages, best chain first, to the `count` rows of `found`.

    A core may have as few as CORE of the words that a passage needs: it can reach them by being joined to others.
    """
    scores, previous, skips = chain_runs(pair, runs, limits)
    least = CORE * limits.words
    good = np.flatnonzero(scores >= least)
    used = np.zeros(len(runs) if len(good) else 0, np.bool_)
    pieces = np.empty((len(used), 3), np.int32)
    for place in order_of(-scores[good]):
        r = good[place]
        chain = pieces[unwind(pair, r, runs, previous, skips, used, pieces) :]
        segments, cores = segments_of(pair, chain, limits.similarity), 0
        for first, last in segments:  # all of them are taken before any is extended: none may grow over the next
            if chain[first:last, 2].sum() >= least:
                segments[cores, 0], segments[cores, 1] = first, last
                cores += 1
                start, end = chain[first], chain[last - 1]
                _take(pair, start[0], end[0] + end[2], start[1], end[1] + end[2])
        for first, last in segments[:cores]:
            if count == len(found):
                found = doubled(found)
            _measure(pair, chain[first:last], limits, found[count])
            count += 1
    return found, count


@uncounted
def _measure(pair: Pair, chain: Int32s, limits: Limits, row: Int32s) -> None:
    """Extend a segment at both ends, so that each step keeps to the similarity asked for; write it and take its tokens.

    Up to WHOLE tokens the longest common subsequence is exact; a longer passage is cut where runs begin, and the
    parts' are added up.
    """
    cost = _cost(limits.similarity)
    query, document = chain[-1, 0] + chain[-1, 2], chain[-1, 1] + chain[-1, 2]
    before = extend(pair, chain[0, 0] - 1, chain[0, 1] - 1, -1, cost)
    after = extend(pair, query, document, 1, cost)
    row[1], row[2] = chain[0, 0] - before[0], query + after[0]
    row[3], row[4] = chain[0, 1] - before[1], document + after[1]
    matched, across, down = 0, row[1], row[3]
    if max(row[2] - row[1], row[4] - row[3]) > WHOLE:
        for query, document, length in chain:
            if max(query - across, document - down) + length > WHOLE // 2:
                matched += common_tokens(pair, across, query, down, document)
                across, down = query, document
    row[5] = matched + common_tokens(pair, across, row[2], down, row[4])
    _take(pair, row[1], row[2], row[3], row[4])


@uncounted
def _grow(pair: Pair, row: Int32s, limits: Limits) -> None:
    """Extend a passage of its own right at both ends, as long as the whole stays similar enough.

    A copy word for word ends sharply, a loose one thins out: a step may have LIKENESS of the passage's own similarity.
    """
    if row[5] < limits.words or max(row[2] - row[1], row[4] - row[3]) > WHOLE // 4:
        return
    own = 2 * row[5] / tokens_of(row)
    for share in LIKENESS:
        cost = _cost(share * own)
        before = extend(pair, row[1] - 1, row[3] - 1, -1, cost)
        after = extend(pair, row[2], row[4], 1, cost)
        across, across_end, down, down_end = (
            row[1] - before[0],
            row[2] + after[0],
            row[3] - before[1],
            row[4] + after[1],
        )
        matched = common_tokens(pair, across, across_end, down, down_end)
        if 2 * matched >= limits.similarity * (across_end - across + down_end - down):
            row[1], row[2], row[3], row[4], row[5] = across, across_end, down, down_end, matched
            _take(pair, across, across_end, down, down_end)
            return


@uncounted
def _cost(similarity: float) -> float:
    """Return what an unmatched token costs, an equal one scoring 1, for steps of that similarity to come out even."""
    return similarity / max(0.1, 2 * (1 - similarity))


@uncounted
def _take(pair: Pair, across: int, across_end: int, down: int, down_end: int) -> None:
    """Mark the tokens of a passage, or of its core."""
    pair.taken_query[across:across_end] = True
    pair.taken_document[down:down_end] = True

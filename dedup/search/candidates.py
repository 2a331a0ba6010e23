"""Postings in, the few chunks worth reading out.

Rarest buckets are read first, within a budget. A chunk's score is the sum of ln(1 + N/df) over the buckets it shares
with the query, so that a shared boilerplate line does not beat a real passage. Chunks are then chosen one by one, and a
bucket counts 1/(1 + c) once c chosen chunks have it: three hundred copies of one paragraph cannot keep out the only
source of another. Who asks for thousands gets the rest by what they gain then.
"""

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import Float64s, Int32s, Int64s, Uint32s, entry, kernel, order_of
from dedup.stores.base import Numbers, Postings

DIVERSE = 256  # not measured: more than a page of answers; each choice looks at all chunks
BUDGET = 32  # ADR 4: 4 to 64 find alike; it bounds the work on frequent buckets


def rank(postings: Postings, total: int, most: int, budget: int = 4096) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the best chunk numbers, best first, and which buckets were not read to their end.

    Args:
        postings: what the store holds of the query's buckets.
        total: documents in the index, N.
        most: how many chunks to return at most.
        budget: how many postings are read in any case.
    """
    counts = postings.counts
    order = np.argsort(counts, kind="stable")
    listed = np.diff(postings.offsets)
    within = np.cumsum(listed[order]) <= max(BUDGET * len(counts), budget)
    order, cut = order[within], listed < counts
    cut[np.argsort(counts, kind="stable")[~within]] = True
    weights = np.log1p(total / np.maximum(counts, 1))
    return _rank(postings.offsets, postings.numbers, weights, order, most), cut


@entry
def _rank(offsets: Int64s, numbers: Uint32s, weights: Float64s, order: Int64s, most: int) -> Uint32s:
    total = 0
    for bucket in order:
        total += offsets[bucket + 1] - offsets[bucket]
    chunks, slots = np.empty(total, np.uint32), np.empty(total, np.int32)
    found = _slots(offsets, numbers, order, chunks, slots)
    starts, shared = _by_chunk(offsets, order, slots, found)
    gains = np.empty(found)
    taken = np.zeros(len(offsets) - 1, np.int64)
    for chunk in range(found):
        gains[chunk] = _gain(shared[starts[chunk] : starts[chunk + 1]], weights, taken)
    return chunks[_choose(chunks[:found], starts, shared, weights, gains, taken, most)]


@kernel
def _slots(offsets: Int64s, numbers: Uint32s, order: Int64s, chunks: Uint32s, slots: Int32s) -> int:
    """Give each distinct chunk a slot; write each posting's, in the order read; return how many chunks."""
    size = 16
    while size < 2 * len(slots):
        size *= 2
    table, found, at = np.full(size, np.int32(-1)), 0, 0
    for bucket in order:
        for number in numbers[offsets[bucket] : offsets[bucket + 1]]:
            place = np.int64((np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (size - 1)
            while table[place] >= 0 and chunks[table[place]] != number:
                place = (place + 1) & (size - 1)
            if table[place] < 0:
                table[place] = found
                chunks[found] = number
                found += 1
            slots[at] = table[place]
            at += 1
    return found


@kernel
def _by_chunk(offsets: Int64s, order: Int64s, slots: Int32s, found: int) -> tuple[Int64s, Int64s]:
    """Return the buckets of each chunk: those of chunk i are shared[starts[i]:starts[i + 1]]."""
    starts, shared, at = np.zeros(found + 2, np.int64), np.empty(len(slots), np.int64), 0
    for slot in slots:
        starts[slot + 2] += 1
    for slot in range(found):
        starts[slot + 2] += starts[slot + 1]
    for bucket in order:
        for _ in range(offsets[bucket], offsets[bucket + 1]):
            shared[starts[slots[at] + 1]] = bucket
            starts[slots[at] + 1] += 1
            at += 1
    return starts, shared


@kernel
def _gain(buckets: Int64s, weights: Float64s, taken: Int64s) -> float:
    gain = 0.0
    for bucket in buckets:
        gain += weights[bucket] / (1 + taken[bucket])
    return gain


@kernel
def _choose(
    chunks: Uint32s, starts: Int64s, shared: Int64s, weights: Float64s, gains: Float64s, taken: Int64s, most: int
) -> Int64s:
    """Take the chunk of greatest gain, lowest number first, until there are `most`; after DIVERSE of them in one go.

    A gain only ever shrinks, so an old one is an upper bound: it is worked out anew only when it comes first
    (lazy greedy: Minoux 1978).
    """
    chosen, count = np.empty(min(most, len(chunks)), np.int64), 0
    fresh = np.zeros(len(chunks), np.int64)
    while count < min(len(chosen), DIVERSE):
        best = 0
        for chunk in range(1, len(chunks)):
            if gains[chunk] > gains[best] or (gains[chunk] == gains[best] and chunks[chunk] < chunks[best]):
                best = chunk
        buckets = shared[starts[best] : starts[best + 1]]
        if fresh[best] == count:
            chosen[count] = best
            count += 1
            gains[best] = -1.0
            for bucket in buckets:
                taken[bucket] += 1
        else:
            gains[best] = _gain(buckets, weights, taken)
            fresh[best] = count
    _fill(chosen, count, chunks, starts, shared, weights, gains, taken)
    return chosen


@kernel
def _fill(
    chosen: Int64s,
    count: int,
    chunks: Uint32s,
    starts: Int64s,
    shared: Int64s,
    weights: Float64s,
    gains: Float64s,
    taken: Int64s,
) -> None:
    """Fill what is left of `chosen` with the chunks that gain most beside those chosen, lowest number first."""
    if count == len(chosen):
        return
    for chunk in range(len(chunks)):
        if gains[chunk] >= 0:
            gains[chunk] = _gain(shared[starts[chunk] : starts[chunk + 1]], weights, taken)
    by_number = order_of(chunks.astype(np.float64))
    for place in order_of(-gains[by_number]):
        chunk = by_number[place]
        if count < len(chosen) and gains[chunk] >= 0:
            chosen[count] = chunk
            count += 1

"""The compiled parts: sets of shingles, what two of them share, pairs in a bucket, and the clusters."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import Flags, Int32s, Int64s, ReadUint64s, Uint64s, entry, kernel

CROWDED = 32  # not measured: values that are sorted by insertion


@entry
def distinct(hashes: Uint64s, offsets: Int64s) -> tuple[Uint64s, Int64s]:
    """Return each text's shingle hashes sorted, each once, and the offsets at which each text's begin."""
    sets, ends = np.empty(len(hashes), np.uint64), np.zeros(len(offsets), np.int64)
    for text in range(len(offsets) - 1):
        used = ends[text]
        own = sets[used : used + offsets[text + 1] - offsets[text]]
        sort_hashes(hashes[offsets[text] : offsets[text + 1]], own)
        count = min(1, len(own))
        for i in range(1, len(own)):
            own[count] = own[i]
            count += own[i] != own[count - 1]
        ends[text + 1] = used + count
    return sets[: ends[-1]], ends


@kernel
def sort_hashes(hashes: Uint64s, ordered: Uint64s) -> None:
    """Write evenly spread hashes in order: by their first bits, which leaves one or two to each place, then one by one.

    Of 300 hashes that takes 3 us, a quicksort 12. Many equal ones, as of a text that says a thing again and again, are
    left to the quicksort.
    """
    bits = 1
    while 1 << bits < len(hashes):
        bits += 1
    shift = np.uint64(64 - bits)
    ends = np.zeros((1 << bits) + 1, np.int64)
    for h in hashes:
        ends[np.int64(h >> shift) + 1] += 1
    if len(hashes) and ends.max() > CROWDED:
        ordered[:] = np.sort(hashes)
        return
    for i in range(1, len(ends)):
        ends[i] += ends[i - 1]
    for h in hashes:
        ordered[ends[np.int64(h >> shift)]] = h
        ends[np.int64(h >> shift)] += 1
    sort_nearly_sorted(ordered)


@kernel
def sort_nearly_sorted(values: NDArray[Any]) -> None:
    """Sort by insertion."""
    for i in range(1, len(values)):
        value, place = values[i], i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@entry
def shared(sets: ReadUint64s, offsets: Int64s, left: Int64s, right: Int64s) -> Int32s:
    """Return how many hashes the sets of left[i] and right[i] have in common; without a branch that data decide."""
    counts = np.zeros(len(left), np.int32)
    for pair in range(len(left)):
        a, b = offsets[left[pair]], offsets[right[pair]]
        a_end, b_end = offsets[left[pair] + 1], offsets[right[pair] + 1]
        count = 0
        while a < a_end and b < b_end:
            x, y = sets[a], sets[b]
            count += x == y
            a += x <= y
            b += y <= x
        counts[pair] = count
    return counts


@entry
def count_full(buckets: Uint64s, most: int) -> int:
    """Return how many of the sorted buckets come more than `most` times."""
    count, start = 0, 0
    for i in range(1, len(buckets) + 1):
        if i == len(buckets) or buckets[i] != buckets[start]:
            count += i - start > most
            start = i
    return count


@entry
def pair_up(
    buckets: Uint64s,
    ranks: Int64s,
    indexed: Flags,
    most: int,
    star: int,
    place: int,
    line: int,
    better: Int64s,
    worse: Int64s,
) -> tuple[int, int, int]:
    """Pair the ranks of each bucket with all that are worse and not of an index; of more than `most` the `star` best.

    Buckets are sorted. Ranks are sorted here, within each bucket. Begin at the bucket that starts at `place`, with its
    `line`-th best; where there is no room for a line, return where to go on, and how many pairs were written.
    """
    count = 0
    while place < len(ranks):
        stop = place + 1
        while stop < len(ranks) and buckets[stop] == buckets[place]:
            stop += 1
        if line == 0:
            _sort(ranks[place:stop])
        lines = min(star if stop - place > most else stop - place, stop - place - 1)
        while line < lines:
            if count + stop - place - line - 1 > len(better):
                return place, line, count
            for other in range(place + line + 1, stop):
                better[count], worse[count] = ranks[place + line], ranks[other]
                count += not indexed[ranks[other]]
            line += 1
        place, line = stop, 0
    return place, 0, count


@kernel
def _sort(ranks: Int64s) -> None:
    if len(ranks) > CROWDED:
        ranks[:] = np.sort(ranks)
    else:
        sort_nearly_sorted(ranks)


@entry
def attach(owners: Int64s, better: Int64s, worse: Int64s) -> None:
    """Give each unit that resembles a survivor the best ranked one; all others own themselves.

    Edges come sorted by the worse rank, then by the better: whatever precedes a unit is settled when its turn comes.
    This is the lexicographically first maximal independent set, in one pass.
    """
    for edge in range(len(worse)):
        a, b = better[edge], worse[edge]
        if owners[b] == b and owners[a] == a:
            owners[b] = a

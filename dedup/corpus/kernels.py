"""The compiled parts: sets of shingles, what two of them share, and the clusters."""

import numpy as np

from dedup.kernels import Int32s, Int64s, ReadUint64s, Uint64s, entry, kernel


@entry
def distinct(hashes: Uint64s, offsets: Int64s) -> tuple[Uint64s, Int64s]:
    """Return each text's shingle hashes sorted, each once, and the offsets at which each text's begin."""
    sets, ends = np.empty(len(hashes), np.uint64), np.zeros(len(offsets), np.int64)
    for text in range(len(offsets) - 1):
        used = ends[text]
        own = np.sort(hashes[offsets[text] : offsets[text + 1]])
        for i in range(len(own)):
            if i == 0 or own[i] != own[i - 1]:
                sets[used] = own[i]
                used += 1
        ends[text + 1] = used
    return sets[: ends[-1]], ends


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
def attach(owners: Int64s, better: Int64s, worse: Int64s) -> None:
    """Give each unit that resembles a survivor the best ranked one; all others own themselves.

    Edges come sorted by the worse rank, then by the better: whatever precedes a unit is settled when its turn comes.
    This is the lexicographically first maximal independent set, in one pass.
    """
    for edge in range(len(worse)):
        a, b = better[edge], worse[edge]
        if owners[b] == b and owners[a] == a:
            owners[b] = a


@entry
def unite(owners: Int64s, better: Int64s, worse: Int64s) -> None:
    """Put both ends of each edge under the better ranked of their roots (union-find with path halving)."""
    for edge in range(len(worse)):
        a, b = root(owners, better[edge]), root(owners, worse[edge])
        owners[max(a, b)] = min(a, b)


@entry
def flatten(owners: Int64s) -> None:
    """Let each unit own its root's name."""
    for unit in range(len(owners)):
        owners[unit] = root(owners, unit)


@kernel
def root(owners: Int64s, unit: int) -> int:
    """Return the best ranked unit of the cluster."""
    while owners[unit] != unit:
        owners[unit] = owners[owners[unit]]
        unit = owners[unit]
    return unit

"""Shingle hashes in, the minimum of every window out, each once: the passage buckets of a text."""

import numpy as np

from dedup.kernels import Int32s, Uint64s, kernel, uncounted


@uncounted
def winnow(hashes: Uint64s, w: int, minima: Int32s, values: Uint64s, places: Int32s) -> int:
    """Write where the rightmost minimum of each window lies, each place once; return how many.

    The minimum of a window is that of two overlapping powers of two; without a branch a core does several at once.
    """
    w = min(w, len(hashes))
    for i in range(len(hashes)):
        values[i], places[i] = hashes[i], i
    span, windows = 1, len(hashes)
    while 2 * span <= w:
        windows = len(hashes) - 2 * span + 1
        _halve(values, places, span, windows)
        span *= 2
    windows = len(hashes) - w + 1
    if span < w:
        _halve(values, places, w - span, windows)
    count, last = 0, np.int32(-1)
    for i in range(windows):
        minima[count] = places[i]
        count += places[i] != last
        last = places[i]
    return count


@uncounted
def _halve(values: Uint64s, places: Int32s, step: int, windows: int) -> None:
    """Merge each window with the one `step` further on, the right one winning a tie."""
    for i in range(windows):
        right, left = values[i + step], values[i]
        places[i] = places[i + step] if right <= left else places[i]
        values[i] = min(left, right)


@kernel
def table_size(entries: int) -> int:
    """Return the places of a hash table, a power of two, of which at most half will be taken."""
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@uncounted
def distinct(hashes: Uint64s, minima: Int32s, table: Int32s, buckets: Uint64s, places: Int32s) -> int:
    """Write each distinct minimum once, in order, with its first place; return how many. `table` has room for them."""
    count, mask = 0, table_size(len(minima)) - 1
    table[: mask + 1] = -1
    for place in minima:
        h = hashes[place]
        slot = np.int64(h) & mask
        while table[slot] >= 0 and buckets[table[slot]] != h:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = count
            buckets[count] = h
            places[count] = place
            count += 1
    return count

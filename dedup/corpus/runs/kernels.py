"""The compiled parts: minima with the windows that have them, first places of windows, and runs."""

import numpy as np

from dedup.kernels import Int32s, Int64s, ReadUint64s, Uint64s, entry, grown, kernel
from dedup.sketching.minima import winnow
from dedup.sketching.signature import SHINGLE_END, SHINGLE_MIX, SHINGLE_STEP

PLACE_BITS = np.uint64(40)
PLACE = (np.uint64(1) << PLACE_BITS) - np.uint64(1)
"""An entry of the table is a place, below 2**40, and above it 24 bits of the window's hash."""
EMPTY = ~np.uint64(0)


@entry
def postings(tokens: Uint64s, offsets: Int64s, k: int, n: int) -> tuple[Uint64s, Int64s, Int32s]:
    """Return the minima of all windows of n tokens, among their shingles of k, in the order of the texts.

    Behind their hashes follow the first window that has each minimum, by its first token among all tokens, and how many
    consecutive windows have it. So each window belongs to one posting.
    """
    w, used, most = n - k + 1, 0, 0
    for text in range(len(offsets) - 1):
        most = max(most, offsets[text + 1] - offsets[text])
    room = len(tokens) // 8 + 16
    buckets, places, windows = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int32)
    hashes, values = np.empty(most, np.uint64), np.empty(most, np.uint64)
    minima, least = np.empty(most, np.int32), np.empty(most, np.int32)
    for text in range(len(offsets) - 1):
        first, count = offsets[text], offsets[text + 1] - offsets[text] - n + 1
        if count < 1:
            continue
        shingles = _shingle(tokens[first : offsets[text + 1]], k, hashes)
        found = winnow(hashes[:shingles], w, minima, values, least)
        buckets, places, windows = grown(buckets, used, found), grown(places, used, found), grown(windows, used, found)
        last = np.int32(-1)
        for i in range(count):
            if least[i] != last:
                last = least[i]
                buckets[used], places[used], windows[used] = hashes[last], first + i, 0
                used += 1
            windows[used - 1] += 1
    return buckets[:used], places[:used], windows[:used]


@kernel
def _shingle(tokens: Uint64s, k: int, hashes: Uint64s) -> int:
    """Write the hash of each run of k tokens; return how many."""
    count, power, h = len(tokens) - k + 1, _power(SHINGLE_STEP, k), np.uint64(0)
    for i in range(k):
        h = h * SHINGLE_STEP + tokens[i]
    hashes[0] = _mixed(h)
    for i in range(1, count):
        h = h * SHINGLE_STEP + tokens[i + k - 1] - tokens[i - 1] * power
        hashes[i] = _mixed(h)
    return count


@kernel
def _power(step: np.uint64, exponent: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(exponent):
        power *= step
    return power


@kernel
def _mixed(h: np.uint64) -> np.uint64:
    h = (h ^ (h >> np.uint64(32))) * SHINGLE_MIX
    h = (h ^ (h >> np.uint64(32))) * SHINGLE_END
    return h ^ (h >> np.uint64(32))


@entry
def hashed(tokens: Uint64s, places: Int64s, windows: Int32s, n: int) -> tuple[Int64s, Uint64s, Uint64s]:
    """Return each window of some postings, by its first token, and its tokens' hash in two parts of 64 bits."""
    count, used = windows.sum(), 0
    starts, parts = np.empty(count, np.int64), np.empty((2, count), np.uint64)
    steps = (SHINGLE_STEP, SHINGLE_MIX)
    powers = (_power(SHINGLE_STEP, n), _power(SHINGLE_MIX, n))
    for posting in range(len(places)):
        low, high = np.uint64(0), np.uint64(0)
        for i in range(n):
            token = tokens[places[posting] + i]
            low, high = low * steps[0] + token, high * steps[1] + token
        for place in range(places[posting], places[posting] + windows[posting]):
            starts[used], parts[0, used], parts[1, used] = place, _mixed(low), _mixed(high)
            used += 1
            if used < count and place + n < len(tokens):
                first, next_one = tokens[place], tokens[place + n]
                low = low * steps[0] + next_one - first * powers[0]
                high = high * steps[1] + next_one - first * powers[1]
    return starts, parts[0].copy(), parts[1].copy()


@entry
def firsts(tokens: ReadUint64s, places: Int64s, windows: Int32s, n: int) -> tuple[Int64s, Int64s, Int64s]:
    """Return the repeated windows, and the first place of each.

    Args:
        tokens: of all documents.
        places: where the first window of each posting begins, in order of rank, then of the place in the document.
        windows: how many windows each posting has.
        n: tokens of a window.

    Returns:
        Three arrays, a row for each stretch of consecutive windows whose first places are consecutive too: where it
        begins, its first place, and its windows.
    """
    size, power = 16, _power(SHINGLE_STEP, n)
    while size < 2 * windows.sum():
        size *= 2
    table = np.full(size, EMPTY, np.uint64)
    used, last, last_first = 0, -2, -2
    starts, sources, counts = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.int64)
    for posting in range(len(places)):
        h = np.uint64(0)
        for i in range(n):
            h = h * SHINGLE_STEP + tokens[places[posting] + i]
        for place in range(places[posting], places[posting] + windows[posting]):
            first = _first(table, tokens, place, _mixed(h), n, last_first + 1 if place == last + 1 else -1)
            if abs(place - first) >= n:
                if place == last + 1 and first == last_first + 1:
                    counts[used - 1] += 1
                else:
                    starts, sources = grown(starts, used, 1), grown(sources, used, 1)
                    counts = grown(counts, used, 1)
                    starts[used], sources[used], counts[used] = place, first, 1
                    used += 1
                last, last_first = place, first
            if place + 1 < places[posting] + windows[posting]:
                h = h * SHINGLE_STEP + tokens[place + n] - tokens[place] * power
    return starts[:used], sources[:used], counts[:used]


@kernel
def _first(table: Uint64s, tokens: ReadUint64s, place: int, h: np.uint64, n: int, likely: int) -> int:
    """Return the first place with the window's tokens, which it is itself if it is put into the table now.

    At the `likely` place all tokens but the last are known to be the same.
    """
    mask, tag = len(table) - 1, h >> PLACE_BITS
    slot = np.int64(h & PLACE) & mask
    while table[slot] != EMPTY:
        if table[slot] >> PLACE_BITS == tag:
            first = int(table[slot] & PLACE)
            if _same(tokens, first, place, n, n - 1 if first == likely else 0):
                return first
        slot = (slot + 1) & mask
    table[slot] = tag << PLACE_BITS | np.uint64(place)
    return place


@kernel
def _same(tokens: ReadUint64s, one: int, other: int, n: int, known: int) -> bool:
    i = known
    while i < n and tokens[one + i] == tokens[other + i]:
        i += 1
    return i == n


@entry
def extended(
    tokens: ReadUint64s, offsets: Int64s, starts: Int64s, sources: Int64s, counts: Int64s, n: int
) -> tuple[Int64s, Int64s, Int64s]:
    """Return where each run begins, how many tokens it has, and where its source begins.

    Args:
        tokens: of all documents.
        offsets: where each document's tokens begin, and where the last one's end.
        starts: of stretches of repeated windows, as `firsts` returns them, by document, then by place.
        sources: the same.
        counts: the same.
        n: tokens of a window.
    """
    runs, lengths, origins = (
        np.empty(len(starts), np.int64),
        np.empty(len(starts), np.int64),
        np.empty(len(starts), np.int64),
    )
    used, begin, end, unread = 0, np.int64(0), np.int64(0), np.int64(0)
    for stretch in range(len(starts)):
        start = starts[stretch]
        if not begin <= start < end:
            document = np.searchsorted(offsets, start, side="right")
            begin, end, unread = offsets[document - 1], offsets[document], np.int64(0)
        place = max(start, unread)
        if place >= start + counts[stretch]:
            continue
        source = sources[stretch] + place - start
        source_end = offsets[np.searchsorted(offsets, source, side="right")]
        length = start + counts[stretch] - place + n - 1
        while (
            place + length < end and source + length < source_end and tokens[place + length] == tokens[source + length]
        ):
            length += 1
        runs[used], lengths[used], origins[used] = place, length, source
        used += 1
        unread = place + length - n + 1
    return runs[:used], lengths[:used], origins[:used]

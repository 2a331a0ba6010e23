"""Where tokens begin and end in a folded text: words, or characters."""

import numpy as np

from dedup.kernels import Bytes, Uint32s, bit_count, bits_above, bits_equal, lowest_bit, uncounted

APOSTROPHE = np.uint8(39)  # what is above it in a folded text is part of a token
ZERO, ONE, LAST = np.uint64(0), np.uint64(1), np.uint64(63)


@uncounted
def split_words(folded: Bytes, used: int, edges: Uint32s) -> int:
    """Write where words begin and end, in turn; return how many edges (the text ends with a space).

    An apostrophe is part of a word only between two letters of it. 64 bytes are looked at in a step, and edges written
    by eights, so that a core seldom guesses wrong: up to seven more are written than there are.
    """
    count, inside, before = 0, ZERO, ZERO
    for start in range(0, used, 64):
        letters = bits_above(folded, start, APOSTROPHE)
        after = np.uint64(folded[start + 64] > APOSTROPHE) << LAST
        joined = (letters << ONE | before) & (letters >> ONE | after)
        words = letters | bits_equal(folded, start, APOSTROPHE) & joined
        if used - start < 64:
            words &= (ONE << np.uint64(used - start)) - ONE
        changes = words ^ (words << ONE | inside)
        found = bit_count(changes)
        for place in range(count, count + found, 8):
            for i in range(8):
                edges[place + i] = start + lowest_bit(changes)
                changes &= changes - ONE
        count += found
        inside, before = words >> LAST, letters >> LAST
    return count


@uncounted
def split_characters(folded: Bytes, used: int, edges: Uint32s) -> int:
    """Write where each letter, mark and digit begins and ends, in turn; return how many there are."""
    count, i = 0, 0
    while i < used:
        lead = folded[i]
        end = i + (1 if lead < 0x80 else (2 if lead < 0xE0 else (3 if lead < 0xF0 else 4)))
        if lead > APOSTROPHE:
            edges[2 * count], edges[2 * count + 1] = i, end
            count += 1
        i = end
    return count

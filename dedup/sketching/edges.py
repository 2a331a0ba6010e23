"""Where tokens begin and end in a folded text: words, or characters."""

import numpy as np

from dedup.kernels import Bytes, Uint32s, kernel

APOSTROPHE = np.uint8(39)  # what is above it in a folded text is part of a token


@kernel
def split_words(folded: Bytes, used: int, edges: Uint32s) -> int:
    """Write where words begin and end, in turn; return how many edges (the text ends with a space).

    An apostrophe is part of a word only between two letters of it.
    """
    count, inside = 0, False
    for i in range(used):
        word = folded[i] > APOSTROPHE
        if folded[i] == APOSTROPHE:
            word = i > 0 and folded[i - 1] > APOSTROPHE and folded[i + 1] > APOSTROPHE
        edges[count] = i
        count += word != inside
        inside = word
    return count


@kernel
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

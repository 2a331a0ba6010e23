"""What a text says, as far as an unknown language shows it: the stem of each word, and where sentences end.

Two texts that tell the same in other words share stems within sentences. A stem is a word's first five letters, which
serves where nobody knows the language. Where a script has no spaces a letter says little alone: there a stem is a
letter together with the one that follows it.
"""

import numpy as np

from dedup.kernels import Bytes, Codes, Flags, Int64s, Uint32s, Uint64s, kernel

LETTERS = 5  # ADR 16: 4 and 6 find alike; whole words lose .05 on summaries
PAIR = np.uint64(0xA0761D6478BD642F)
MARKS = np.array([0x21, 0x2E, 0x3F, 0x0589, 0x2026, 0x203C, 0x2047, 0x2048, 0x2049])  # before a blank
STOPS = np.array(
    [0x061F, 0x06D4, 0x0964, 0x0965, 0x0F0D, 0x104B, 0x1362, 0x17D4, 0x3002, 0xFF01, 0xFF0E, 0xFF1F, 0xFF61]
)


@kernel
def shorten(folded: Bytes, edges: Uint32s, tokens: int) -> None:
    """Let each word end after its stem: before the byte of UTF-8 that begins the next letter."""
    for token in range(tokens):
        end, left = edges[2 * token], LETTERS
        while end < edges[2 * token + 1]:
            left -= (folded[end] & 0xC0) != 0x80
            if left < 0:
                break
            end += 1
        edges[2 * token + 1] = end


@kernel
def read_gaps(codes: Codes, starts: Uint32s, ends: Uint32s, tokens: int, stems: Uint64s, stops: Flags) -> None:
    """Say after which tokens of a text a sentence ends; give a letter of a script without spaces its pair for a stem.

    Each code point is looked at once at most.
    """
    for token in range(tokens - 1):
        end, start = int(ends[token]), int(starts[token + 1])
        stops[token] = _ends(codes, end, start)
        if start <= end:
            stems[token] = (stems[token] * PAIR) ^ stems[token + 1]
    if tokens:
        stops[tokens - 1] = True


@kernel
def _ends(codes: Codes, start: int, end: int) -> bool:
    """Say whether what stands between two tokens ends a sentence: a full stop and a blank, or a blank line."""
    marked, lines = False, 0
    for place in range(start, end):
        code = int(codes[place])
        if code in (0x0A, 0x0D, 0x2028, 0x2029):
            lines += 2 if code == 0x2029 or (code != 0x0A and codes[place + 1] != 0x0A) else 1
        if lines > 1 or (marked and _blank(code)):
            return True
        marked |= _among(code, MARKS)
        if code > 0x600 and _among(code, STOPS):
            return True
    return False


@kernel
def _blank(code: int) -> bool:
    return code <= 0x20 or code in (0x85, 0xA0, 0x3000) or 0x2000 <= code <= 0x200B or code in (0x2028, 0x2029)


@kernel
def _among(code: int, those: Int64s) -> bool:
    for one in those:  # noqa: SIM110 - Numba knows no generators
        if one == code:
            return True
    return False

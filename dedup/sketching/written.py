"""How folded code points are written: the bytes of each, ready for one store, with no branch on their number."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.sketching.fold import BYTE, EXPAND, HYPHEN, SEPARATOR, SINGLE, VANISH, WORD

SPAN = 0x20000  # code points that have an entry: those beyond are rare, and a table of all takes 9 MB
LENGTH, KIND = 48, 56  # the bits where the number of bytes and the class stand
PAIR = 7  # a class of its own: two parts of a word, the second of which may be empty
MOST = 6  # bytes of an entry, so that a space fits before them, and more goes beside a store of eight
_LOW = np.uint64(0xFF)
_BYTES = np.uint64((1 << LENGTH) - 1)


class Written(NamedTuple):
    """What code points are written as.

    Attributes:
        codes: (SPAN,) uint64, for each code point up to six bytes of UTF-8, the first lowest, their number and its
            class; of several parts, in place of the bytes, the place of their number in `parts`; of a PAIR likewise.
        parts: uint64, the parts likewise, each run of them after its number.
    """

    codes: NDArray[np.uint64]
    parts: NDArray[np.uint64]


def written(table: NDArray[np.uint32], expansions: NDArray[np.uint32]) -> Written:
    """Return how the entries of a fold table and its expansions are written.

    Two parts of a word become one where they have room, as the first two of a syllable of Hangul do. A syllable is a
    PAIR whether or not it has a third part: a core would guess wrong at every other one.
    """
    codes, parts = _entries(table[:SPAN]), _entries(expansions)
    several = np.flatnonzero(table[:SPAN] >> 24 == EXPAND)
    places = table[several] & 0xFFFFFF
    begins = np.zeros(len(expansions), np.bool_)  # the first call of np.unique takes 50 ms, all of this 18
    begins[places] = True
    firsts = np.flatnonzero(begins)
    parts[firsts] = expansions[firsts]
    codes[several] = places | np.uint64(EXPAND << KIND)
    triples, pairs = (firsts[_joinable(parts, firsts, count)] for count in (3, 2))
    parts[triples + 1], parts[triples + 2] = _joined(parts, triples), parts[triples + 3]
    parts[triples] = 2
    joined = np.zeros(len(expansions), np.bool_)
    joined[pairs] = True
    joined = joined[places]
    codes[several[joined]] = _joined(parts, places[joined].astype(np.int64))
    full = codes[several] >> np.uint64(LENGTH) == WORD << KIND - LENGTH | MOST
    parts[places[full] + 1], parts[places[full] + 2] = codes[several[full]], WORD << KIND
    paired = full | _plain(parts, places.astype(np.int64)) & ~joined
    codes[several[paired]] = places[paired] | np.uint64(PAIR << KIND)
    codes[ord("-")] = HYPHEN << KIND  # it may join a word that is broken at the end of a line
    return Written(codes, parts)


def _entries(entries: NDArray[np.uint32]) -> NDArray[np.uint64]:
    kinds, codes = (entries >> 24).astype(np.uint64), (entries & 0xFFFFFF).astype(np.uint64)
    none, spaced = (kinds == SEPARATOR) | (kinds == VANISH), (kinds == SEPARATOR) | (kinds == SINGLE)
    count = 1 + (codes >= 0x80).astype(np.uint64) + (codes >= 0x800) + (codes >= 0x10000)
    utf8 = codes.copy()
    for n in (2, 3, 4):
        of = count == n
        own = codes[of]
        data = np.uint64((0xF00 >> n) & 0xFF) | own >> np.uint64(6 * (n - 1))
        for i in range(1, n):
            data |= (np.uint64(0x80) | own >> np.uint64(6 * (n - 1 - i)) & np.uint64(0x3F)) << np.uint64(8 * i)
        utf8[of] = data
    utf8[none], count[none] = 0, 0
    utf8[spaced], count[spaced] = utf8[spaced] << np.uint64(8) | np.uint64(ord(" ")), count[spaced] + np.uint64(1)
    made: NDArray[np.uint64] = utf8 | count << np.uint64(LENGTH) | kinds << np.uint64(KIND)
    return made


def _plain(parts: NDArray[np.uint64], firsts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which runs are two parts of a word."""
    kinds = parts[firsts[:, np.newaxis] + (1, 2)] >> np.uint64(KIND)
    plain: NDArray[np.bool_] = (parts[firsts] == 2) & ((kinds == BYTE) | (kinds == WORD)).all(axis=1)
    return plain


def _joinable(parts: NDArray[np.uint64], firsts: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return which runs have so many parts, of which the first two are parts of a word and have room in one entry."""
    pairs = parts[firsts[:, np.newaxis] + (1, 2)]
    kinds, lengths = pairs >> np.uint64(KIND), pairs >> np.uint64(LENGTH) & _LOW
    plain = ((kinds == BYTE) | (kinds == WORD)).all(axis=1)
    joinable: NDArray[np.bool_] = (parts[firsts] == count) & plain & (lengths.sum(axis=1) <= MOST)
    return joinable


def _joined(parts: NDArray[np.uint64], firsts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the first two parts of each run as one."""
    one, other = parts[firsts + 1], parts[firsts + 2]
    length = one >> np.uint64(LENGTH) & _LOW
    data = (one & _BYTES) | (other & _BYTES) << (np.uint64(8) * length)
    return data | (length + (other >> np.uint64(LENGTH) & _LOW)) << np.uint64(LENGTH) | np.uint64(WORD << KIND)

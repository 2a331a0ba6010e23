"""Texts in, tokens and their places out: folded, hashed, in time linear in the text whatever the text is.

A token is a maximal run of letters, marks and digits of the folded text (see `fold`), with single apostrophes between
two of them, or one letter of a script written without spaces. Where characters are the unit each letter, mark and digit
of the folded text is a token, whatever the script. A token's hash is taken over the UTF-8 bytes of its
folded form, in little-endian words of eight bytes, the last one filled up with zeros, all arithmetic modulo 2**64::

    def token_hash(data: bytes) -> int:
        h = 0x243F6A8885A308D3 ^ len(data)
        for i in range(0, len(data), 8):
            h = (h ^ int.from_bytes(data[i:i + 8], "little")) * 0x9E3779B97F4A7C15
            h ^= h >> 32
        h *= 0xD6E8FEB86659FD93
        return h ^ h >> 32

Tokens of up to eight bytes cannot collide: for one length every step is a bijection. This is a multiply-xor hash, not
xxHash, because a call per token would cost more than all else in the loop (26-29 ns against 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import (
    Bytes,
    Codes,
    Flags,
    Int64s,
    Uint32s,
    Uint64s,
    addresses,
    bytes_of,
    entry,
    grown,
    kernel,
    load_word,
    string_at,
    strings_of,
    uint16s_of,
    uint32s_of,
    uncounted,
    width_of,
)
from dedup.scheme import Unit
from dedup.sketching import fold
from dedup.sketching.edges import split_characters, split_words
from dedup.sketching.folding import Folding, Room, fold_text, room_for
from dedup.sketching.prose import read_gaps, shorten
from dedup.sketching.written import written

TOKEN_SEED, TOKEN_STEP, TOKEN_END = (
    np.uint64(0x243F6A8885A308D3),
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xD6E8FEB86659FD93),
)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


Found: TypeAlias = tuple[Uint64s, Uint32s, Uint32s, Int64s, Uint64s, Flags, int]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of m texts, one text after the other.

    Attributes:
        hashes: (n,) uint64, a hash of each token.
        starts: (n,) uint32, the code point of the original string at which each begins.
        ends: (n,) uint32, the code point after each; accents and zero-width characters that follow belong to it.
        offsets: (m + 1,) int64; text i has the tokens offsets[i] to offsets[i + 1].
        stems: (n,) uint64, a hash of each token's stem, see `prose`; empty unless it was asked for.
        stops: (n,) bool, whether a sentence ends after the token; empty likewise.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    stems: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    stops: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))

    def of(self, text: int) -> "Tokens":
        """Return the tokens of one text."""
        part = slice(*self.offsets[text : text + 2].tolist())
        return Tokens(
            self.hashes[part],
            self.starts[part],
            self.ends[part],
            self.offsets[[text, text + 1]] - part.start,
            self.stems[part],
            self.stops[part],
        )


def tokenize(texts: Sequence[str], unit: Unit = "word", *, prose: bool = False) -> Tokens:
    """Return the tokens of `texts`; a lone surrogate, a NUL or a million accents are just code points.

    With `prose` the stems of words and the ends of sentences come along, which only a comparison of texts needs.
    """
    characters = unit == "character"
    held = strings_of(texts)
    found = _tokenize(addresses(held), *folding(), characters, prose and not characters)
    hashes, starts, ends, offsets, stems, stops, _ = found
    return Tokens(hashes, starts, ends, offsets, stems, stops)


@cache
def folding() -> Folding:
    """Return the fold table, its expansions, and how both are written."""
    table, expansions = fold.load()
    return Folding(table, expansions, *written(table, expansions))


@entry
def _tokenize(
    strings: Int64s,
    table: Uint32s,
    expansions: Uint32s,
    entries: Uint64s,
    parts: Uint64s,
    characters: bool,
    prose: bool,
) -> Found:
    """Fold, split and hash each text; the last value counts the steps taken, for the proof that they are linear."""
    folding, room = Folding(table, expansions, entries, parts), room_for(0, False, characters)
    offsets, most = np.zeros(len(strings) + 1, np.int64), 1024 + code_points(strings) // 5
    hashes, starts, ends = np.empty(most, np.uint64), np.empty(most, np.uint32), np.empty(most, np.uint32)
    stems, stops = np.empty(most if prose else 0, np.uint64), np.empty(most if prose else 0, np.bool_)
    tokens, steps = 0, 0
    for text, address in enumerate(strings):
        string = string_at(address)
        room, found, mapped, taken = split_string(string, folding, room, characters)
        hashes, starts, ends = grown(hashes, tokens, found), grown(starts, tokens, found), grown(ends, tokens, found)
        steps += taken + hash_tokens(room, found, hashes[tokens:])
        _place(room, found, mapped, starts[tokens:], ends[tokens:])
        if prose:
            stems, stops = grown(stems, tokens, found), grown(stops, tokens, found)
            shorten(room.folded, room.edges, found)
            steps += hash_tokens(room, found, stems[tokens:]) + len(string)
            _read_gaps(string, starts[tokens:], ends[tokens:], found, stems[tokens:], stops[tokens:])
        tokens += found
        offsets[text + 1] = tokens
    own_stems, own_stops = stems[: tokens if prose else 0], stops[: tokens if prose else 0]
    return hashes[:tokens], starts[:tokens], ends[:tokens], offsets, own_stems, own_stops, steps


@kernel
def code_points(strings: Int64s) -> int:
    """Return how many code points strings have, all together."""
    total = 0
    for address in strings:
        total += len(string_at(address))
    return total


@kernel
def split_string(string: str, folding: Folding, room: Room, characters: bool) -> tuple[Room, int, bool, int]:
    """Split a string as `split_text` does, in room enough; return that room first.

    The code points are read where Python keeps them, in one, two or four bytes each.
    """
    width = width_of(string)
    if width == 1:
        return _split_in_room(bytes_of(string), folding, room, characters)
    if width == 2:
        return _split_in_room(uint16s_of(string), folding, room, characters)
    return _split_in_room(uint32s_of(string), folding, room, characters)


@kernel
def _split_in_room(codes: Codes, folding: Folding, room: Room, characters: bool) -> tuple[Room, int, bool, int]:
    found, mapped, steps = split_text(codes, folding, room, characters)
    while found < 0:
        room = room_for(-found, mapped, characters)
        found, mapped, steps = split_text(codes, folding, room, characters)
    return room, found, mapped, steps


@kernel
def _read_gaps(string: str, starts: Uint32s, ends: Uint32s, tokens: int, stems: Uint64s, stops: Flags) -> None:
    width = width_of(string)
    if width == 1:
        read_gaps(bytes_of(string), starts, ends, tokens, stems, stops)
    elif width == 2:
        read_gaps(uint16s_of(string), starts, ends, tokens, stems, stops)
    else:
        read_gaps(uint32s_of(string), starts, ends, tokens, stems, stops)


@uncounted
def split_text(codes: Codes, folding: Folding, room: Room, characters: bool) -> tuple[int, bool, int]:
    """Fold a text, and write where each of its tokens begins and ends in the folded one.

    Returns how many tokens there are, whether `room.places` says where each byte came from, and the steps taken; or,
    if there is too little room, below 0 the bytes that are needed, and whether for their places too.
    """
    used, mapped, steps = fold_text(codes, folding, room, not characters)
    if used < 0:
        return used, mapped, 0
    if characters:
        found = split_characters(room.folded, used, room.edges)
    else:
        found = split_words(room.folded, used, room.edges) // 2
    return found, mapped, len(codes) + used + steps


@uncounted
def hash_tokens(room: Room, tokens: int, hashes: Uint64s) -> int:
    """Hash each token of a text that was split, eight bytes a step; return the steps taken.

    The first two steps are always done, so that a core need not guess which words have more than eight bytes.
    """
    folded, edges, steps = room.folded, room.edges, 0
    for token in range(tokens):
        start = int(edges[2 * token])
        left = int(edges[2 * token + 1]) - start
        steps += 2 + left // 8
        h = _stirred(TOKEN_SEED ^ np.uint64(left), folded, start, left)
        more = _stirred(h, folded, start + 8, max(left - 8, 1))
        h = more if left > 8 else h
        while left > 16:
            start, left = start + 8, left - 8
            h = _stirred(h, folded, start + 8, left - 8)
        h *= TOKEN_END
        hashes[token] = h ^ (h >> np.uint64(32))
    return steps


@uncounted
def _stirred(h: np.uint64, folded: Bytes, at: int, left: int) -> np.uint64:
    """Return the hash after one step: up to eight of the bytes that are left, at least one."""
    h = (h ^ (load_word(folded, at) & (ALL >> np.uint64(64 - 8 * min(left, 8))))) * TOKEN_STEP
    return h ^ (h >> np.uint64(32))


@uncounted
def _place(room: Room, tokens: int, mapped: bool, starts: Uint32s, ends: Uint32s) -> None:
    """Write where each token lies in the original string; one made from part of a character has all of it."""
    edges, places = room.edges, room.places
    for token in range(tokens):
        start, end = edges[2 * token], edges[2 * token + 1]
        if mapped:
            start, end = places[start], places[end]
        starts[token] = start
        ends[token] = max(end, start + 1)

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

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import (
    Bytes,
    Codes,
    Flags,
    Int64s,
    Uint32s,
    Uint64s,
    entry,
    grown,
    kernel,
)
from dedup.scheme import Unit
from dedup.sketching import fold
from dedup.sketching.edges import APOSTROPHE, split_characters, split_words
from dedup.sketching.prose import read_gaps, shorten

SEPARATOR, BYTE, WORD, SINGLE = fold.SEPARATOR, fold.BYTE, fold.WORD, fold.SINGLE
VANISH, EXPAND, HYPHEN, MARK, SIZE = fold.VANISH, fold.EXPAND, fold.HYPHEN, fold.MARK, fold.SIZE
USED, WAITING, SINCE, OPEN, STEPS = range(5)

SPACE, DASH, NINE = np.uint8(32), np.uint8(45), np.uint8(57)
TAB, LF, CR = np.uint8(9), np.uint8(10), np.uint8(13)
SLACK = 16  # a word of eight bytes is read beyond the last, and edges are written without a branch
TOKEN_SEED, TOKEN_STEP, TOKEN_END = (
    np.uint64(0x243F6A8885A308D3),
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xD6E8FEB86659FD93),
)


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
    found = _tokenize(*_pack(texts), *_table(), characters, prose and not characters)
    hashes, starts, ends, offsets, stems, stops, _ = found
    return Tokens(hashes, starts, ends, offsets, stems, stops)


_table = cache(fold.load)


def _pack(texts: Sequence[str]) -> tuple[Codes, Int64s]:
    """Return the texts in one piece, each followed by one code that is none of its own, and where each begins.

    They cross as bytes where all of them are ASCII, else in two or four bytes a code point: in each an index is a place
    in the string.
    """
    joined = "\n".join([*texts, ""])
    begins = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)), out=begins[1:])
    if joined.isascii():
        return np.frombuffer(joined.encode("ascii"), np.uint8), begins
    data = joined.encode("utf-16-le", "surrogatepass")
    if len(data) == 2 * len(joined):
        return np.frombuffer(data, np.uint16), begins
    return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32), begins


@entry
def _tokenize(
    codes: Codes, begins: Int64s, table: Uint32s, expansions: Uint32s, characters: bool, prose: bool
) -> tuple[Uint64s, Uint32s, Uint32s, Int64s, Uint64s, Flags, int]:
    """Fold, split and hash each text; the last value counts the steps taken, for the proof that they are linear."""
    documents, tokens, steps = len(begins) - 1, 0, 0
    offsets, room = np.zeros(documents + 1, np.int64), 1024 + len(codes) // 5
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.uint32), np.empty(room, np.uint32)
    stems, stops = np.empty(room if prose else 0, np.uint64), np.empty(room if prose else 0, np.bool_)
    words, places, edges = np.empty(1, np.uint64), np.empty(1, np.uint32), np.empty(1, np.uint32)
    for document in range(documents):
        own = codes[begins[document] : begins[document + 1] - 1]
        words, places, used, mapped, sorted_marks = _fold(own, table, expansions, words, places, not characters)
        edges = grown(edges, 0, (2 * used if characters else used) + SLACK)
        folded = words.view(np.uint8)
        found = split_characters(folded, used, edges) if characters else split_words(folded, used, edges) // 2
        hashes, starts, ends = grown(hashes, tokens, found), grown(starts, tokens, found), grown(ends, tokens, found)
        steps += len(own) + used + sorted_marks + _hash(words, edges, found, hashes[tokens:])
        _place(edges, found, places, mapped, starts[tokens:], ends[tokens:])
        if prose:
            stems, stops = grown(stems, tokens, found), grown(stops, tokens, found)
            shorten(words.view(np.uint8), edges, found)
            steps += _hash(words, edges, found, stems[tokens:]) + len(own)
            read_gaps(own, starts[tokens:], ends[tokens:], found, stems[tokens:], stops[tokens:])
        tokens += found
        offsets[document + 1] = tokens
    own_stems, own_stops = stems[: tokens if prose else 0], stops[: tokens if prose else 0]
    return hashes[:tokens], starts[:tokens], ends[:tokens], offsets, own_stems, own_stops, steps


@kernel
def _fold(
    codes: Codes, table: Uint32s, expansions: Uint32s, words: Uint64s, places: Uint32s, joins: bool
) -> tuple[Uint64s, Uint32s, int, bool, int]:
    """Fold one text into `words`, in the cheapest of three ways; the arrays come back, grown where they were too short.

    If `joins` is set, words broken at the end of a line are joined. Behind the arrays follow the bytes written, whether
    `places` says where each came from (else it is its own place), and the steps taken to sort marks.
    """
    used, steps = len(codes) + 1, 0
    room = 5 * used if joins and _may_break_words(codes) else 0
    words = grown(words, 0, used // 8 + SLACK)
    if codes.itemsize > 1:
        room = max(room, _fold_flat(codes, table, expansions, words.view(np.uint8)))
    elif not room:
        _fold_ascii(codes, words.view(np.uint8))
    if room:
        words, places = grown(words, 0, room // 8 + SLACK), grown(places, 0, room + SLACK)
        used, steps = _fold_any(codes, table, expansions, words.view(np.uint8), places, joins)
    return words, places, used, room > 0, steps


@kernel
def _may_break_words(codes: Codes) -> bool:
    """Whether a control character, as a line end is, follows a hyphen: ADR 18 says what the two comparisons cost."""
    may = False
    for i in range(1, len(codes)):
        may |= (codes[i - 1] == DASH) & (codes[i] <= CR)
    return may


@kernel
def _fold_ascii(codes: Codes, folded: Bytes) -> None:
    """Write lower case words and spaces, one byte a character, and a space at the end."""
    for i in range(len(codes)):
        code = codes[i]
        lower = np.uint8(code | np.uint8(32))
        letter = np.uint8(lower - np.uint8(97)) < np.uint8(26)
        digit = np.uint8(code - np.uint8(48)) < np.uint8(10)
        quote = (code == np.uint8(39)) | (code == np.uint8(96))
        folded[i] = lower if letter else (code if digit else (APOSTROPHE if quote else SPACE))
    folded[len(codes)] = SPACE


@kernel
def _fold_flat(codes: Codes, table: Uint32s, expansions: Uint32s, folded: Bytes) -> int:
    """Write one byte a code point, and a space at the end, as far as that is possible: for most text in Latin script.

    Returns 0 if it was, else how many bytes the folded text can take at most: five a part (UTF-8 and a space).
    """
    parts, kinds = len(codes) + 1, np.uint32(0)
    for i in range(len(codes)):
        entry = table[codes[i]]
        folded[i] = entry
        kinds |= entry
        if entry >> 24 == EXPAND:
            parts += expansions[entry & 0xFFFFFF]
    folded[len(codes)] = SPACE
    return 0 if kinds >> 24 <= BYTE else 5 * parts


@kernel
def _fold_any(
    codes: Codes, table: Uint32s, expansions: Uint32s, folded: Bytes, places: Uint32s, joins: bool
) -> tuple[int, int]:
    """Write UTF-8 words and spaces, and for each byte the place that it came from; a space at the end.

    Returns the bytes written and the steps taken to sort marks.
    """
    state, marks, i = np.zeros(5, np.int64), np.empty(len(codes) + SLACK, np.uint32), 0
    while i < len(codes):
        entry = table[codes[i]]
        if entry >> 24 == HYPHEN or codes[i] == DASH:
            next_line = _next_line(codes, i + 1) if joins else 0
            if next_line and _ends_in_letter(folded, state) and _is_letter(codes, next_line, table, expansions):
                i = next_line
                continue
            entry &= 0xFFFFFF
            entry = np.uint32(SEPARATOR << 24 | entry if entry else VANISH << 24)
        elif entry >> 24 <= BYTE and state[WAITING] == 0 and state[OPEN] == 0:
            i = _fold_run(codes, i, table, folded, places, state)
            continue
        if entry >> 24 == EXPAND:
            first = np.int64(entry & 0xFFFFFF) + 1
            for part in range(first, first + expansions[first - 1]):
                _emit(expansions[part], i, folded, places, marks, state)
        else:
            _emit(entry, i, folded, places, marks, state)
        i += 1
    _emit(np.uint32(SEPARATOR), len(codes), folded, places, marks, state)
    return state[USED], state[STEPS]


@kernel
def _next_line(codes: Codes, i: int) -> int:
    """Return where the text of the next line begins if this one ends here, else 0."""
    if i == len(codes) or codes[i] not in (CR, LF):
        return 0
    i += 2 if codes[i] == CR and i + 1 < len(codes) and codes[i + 1] == LF else 1
    while i < len(codes) and codes[i] in (SPACE, TAB):
        i += 1
    return i


@kernel
def _ends_in_letter(folded: Bytes, state: Int64s) -> bool:
    """Whether the last part written is a letter or its mark, and none of a script written without spaces."""
    letter = state[WAITING] > 0 or (state[USED] > 0 and folded[state[USED] - 1] > NINE)
    return bool(letter and state[OPEN] == 0)


@kernel
def _is_letter(codes: Codes, i: int, table: Uint32s, expansions: Uint32s) -> bool:
    """Whether a letter stands there, none of a script written without spaces."""
    entry = table[codes[i]] if i < len(codes) else np.uint32(0)
    if entry >> 24 == EXPAND:
        entry = expansions[np.int64(entry & 0xFFFFFF) + 1]
    return bool(entry >> 24 == WORD or (entry >> 24 == BYTE and entry & 0xFF > NINE))


@kernel
def _fold_run(codes: Codes, i: int, table: Uint32s, folded: Bytes, places: Uint32s, state: Int64s) -> int:
    """Write a run of code points that become one byte each: nearly all of a text in Latin script."""
    used = state[USED]
    while i < len(codes):
        entry = table[codes[i]]
        if entry >> 24 > BYTE or codes[i] == DASH:
            break
        folded[used] = entry
        places[used] = i
        used += 1
        i += 1
    state[USED] = used
    return i


@kernel
def _emit(entry: np.uint32, place: int, folded: Bytes, places: Uint32s, marks: Uint32s, state: Int64s) -> None:
    """Write one part; marks wait until their run is over, because only then is its canonical order known."""
    kind = entry >> 24
    if kind == VANISH:
        return
    if kind >= MARK:
        if state[WAITING] == 0:
            state[SINCE] = place
        marks[state[WAITING]] = entry
        state[WAITING] += 1
        return
    if state[WAITING]:
        state[STEPS] += _sort_marks(marks, state[WAITING])
        for i in range(state[WAITING]):
            _write(int(marks[i] & 0xFFFFFF), state[SINCE], folded, places, state)
        state[WAITING] = 0
    if kind in (SEPARATOR, SINGLE) or state[OPEN]:
        _write(int(SPACE), place, folded, places, state)
    if kind != SEPARATOR:
        _write(int(entry & 0xFFFFFF), place, folded, places, state)
    state[OPEN] = kind == SINGLE


@kernel
def _sort_marks(marks: Uint32s, count: int) -> int:
    """Put a run of marks in canonical order (stable, by class), in linear time; return the steps taken."""
    if count == 1:
        return 0
    ends = np.zeros(257, np.int64)
    for i in range(count):
        ends[(marks[i] >> 24) + 1] += 1
    for kind in range(256):
        ends[kind + 1] += ends[kind]
    run = marks[:count].copy()
    for mark in run:
        marks[ends[mark >> 24]] = mark
        ends[mark >> 24] += 1
    return 256 + 2 * count


@kernel
def _write(code: int, place: int, folded: Bytes, places: Uint32s, state: Int64s) -> None:
    """Write one code point as UTF-8."""
    used = state[USED]
    length = 1 if code < 0x80 else (2 if code < 0x800 else (3 if code < 0x10000 else 4))
    lead = 0 if length == 1 else (0xF00 >> length) & 0xFF
    folded[used] = lead | (code >> (6 * (length - 1)))
    places[used] = place
    for i in range(1, length):
        folded[used + i] = 0x80 | ((code >> (6 * (length - 1 - i))) & 0x3F)
        places[used + i] = place
    state[USED] = used + length


@kernel
def _hash(words: Uint64s, edges: Uint32s, tokens: int, hashes: Uint64s) -> int:
    """Hash each word of the folded text, eight bytes a step; return the steps taken."""
    steps = 0
    for token in range(tokens):
        start = np.int64(edges[2 * token])
        left = np.int64(edges[2 * token + 1]) - start
        h = TOKEN_SEED ^ np.uint64(left)
        while left > 0:
            low = np.uint64(8 * (start & 7))
            word = (words[start >> 3] >> low) | ((words[(start >> 3) + 1] << (np.uint64(63) - low)) << np.uint64(1))
            if left < 8:
                word &= (np.uint64(1) << np.uint64(8 * left)) - np.uint64(1)
            h = (h ^ word) * TOKEN_STEP
            h ^= h >> np.uint64(32)
            start += 8
            left -= 8
            steps += 1
        h *= TOKEN_END
        hashes[token] = h ^ (h >> np.uint64(32))
    return steps


@kernel
def _place(edges: Uint32s, tokens: int, places: Uint32s, mapped: bool, starts: Uint32s, ends: Uint32s) -> None:
    """Write where each token lies in the original string; one made from part of a character has all of it."""
    for token in range(tokens):
        start, end = edges[2 * token], edges[2 * token + 1]
        if mapped:
            start, end = places[start], places[end]
        starts[token] = start
        ends[token] = max(end, start + 1)

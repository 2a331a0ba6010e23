"""A text folded: what comes of each code point is written as UTF-8, with the place that it came from."""

from typing import NamedTuple

import numpy as np

from dedup.kernels import Bytes, Codes, Int64s, Uint32s, Uint64s, kernel, store_lanes, store_word, uncounted
from dedup.sketching import fold, written
from dedup.sketching.edges import APOSTROPHE

SEPARATOR, BYTE, WORD, SINGLE = fold.SEPARATOR, fold.BYTE, fold.WORD, fold.SINGLE
VANISH, EXPAND, HYPHEN, MARK = fold.VANISH, fold.EXPAND, fold.HYPHEN, fold.MARK
PAIR, MOST = written.PAIR, written.MOST
LENGTH, KIND, COUNT, PLACE = map(np.uint64, (written.LENGTH, written.KIND, 0xFF, 0xFFFFFFFF))
USED, WAITING, SINCE, OPEN, STEPS, CLASSES = range(6)
STATE = CLASSES + 257  # a place for each class of marks, and the end of the last

LONG = 1024  # not measured: after so many other code points, ASCII is looked for again
STRETCH = 64  # ADR 30; a fixed number of steps is what a compiler makes vectors of
SPACE, DASH, NINE = np.uint8(32), np.uint8(45), np.uint8(57)
TAB, LF, CR = np.uint8(9), np.uint8(10), np.uint8(13)
SLACK = 128  # bytes that are read beyond the last, and edges that are written


class Folding(NamedTuple):
    """What code points are folded to.

    Attributes:
        table: uint32, the class and what becomes of each code point, see `fold`.
        expansions: uint32, the code points that some become instead, each run of them after its number.
        entries: uint64, how code points are written, see `written`.
        parts: uint64, how the expansions are written.
    """

    table: Uint32s
    expansions: Uint32s
    entries: Uint64s
    parts: Uint64s


class Room(NamedTuple):
    """What a text is folded and split in, used for one text after the other.

    Attributes:
        folded: the folded text.
        places: the code point that each byte came from, where they are written.
        edges: the bytes at which each token begins and ends, in turn.
        marks: the marks of a run, where they wait to be sorted, and a copy of them.
        state: int64, how far folding has come, and how many marks of each class wait.
    """

    folded: Bytes
    places: Uint32s
    edges: Uint32s
    marks: Uint32s
    state: Int64s


@kernel
def room_for(size: int, mapped: bool, characters: bool) -> Room:
    """Return room for a folded text of so many bytes, with `mapped` for their places too."""
    edges = np.empty((2 * size if characters else size) + SLACK, np.uint32)
    places = np.empty(size + SLACK if mapped else 1, np.uint32)
    return Room(
        np.empty(size + SLACK, np.uint8), places, edges, np.empty(2 * len(places), np.uint32), np.empty(STATE, np.int64)
    )


@uncounted
def fold_text(codes: Codes, folding: Folding, room: Room, joins: bool) -> tuple[int, bool, int]:
    """Fold one text, in the cheaper of two ways; if `joins` is set, words broken at the end of a line are joined.

    Returns the bytes written, whether `places` says where each came from (else it is its own place), and the steps
    taken to sort marks. If the arrays are too short nothing is folded, and the bytes are those needed, below 0:
    arrays are made by the caller, because to hand them back takes longer than to fold a short text.
    """
    used = len(codes) + 1
    if len(room.folded) < used + SLACK:
        return -used, False, 0
    if not (joins and _may_break_words(codes)) and _fold_flat(codes, folding.table, room.folded):
        return used, False, 0
    most = MOST * _parts(codes, folding)
    if min(len(room.folded), len(room.places)) < most + SLACK:
        return -most, True, 0
    used, steps = _fold_any(codes, folding, room, joins)
    return used, True, steps


@uncounted
def _may_break_words(codes: Codes) -> bool:
    """Whether a control character, as a line end is, follows a hyphen: ADR 18 says what the two comparisons cost."""
    may = False
    for i in range(1, len(codes)):
        may |= (codes[i - 1] == DASH) & (codes[i] <= CR)
    return may


@kernel
def _fold_letter(code: np.uint8) -> np.uint8:
    """Return what an ASCII character is folded to."""
    lower = np.uint8(code | np.uint8(32))
    letter = np.uint8(lower - np.uint8(97)) < np.uint8(26)
    digit = np.uint8(code - np.uint8(48)) < np.uint8(10)
    quote = (code == np.uint8(39)) | (code == np.uint8(96))
    return lower if letter else (code if digit else (APOSTROPHE if quote else SPACE))


@uncounted
def _fold_flat(codes: Codes, table: Uint32s, folded: Bytes) -> bool:
    """Write one byte a code point, and a space at the end; return whether that is possible, as in most Latin text.

    A stretch of ASCII, as most are between two curly quotes, needs no table.
    """
    kinds, whole = np.uint32(0), len(codes) // STRETCH * STRETCH
    for start in range(0, whole, STRETCH):
        own, out, together = codes[start : start + STRETCH], folded[start : start + STRETCH], np.uint32(0)
        for i in range(STRETCH):
            together = np.uint32(together | own[i])
            out[i] = np.uint8(own[i])
        if together < np.uint32(0x80):
            for i in range(STRETCH):
                out[i] = _fold_letter(out[i])
            continue
        for i in range(STRETCH):
            entry = table[own[i]]
            out[i] = entry
            kinds = np.uint32(kinds | entry)
        if kinds >> 24 > BYTE:
            return False
    for i in range(whole, len(codes)):
        entry = table[codes[i]]
        folded[i] = entry
        kinds = np.uint32(kinds | entry)
    folded[len(codes)] = SPACE
    return bool(kinds >> 24 <= BYTE)


@uncounted
def _parts(codes: Codes, folding: Folding) -> int:
    """Return how many code points the folded text has at most, the space at the end among them."""
    parts = len(codes) + 1
    for code in codes:
        entry = folding.table[code]
        if entry >> 24 == EXPAND:
            parts += folding.expansions[entry & 0xFFFFFF]
    return parts


@uncounted
def _fold_any(codes: Codes, folding: Folding, room: Room, joins: bool) -> tuple[int, int]:
    """Write UTF-8 words and spaces, and for each byte the place that it came from; a space at the end.

    Returns the bytes written and the steps taken to sort marks.
    """
    table, expansions, entries, parts = folding
    folded, places, _, marks, state = room
    for part in range(CLASSES):
        state[part] = 0
    i = 0
    while True:
        if state[WAITING] == 0:
            i = _fold_plain(codes, i, folded, places, state)
            end = min(i + (STRETCH if _may_be_plain(codes, i) else LONG), len(codes))
            i = _fold_run(codes, i, end, entries, parts, folded, places, state)
            if i == end < len(codes):
                continue
        if i == len(codes):
            break
        entry = table[codes[i]]
        if entry >> 24 == HYPHEN or codes[i] == DASH:
            next_line = _next_line(codes, i + 1) if joins else 0
            if next_line and _ends_in_letter(folded, state) and _is_letter(codes, next_line, table, expansions):
                i = next_line
                continue
            entry &= 0xFFFFFF
            entry = np.uint32(SEPARATOR << 24 | entry if entry else VANISH << 24)
        if entry >> 24 == EXPAND:
            first = np.int64(entry & 0xFFFFFF) + 1
            for part in range(first, first + expansions[first - 1]):
                _emit(expansions[part], i, folded, places, marks, state)
        else:
            _emit(entry, i, folded, places, marks, state)
        i += 1
    _emit(np.uint32(SEPARATOR), len(codes), folded, places, marks, state)
    return state[USED], state[STEPS]


@uncounted
def _next_line(codes: Codes, i: int) -> int:
    """Return where the text of the next line begins if this one ends here, else 0."""
    if i == len(codes) or codes[i] not in (CR, LF):
        return 0
    i += 2 if codes[i] == CR and i + 1 < len(codes) and codes[i + 1] == LF else 1
    while i < len(codes) and codes[i] in (SPACE, TAB):
        i += 1
    return i


@uncounted
def _ends_in_letter(folded: Bytes, state: Int64s) -> bool:
    """Whether the last part written is a letter or its mark, and none of a script written without spaces."""
    letter = state[WAITING] > 0 or (state[USED] > 0 and folded[state[USED] - 1] > NINE)
    return bool(letter and state[OPEN] == 0)


@uncounted
def _is_letter(codes: Codes, i: int, table: Uint32s, expansions: Uint32s) -> bool:
    """Whether a letter stands there, none of a script written without spaces."""
    entry = table[codes[i]] if i < len(codes) else np.uint32(0)
    if entry >> 24 == EXPAND:
        entry = expansions[np.int64(entry & 0xFFFFFF) + 1]
    return bool(entry >> 24 == WORD or (entry >> 24 == BYTE and entry & 0xFF > NINE))


@uncounted
def _fold_plain(codes: Codes, i: int, folded: Bytes, places: Uint32s, state: Int64s) -> int:
    """Write stretches of ASCII without a hyphen, where none of it depends on what is before; return where they end."""
    while state[OPEN] == 0 and _may_be_plain(codes, i):
        used = state[USED]
        own, together, dashes = codes[i : i + STRETCH], np.uint32(0), False
        out, origins = folded[used : used + STRETCH], places[used : used + STRETCH]
        for at in range(STRETCH):
            together = np.uint32(together | own[at])
            dashes |= bool(own[at] == DASH)
            out[at] = np.uint8(own[at])
        if together >= np.uint32(0x80) or dashes:
            break
        for at in range(STRETCH):
            out[at] = _fold_letter(out[at])
            origins[at] = i + at
        state[USED] = used + STRETCH
        i += STRETCH
    return i


@uncounted
def _may_be_plain(codes: Codes, i: int) -> bool:
    """Say whether three code points of the next stretch are ASCII: it costs less than to look at all in vain."""
    last = i + STRETCH - 1
    return bool(last < len(codes) and (codes[i] | codes[i + STRETCH // 2] | codes[last]) < 0x80)


@uncounted
def _fold_run(
    codes: Codes, i: int, end: int, entries: Uint64s, parts: Uint64s, folded: Bytes, places: Uint32s, state: Int64s
) -> int:
    """Write a run of code points, each by stores of one entry; return where it ends, or one needs more thought.

    Those are hyphens, expansions into marks, code points beyond the entries, and runs of marks that are not in
    canonical order: of them nothing is written.
    """
    used, is_open, since = state[USED], state[OPEN], -1
    begin, begin_used, begin_open, mark = i, used, is_open, np.uint64(0)
    while i < end and codes[i] < len(entries):
        entry = entries[codes[i]]
        kind = entry >> KIND
        if kind <= VANISH:
            used, is_open = _store_open(entry, i, folded, places, used, is_open)
            since = since if kind == VANISH else -1
        elif kind == PAIR:
            place, since = np.int64(entry & PLACE), -1
            used, is_open = _store_open(parts[place + 1], i, folded, places, used, is_open)
            used = _store(parts[place + 2], i, folded, places, used)
        elif kind == HYPHEN:
            break
        else:
            if since < 0:
                begin, begin_used, begin_open = i, used, is_open
            used, is_open, since, mark, ordered = _store_parts(
                entry, parts, i, folded, places, used, is_open, since, mark
            )
            if not ordered:
                since = begin
                break
        i += 1
    if since >= 0 and i < len(codes):
        i, used, is_open = begin, begin_used, begin_open
    state[USED], state[OPEN] = used, is_open
    return i


@uncounted
def _store_parts(
    entry: np.uint64,
    parts: Uint64s,
    i: int,
    folded: Bytes,
    places: Uint32s,
    used: np.int64,
    is_open: np.int64,
    since: int,
    mark: np.uint64,
) -> tuple[np.int64, np.int64, int, np.uint64, bool]:
    """Write a mark, or the parts of an expansion; marks go to the place where their run began.

    Returns the state after it, and whether all marks are in canonical order so far.
    """
    kind, ordered = entry >> KIND, True
    first = np.int64(entry & PLACE) + 1 if kind == EXPAND else 0
    count = np.int64(parts[first - 1]) if kind == EXPAND else 1
    for place in range(first, first + count):
        part = parts[place] if kind == EXPAND else entry
        own = part >> KIND
        if own < MARK:
            used, is_open = _store_open(part, i, folded, places, used, is_open)
            since = since if own == VANISH else -1
        else:
            if since < 0:
                since, mark = i, np.uint64(0)
            ordered &= bool(own >= mark)
            mark = own
            used = _store(part, since, folded, places, used)
    return used, is_open, since, mark, ordered


@uncounted
def _store_open(
    entry: np.uint64, place: int, folded: Bytes, places: Uint32s, used: np.int64, is_open: np.int64
) -> tuple[np.int64, np.int64]:
    """Write an entry that is no mark, a space before it if it follows a letter of a script without spaces."""
    kind = entry >> KIND
    spaced = np.uint64(is_open & ((kind == BYTE) | (kind == WORD)))
    store_word(folded, used, entry << (spaced << np.uint64(3)) | spaced * np.uint64(SPACE))
    store_lanes(places, used, place)
    return used + np.int64(((entry >> LENGTH) & COUNT) + spaced), (kind == SINGLE) | (is_open & (kind == VANISH))


@uncounted
def _store(entry: np.uint64, place: int, folded: Bytes, places: Uint32s, used: np.int64) -> np.int64:
    """Write the bytes of an entry, those that count and those that the next entry writes over; return the new end."""
    store_word(folded, used, entry)
    store_lanes(places, used, place)
    return used + np.int64((entry >> LENGTH) & COUNT)


@uncounted
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
        state[STEPS] += _sort_marks(marks, state[WAITING], state[CLASSES:])
        for i in range(state[WAITING]):
            _write(int(marks[i] & 0xFFFFFF), state[SINCE], folded, places, state)
        state[WAITING] = 0
    if kind in (SEPARATOR, SINGLE) or state[OPEN]:
        _write(int(SPACE), place, folded, places, state)
    if kind != SEPARATOR:
        _write(int(entry & 0xFFFFFF), place, folded, places, state)
    state[OPEN] = kind == SINGLE


@uncounted
def _sort_marks(marks: Uint32s, count: int, ends: Int64s) -> int:
    """Put a run of marks in canonical order (stable, by class), in linear time; return the steps taken."""
    if count == 1:
        return 0
    for kind in range(257):
        ends[kind] = 0
    for i in range(count):
        ends[(marks[i] >> 24) + 1] += 1
        marks[len(marks) // 2 + i] = marks[i]
    for kind in range(256):
        ends[kind + 1] += ends[kind]
    for i in range(count):
        mark = marks[len(marks) // 2 + i]
        marks[ends[mark >> 24]] = mark
        ends[mark >> 24] += 1
    return 256 + 2 * count


@uncounted
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

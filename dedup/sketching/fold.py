"""The fold table: what each code point becomes before words are compared.

A code point is decomposed (NFKD), loses its accents (marks of canonical class 200 and above, overlays, enclosing
marks), is case folded and decomposed again. What is left decides its class:

* SEPARATOR: everything that is no letter, mark or digit: a space;
* BYTE, WORD: part of a word, as an ASCII byte or a code point; every apostrophe and single quote, curly or straight, is
  the byte of the straight one, of which `text` makes a part of a word only between two letters;
* SINGLE: a letter of a script written without spaces, a word of its own;
* MARK and above: a combining mark that stays, with its canonical class: a run of them is put in canonical order;
* VANISH: accents, zero-width and other default-ignorable code points;
* EXPAND: several of these.

The table is made from `unicodedata` once and shipped as `fold.bin`, so that an index reads the same under every
Python. `python -m dedup.sketching.fold` writes it anew; that changes the scheme.
"""

import sys
import unicodedata
import zlib
from importlib import resources
from itertools import chain

import numpy as np
from numpy.typing import NDArray

SEPARATOR, BYTE, WORD, SINGLE, VANISH, EXPAND, MARK = 0, 1, 2, 3, 4, 5, 16
SIZE = 0x110000

APOSTROPHES = frozenset("'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2018\u2019\u201b\u2032\ua78c")
UNSPACED = (
    *("CJK UNIFIED IDEOGRAPH-", "IDEOGRAPHIC ", "HIRAGANA ", "HENTAIGANA ", "KATAKANA", "THAI "),
    *("LAO ", "KHMER ", "MYANMAR "),
)
IGNORABLE = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *(range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)),
    ),
)


def _vanishes(character: str) -> bool:
    accent = unicodedata.combining(character)
    return (
        accent >= 200 or accent == 1 or unicodedata.category(character) in {"Cf", "Me"} or ord(character) in IGNORABLE
    )


def _decompose(text: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", text) if not _vanishes(part))


def fold(character: str) -> str:
    """Return what one code point becomes: no, one or several code points."""
    if unicodedata.normalize("NFD", character) in APOSTROPHES:
        return "'"
    folded = _decompose(character)
    while (again := _decompose(folded.casefold())) != folded:
        folded = again
    return folded


def entry(character: str) -> int:
    """Return the table entry (class in the high byte) of a code point that folds to itself."""
    code, category = ord(character), unicodedata.category(character)
    unspaced = unicodedata.name(character, "").startswith(UNSPACED)
    if category in {"Mn", "Mc"} and (unspaced or unicodedata.combining(character)):
        return (MARK + unicodedata.combining(character)) << 24 | code
    if character in APOSTROPHES:
        return BYTE << 24 | ord("'")
    if category[0] not in "LMN":
        return SEPARATOR << 24 | ord(" ")
    if unspaced and category != "Nd":
        return SINGLE << 24 | code
    return (BYTE if code < 128 else WORD) << 24 | code


def build() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Make the table from this Python's `unicodedata`: (SIZE,) entries, and the expansions they point to."""
    table, expansions = np.zeros(SIZE, np.uint32), [0]
    for code in range(SIZE):
        folded = fold(chr(code)) if not 0xD800 <= code < 0xE000 else " "
        parts = [entry(part) for part in folded]
        if len(parts) == 1:
            table[code] = parts[0]
        elif parts:
            table[code] = EXPAND << 24 | len(expansions)
            expansions += [len(parts), *parts]
        else:
            table[code] = VANISH << 24
    return table, np.array(expansions, np.uint32)


def load() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Read the shipped table and its expansions, kept as differences because neighbours fold alike."""
    data = zlib.decompress(resources.files("dedup").joinpath("fold.bin").read_bytes())
    both = np.frombuffer(data, "<u4").cumsum(dtype=np.uint32)
    return both[:SIZE], both[SIZE:]


if __name__ == "__main__":  # pragma: no cover: run by hand when the table's definition changes
    steps = np.diff(np.concatenate(build()), prepend=np.uint32(0))
    sys.stdout.buffer.write(zlib.compress(steps.astype("<u4").tobytes(), 9))

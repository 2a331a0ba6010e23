"""Write the fold table anew: `python -m tools.fold_table > dedup/fold.bin`; raise `FOLD_VERSION` with it.

The table is made from Unicode 18.0.0, as the package `unicodedata2` holds it, whatever Unicode the running Python has.
"""

import re
import sys
import zlib
from collections.abc import Iterator
from itertools import chain

import numpy as np
import unicodedata2 as ucd
from numpy.typing import NDArray

from dedup.sketching.fold import BYTE, EXPAND, HYPHEN, MARK, SEPARATOR, SINGLE, SIZE, VANISH, WORD

UNICODE = "18.0.0"

APOSTROPHES = frozenset("'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u05f3\u2018\u2019\u201b\u2032\ua78c")
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
SILENT = frozenset("\u0640\u07fa\u06e5\u06e6")
"""Tatweel and its N'Ko kin, which lengthen a line of joined letters; the small waw and yeh of pointed Arabic."""

ACCENTED = (
    *("COMBINING ", "HEBREW ", "ARABIC ", "SYRIAC ", "SAMARITAN ", "MANDAIC ", "COPTIC ", "ETHIOPIC ", "HANGUL "),
    *("DEVANAGARI ", "VEDIC ", "IDEOGRAPHIC ", "MUSICAL ", "BALINESE MUSICAL ", "DUPLOYAN "),
    *("TIBETAN ASTROLOGICAL ", "TIBETAN MARK NGAS ", "TIBETAN SIGN LCI ", "TIBETAN SIGN YANG ", "TIBETAN SYMBOL "),
)
"""How the names of marks begin that are accents if they stand above or below; others may be vowels or tones."""

TRADE_MARKS = frozenset("\u2120\u2122\U0001f16a\U0001f16b\U0001f16c")
"""Signs that compatibility forms would glue to a word as letters; `®` beside them is a separator."""

HYPHENS = {"\u00ad": "", "\u2010": " ", "\u00ac": " ", "\u2e17": " "}
"""Hyphens that join a word broken at the end of a line, as `-` does, and what they are elsewhere: ADR 18."""


def _same_letters() -> dict[int, str]:
    """Return letters that readers take for another spelling of others, lower case: ADR 18 has the reason for each."""
    latin = {chr(code): ucd.lookup(f"LATIN SMALL LETTER {ucd.name(chr(code))[19]}") for code in _stroked()}
    latin |= {"ı": "i", "ð": "d", "æ": "ae", "œ": "oe"}
    arabic = {"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ہ": "ه", "ە": "ه", "ۃ": "ة"}
    yiddish = {"װ": "וו", "ױ": "וי", "ײ": "יי"}
    chillus = {"\u0d7a": "ണ്", "\u0d7b": "ന്", "\u0d7c": "ര്", "\u0d7d": "ല്", "\u0d7e": "ള്", "\u0d7f": "ക്"}
    digits = {chr(code): str(ucd.decimal(chr(code))) for code in range(SIZE) if ucd.category(chr(code)) == "Nd"}
    return str.maketrans(latin | arabic | yiddish | chillus | digits | {"\u09ce": "ত্"})


def _stroked() -> Iterator[int]:
    """Yield the letters with a stroke, which Unicode does not decompose: it keeps strokes as overlays apart."""
    for code in range(0x80, 0x2C70):
        if re.fullmatch("LATIN SMALL LETTER [A-Z] WITH STROKE", ucd.name(chr(code), "")):
            yield code


def _newer_capitals() -> dict[int, str]:
    """Return the case folding, as in CaseFolding-18.0.0.txt, of letters newer than the Unicode 14 of Python 3.11."""
    ranges = (
        *((0x1C89, 0x1C89, 0x1C8A), (0xA7CB, 0xA7CB, 0x0264), (0xA7CC, 0xA7CC, 0xA7CD), (0xA7CE, 0xA7CE, 0xA7CF)),
        *((0xA7D2, 0xA7D2, 0xA7D3), (0xA7D4, 0xA7D4, 0xA7D5), (0xA7DA, 0xA7DA, 0xA7DB), (0xA7DC, 0xA7DC, 0x019B)),
        *((0xA7DD, 0xA7DD, 0x0277), (0xA7E2, 0xA7E2, 0x027C), (0xAB6C, 0xAB6D, 0xAB4B), (0x10D50, 0x10D65, 0x10D70)),
        (0x16EA0, 0x16EB8, 0x16EBB),
    )
    beside = (0x1DF40, 0x1DF48, 0x1DF4A, 0x1DF4D, 0x1DF51, *range(0x1DF68, 0x1DF70, 2), *range(0x1DF72, 0x1DF80, 2))
    capitals = {first + i: chr(small + i) for first, last, small in ranges for i in range(last - first + 1)}
    return capitals | {capital: chr(capital + 1) for capital in beside} | {0x1DF95: "ss"}


NEWER_CAPITALS = _newer_capitals()
SAME_LETTERS = _same_letters()


def casefold(text: str) -> str:
    """Return the full case folding of Unicode 18.0.0; what Python knows since 3.11 cannot change (stability policy)."""
    return text.translate(NEWER_CAPITALS).casefold()


def vanishes(character: str) -> bool:
    """Whether a decomposed character leaves no trace.

    Marks of class 200 and above are accents, of class 1 overlays, of 10 to 36 the points of Hebrew, Arabic and Syriac;
    an Indic, Thai or Tibetan vowel sign has another class, or none, and makes another letter.
    """
    mark = ucd.combining(character)
    accent = (mark >= 200 or mark == 1) and ucd.name(character).startswith(ACCENTED)
    return (
        accent
        or 10 <= mark <= 36
        or ucd.category(character) in {"Cf", "Me"}
        or ord(character) in IGNORABLE
        or character in SILENT
    )


def _decompose(text: str) -> str:
    return "".join(part for part in ucd.normalize("NFKD", text) if not vanishes(part))


def fold(character: str) -> str:
    """Return what one code point becomes: no, one or several code points."""
    if ucd.category(character) in {"Cn", "Cs"} or character in TRADE_MARKS:
        return " "
    if ucd.normalize("NFD", character) in APOSTROPHES:
        return "'"
    folded = _decompose(character)
    while (again := _decompose(casefold(folded)).translate(SAME_LETTERS)) != folded:
        folded = again
    fraction = ucd.decomposition(character).startswith("<fraction>")
    return f" {folded}" if fraction else folded  # 1½ is 1 1/2


def entry(character: str) -> int:
    """Return the table entry (class in the high byte) of a code point that folds to itself."""
    code, category = ord(character), ucd.category(character)
    unspaced = ucd.name(character, "").startswith(UNSPACED)
    if category in {"Mn", "Mc"} and (unspaced or ucd.combining(character)):
        return (MARK + ucd.combining(character)) << 24 | code
    if character in APOSTROPHES:
        return BYTE << 24 | ord("'")
    if category[0] not in "LMN":
        return SEPARATOR << 24 | ord(" ")
    if unspaced and category != "Nd":
        return SINGLE << 24 | code
    return (BYTE if code < 128 else WORD) << 24 | code


def build() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Make the table: (SIZE,) entries, and the expansions they point to."""
    table, expansions = np.zeros(SIZE, np.uint32), [0]
    for code in range(SIZE):
        parts = [entry(part) for part in fold(chr(code))]
        if chr(code) in HYPHENS:
            table[code] = HYPHEN << 24 | sum(map(ord, HYPHENS[chr(code)]))
        elif len(parts) == 1:
            table[code] = parts[0]
        elif parts:
            table[code] = EXPAND << 24 | len(expansions)
            expansions += [len(parts), *parts]
        else:
            table[code] = VANISH << 24
    return table, np.array(expansions, np.uint32)


def main() -> None:
    """Write the table to standard output, as differences because neighbours fold alike."""
    steps = np.diff(np.concatenate(build()), prepend=np.uint32(0))
    sys.stdout.buffer.write(zlib.compress(steps.astype("<u4").tobytes(), 9))


if __name__ == "__main__":
    main()

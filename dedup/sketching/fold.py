"""The fold table: what each code point becomes before words are compared.

A code point is decomposed (NFKD), loses what readers leave out or change without changing the word (accents, overlays,
enclosing marks, the points of Hebrew, Arabic and Syriac, tatweel), is case folded and decomposed again. Of letters that
readers take for the same each becomes a certain one (`ı` `i`, `ł` `l`, `æ` `ae`, Persian `ی` `ي`), any script's digit
the ASCII one (docs/adr/0018-same-text-other-spelling.md). What is left decides its class:

* SEPARATOR: everything that is no letter, mark or digit: a space;
* BYTE, WORD: part of a word, as an ASCII byte or a code point; every apostrophe and single quote, curly or straight,
  and the Hebrew geresh, is the byte of the straight one, of which `tokens` makes a part of a word only between two
  letters;
* SINGLE: a letter of a script written without spaces, a word of its own;
* MARK and above: a combining mark that stays, with its canonical class: a run of them is put in canonical order;
* VANISH: accents, points, tatweel, zero-width and other default-ignorable code points;
* HYPHEN: a hyphen other than `-`: soft, `¬`, `⸗`. `tokens` lets it join a word that is broken at the end of a line;
  elsewhere it vanishes, or is a separator if it has a space below its class;
* EXPAND: several of these.

The table is made from Unicode 18.0.0 by `tools/fold_table.py` and shipped as `fold.bin`, so that an index reads the
same under every Python.
"""

import zlib
from importlib import resources

import numpy as np
from numpy.typing import NDArray

SEPARATOR, BYTE, WORD, SINGLE, VANISH, EXPAND, HYPHEN, MARK = 0, 1, 2, 3, 4, 5, 6, 16
SIZE = 0x110000


def load() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Read the shipped table and its expansions, kept as differences because neighbours fold alike.

    Returns:
        (SIZE,) uint32, for each code point its class in the high byte, below it a code point or a place in the other
        array; and the expansions there, each with its length before it.
    """
    data = zlib.decompress(resources.files("dedup").joinpath("fold.bin").read_bytes())
    both = np.frombuffer(data, "<u4").cumsum(dtype=np.uint32)
    return both[:SIZE], both[SIZE:]

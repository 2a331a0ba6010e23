"""Texts in many scripts: from the folder of evaluation texts where it has them, else generated.

Generated texts are letters of the script drawn by frequency, with the spaces, marks and punctuation
that each script has: what a tokenizer has to work through, though nobody could read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.texts.articles import articles, records

SHORT, LONG = 300, 6_000
CHINESE = "open/shiji_zh.docs.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Script:
    """A kind of text: what makes texts of so many tokens, and whether those are words or characters."""

    name: str
    texts: Callable[[int, int, Path | None], Iterator[str]]


def _zipf(generator: np.random.Generator, kinds: int, count: int) -> list[int]:
    shares = 1 / np.arange(1, kinds + 1)
    drawn: list[int] = generator.choice(kinds, count, p=shares / shares.sum()).tolist()
    return drawn


def english(words: int, seed: int, data: Path | None) -> Iterator[str]:
    """Iterate over English: articles, cut or joined to about so many words."""
    pool = articles(3_000, data, seed)
    together = max(1, words // SHORT)
    generator = np.random.default_rng(seed)
    while True:
        for place in generator.permutation(len(pool) - together).tolist():
            yield "\n\n".join(pool[place : place + together])


def chinese(words: int, seed: int, data: Path | None) -> Iterator[str]:
    """Iterate over Chinese of so many characters."""
    if data:
        joined = "\n".join(record["text"] for record in records(data / CHINESE))
        generator = np.random.default_rng(seed)
        while True:
            start = int(generator.integers(len(joined) - 2 * words))
            yield joined[start : start + words * 6 // 5]
    generator = np.random.default_rng(seed)
    while True:
        letters = [chr(0x4E00 + 7 * kind % 0x5000) for kind in _zipf(generator, 4_000, words)]
        for place in range(9, words, 11):
            letters[place] += "，" if place % 3 else "。\n"
        yield "".join(letters)


def arabic(words: int, seed: int, data: Path | None) -> Iterator[str]:  # noqa: ARG001 - all scripts are asked alike
    """Iterate over Arabic of so many words, one in ten with its vowels marked."""
    generator = np.random.default_rng(seed)
    letters = [chr(code) for code in (*range(0x627, 0x63B), *range(0x641, 0x64B))]
    vowels = "\u064e\u064f\u0650\u0652"
    vocabulary = ["".join(generator.choice(letters, generator.integers(2, 8))) for _ in range(5_000)]
    marked = ["".join(letter + vowels[ord(letter) % 4] for letter in word) for word in vocabulary]
    while True:
        drawn = _zipf(generator, len(vocabulary), words)
        yield "".join(
            (marked if place % 10 == 0 else vocabulary)[kind] + ("، " if place % 12 == 11 else " ")
            for place, kind in enumerate(drawn)
        )


def thai(words: int, seed: int, data: Path | None) -> Iterator[str]:  # noqa: ARG001 - the same
    """Iterate over Thai of so many letters, every other one with a vowel or tone above or below, a space in fifteen."""
    generator = np.random.default_rng(seed)
    marks = "\u0e31\u0e34\u0e35\u0e38\u0e48\u0e49"
    while True:
        drawn = _zipf(generator, 44, words)
        yield "".join(
            chr(0x0E01 + kind) + (marks[kind % 6] if place % 2 else "") + (" " if place % 15 == 14 else "")
            for place, kind in enumerate(drawn)
        )


def _words(alphabet: str, marks: str = "", longest: int = 9) -> "Callable[[int, int, Path | None], Iterator[str]]":
    """Return what iterates over texts of so many words in letters of the alphabet, some of them with a mark."""

    def texts(words: int, seed: int, data: Path | None) -> Iterator[str]:  # noqa: ARG001 - all scripts are asked alike
        generator = np.random.default_rng(seed)
        vocabulary = [
            "".join(alphabet[letter] + _mark(letter, marks) for letter in _zipf(generator, len(alphabet), length))
            for length in generator.integers(2, longest, 5_000).tolist()
        ]
        while True:
            drawn = enumerate(_zipf(generator, len(vocabulary), words))
            yield "".join(vocabulary[kind] + (", " if place % 12 == 11 else " ") for place, kind in drawn)

    return texts


def _mark(letter: int, marks: str) -> str:
    return marks[letter % len(marks)] if marks and letter % 2 else ""


def japanese(words: int, seed: int, data: Path | None) -> Iterator[str]:  # noqa: ARG001 - the same
    """Iterate over Japanese of so many letters: two of three kana, some of them voiced, the others Chinese."""
    generator = np.random.default_rng(seed)
    while True:
        kana, han = _zipf(generator, 80, words), _zipf(generator, 2_000, words)
        yield "".join(
            (chr(0x4E00 + 7 * han[place]) if place % 3 == 0 else chr(0x3042 + kana[place])) + "。" * (place % 20 == 19)
            for place in range(words)
        )


def mixed(words: int, seed: int, data: Path | None) -> Iterator[str]:
    """Iterate over lines of ten words, each in the next of all scripts with words."""
    ways = [script.texts(10, seed, data) for script in SCRIPTS if script.name in SPACED]
    while True:
        yield "\n".join(next(ways[line % len(ways)])[:80] for line in range(words // 10))


LATIN = "etaoinsrhldcumfpgwybvkxjqzéèêëàâäöüßñçœøåí"
CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё"
GREEK = "αοιετνσηυρπκμλςωγδθχβφξζψάέήίόύώἀἐὁὴῶ"
DEVANAGARI, VOWEL_SIGNS = "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह", "ािीुूेैोौं्"
HANGUL = "".join(chr(0xAC00 + 28 * (kind % 399) + (kind % 3) * 4) for kind in range(0, 2_000, 5))
SPACED = ("Accents", "Russian", "Greek", "Arabic", "Hindi", "Korean")
SCRIPTS = (
    Script("English", english),
    Script("Accents", _words(LATIN)),
    Script("Russian", _words(CYRILLIC)),
    Script("Greek", _words(GREEK)),
    Script("Arabic", arabic),
    Script("Hindi", _words(DEVANAGARI, VOWEL_SIGNS, 6)),
    Script("Korean", _words(HANGUL, longest=5)),
    Script("Chinese", chinese),
    Script("Japanese", japanese),
    Script("Thai", thai),
    Script("Mixed", mixed),
)


def some(script: Script, words: int, characters: int, data: Path | None, seed: int = 1) -> list[str]:
    """Return texts of so many words or characters each, until they have `characters` in all."""
    first = next(iter(script.texts(words, seed, data)))
    return list(islice(script.texts(words, seed, data), max(2, characters // len(first))))

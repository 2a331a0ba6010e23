"""Where the benchmarks' articles come from: a folder of evaluation texts, or a generator that runs anywhere.

The folder is given by `--data` or RESEMBLES_EVAL and holds `NAME.docs.jsonl.gz` and `NAME/docs.jsonl.gz` files of
`{"id", "text", …}`. Without it words are drawn from a Zipf distribution over the seed articles' vocabulary and words
made of syllables, in sentences and paragraphs: real in length and layout, not in meaning.
"""

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

SEEDS = Path(__file__).parents[2] / "seeds"
ENGLISH = ("pan13_train/docs", "open/bible_nt.docs")
WORDS = 300
VOCABULARY = 50_000
EXPONENT = 1.07
SENTENCE_END = re.compile(r"[.!?][\"'”’)]*\s")


def data_folder() -> Path | None:
    """Return the folder of evaluation texts that the environment names."""
    named = os.environ.get("RESEMBLES_EVAL")
    return Path(named) if named else None


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Iterate over the objects of a `.jsonl.gz` file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def articles(count: int, data: Path | None, seed: int = 1) -> list[str]:
    """Return `count` distinct articles of about 300 words, in an order that the seed decides.

    Where the folder's texts do not suffice, generated ones follow.
    """
    real = list(dict.fromkeys(_cut(data))) if data else []
    generator = np.random.default_rng(seed)
    chosen = [real[place] for place in generator.permutation(len(real))[:count]]
    return [*chosen, *islice(generated(seed), count - len(chosen))]


def generated(seed: int) -> Iterator[str]:
    """Iterate over made-up articles without end: the same for the same seed."""
    generator = np.random.default_rng(seed)
    words = _vocabulary()
    capitals = [word.capitalize() for word in words]
    shares = 1 / np.arange(1, len(words) + 1) ** EXPONENT
    cumulated = np.cumsum(shares / shares.sum())
    while True:
        drawn = np.searchsorted(cumulated, generator.random(100 * WORDS)).tolist()
        for start in range(0, len(drawn), WORDS):
            yield _laid_out([words[i] for i in drawn[start : start + WORDS]], capitals[drawn[start]], generator)


def unigrams(texts: list[str]) -> list[str]:
    """Return the words of the texts, as often as they occur: drawing one of them is drawing by frequency."""
    return [word for text in texts for word in re.findall(r"[^\W\d_]+", text)]


def _cut(data: Path) -> Iterator[str]:
    for name in ENGLISH:
        for record in records(data / f"{name}.jsonl.gz"):
            if record.get("version", "ASV") == "ASV":  # the other versions of a chapter are near-duplicates
                yield from _pieces(record["text"])


def _pieces(text: str) -> Iterator[str]:
    """Cut a text after the first sentence that completes 300 words; leave out a rest of less than half."""
    start, words, last = 0, 0, 0
    for end in (match.end() for match in SENTENCE_END.finditer(text)):
        words += len(text[last:end].split())
        last = end
        if words >= WORDS - 10:
            yield text[start:end].strip()
            start, words = end, 0
    if words >= WORDS // 2:
        yield text[start:last].strip()


@cache
def _vocabulary() -> list[str]:
    """Return the seeds' words, most frequent first, then made-up ones."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    known = [word for word, _ in Counter(word.lower() for word in unigrams(texts)).most_common()]
    syllables = [
        onset + vowel + end for onset in (*"bcdfglmnprstv", "st", "tr") for vowel in "aeiou" for end in (*"nrsl", "")
    ]
    generator = np.random.default_rng(0)
    made = ("".join(generator.choice(syllables, generator.integers(2, 5))) for _ in range(2 * VOCABULARY))
    return list(dict.fromkeys([*known, *made]))[:VOCABULARY]


def _laid_out(words: list[str], first: str, generator: np.random.Generator) -> str:
    """Lay words out in sentences of 8 to 30 and paragraphs of one to five sentences."""
    words[0] = first
    place = 0
    for length in generator.integers(8, 31, len(words) // 8).tolist():
        place += length
        if place >= len(words) - 8:
            break
        words[place - 1] += ".\n\n" if generator.random() < 1 / 3 else "."
        words[place] = words[place].capitalize()
    return " ".join(words).replace("\n\n ", "\n\n") + "."

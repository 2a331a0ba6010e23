"""What chance gives: the best copied and reworded passage of texts that were made of shuffled sentences.

`python -m benchmarks.jobs.chance FOLDER` takes the folder of PAN 2013's training part (docs.jsonl.gz) and prints, for
growing scores, how many of 20,000 pairs of texts reach them. The slopes are the constants of `dedup.search.evidence`.
"""

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.texts.articles import records
from dedup.align import Alignments, align, reword
from dedup.search.evidence import UNMATCHED
from dedup.sketching.tokens import Tokens, tokenize

DOCUMENTS, WORDS, PAIRS = 2500, 400, 20_000


def texts(folder: Path, rng: random.Random) -> Iterator[str]:
    """Yield texts of sentences of many documents, each sentence once."""
    documents = [str(record["text"]) for record in records(folder / "docs.jsonl.gz")]
    found = (re.split(r"(?<=[.!?])\s+", text) for text in rng.sample(documents, DOCUMENTS))
    sentences = list(dict.fromkeys(one for some in found for one in some if 4 <= len(one.split()) <= 60))
    rng.shuffle(sentences)
    text, words = list[str](), 0
    for sentence in sentences:
        text.append(sentence)
        words += len(sentence.split())
        if words >= WORDS:
            yield " ".join(text)
            text, words = [], 0


def scores(one: Tokens, other: Tokens) -> tuple[float, float]:
    """Return the scores of the best copied and of the best reworded passage that two texts share."""
    copied = align(one.hashes, other.hashes, other.offsets, min_words=3, min_similarity=0.3)
    nothing = Alignments(*(np.empty(0, np.int32) for _ in Alignments.__slots__))
    _, _, reworded = reword(one, other, other.offsets, np.ones(len(other.offsets) - 1, np.bool_), nothing, least=1.0)
    return max(copied.matched - UNMATCHED * copied.unmatched, default=0.0), max(reworded, default=0.0)


def main(folder: str) -> None:
    """Print how many pairs reach each score."""
    rng = random.Random(3)
    every = [tokenize([text], prose=True) for text in texts(Path(folder), rng)]
    best = np.array([scores(*rng.sample(every, 2)) for _ in range(PAIRS)])
    for name, column, steps in (("copied", best[:, 0], range(5, 21)), ("reworded", best[:, 1], range(5, 65, 5))):
        for step in steps:
            sys.stdout.write(f"{name} {step} {int((column >= step).sum())}\n")


if __name__ == "__main__":
    main(sys.argv[1])

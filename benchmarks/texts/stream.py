"""A stream of articles of which a third are copies: near ones, which are left out, and cut ones, which join a story."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.texts.articles import articles

NEAR, CUT = 6, 0.6  # words changed of some 300: Jaccard .9; the share that a cut version keeps: Jaccard .6
PHRASE = 12


@dataclass(frozen=True, slots=True)
class Sent:
    """A document of the stream.

    Attributes:
        id: its id, which names its family and what it is in it.
        text: its text.
        family: the number of the article that it is, or is a copy of.
        alike: what it is like: near copies and the article are one, a cut version is another.
    """

    id: str
    text: str
    family: int
    alike: str


@dataclass(frozen=True, slots=True)
class Stream:
    """Documents in the order in which they are sent.

    Attributes:
        documents: all of them.
        phrases: phrases of articles, by the family's number, which every copy has.
    """

    documents: list[Sent]
    phrases: dict[int, str] = field(default_factory=dict)


def stream(count: int, watched: int, data: Path | None, seed: int = 1) -> Stream:
    """Return a stream of `count` documents, two thirds of them articles, and phrases of `watched` of these."""
    rng = random.Random(seed)
    texts = articles(count - count // 3, data, seed)
    documents = [Sent(f"f{place}-a", text, place, f"f{place}") for place, text in enumerate(texts)]
    for copy in range(count // 3):
        family = rng.randrange(len(texts))
        words, near = texts[family].split(), copy % 2 == 0
        sent = _near(words, rng) if near else words[: max(PHRASE, round(len(words) * CUT))]
        kind = "near" if near else "cut"
        documents.append(Sent(f"f{family}-{kind}{copy}", " ".join(sent), family, f"f{family}{'' if near else '-cut'}"))
    rng.shuffle(documents)
    chosen = rng.sample(range(len(texts)), watched)
    return Stream(documents, {family: " ".join(texts[family].split()[:PHRASE]) for family in chosen})


def _near(words: list[str], rng: random.Random) -> list[str]:
    """Return an article with some words of its second half replaced."""
    changed = list(words)
    for place in rng.sample(range(len(words) // 2, len(words)), min(NEAR, len(words) // 8)):
        changed[place] = "otherwise"
    return changed

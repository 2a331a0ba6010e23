"""Passages planted where they are known to be: cut from an indexed document, edited, reflowed, put into another text.

The edits are those of a synthetic grid: each word is changed with a probability; of the changes 60 % put in a word
drawn from the corpus by frequency, 20 % leave the word out, 20 % add one. A planted passage is found when an answer
has its source, with a passage that overlaps it on both sides.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.texts.articles import SENTENCE_END
from dedup import Answer, Passage, Span

WORD = re.compile(r"\S*\w\S*")
GAPS = (" ",) * 12 + ("  ", "\n", "\n\n", "\n    ")
FROM_SENTENCE = 0.6
SUBSTITUTED, DELETED = 0.6, 0.2
TRIES = 100


@dataclass(frozen=True, slots=True)
class Planted:
    """A host text with a passage in it, and where the passage comes from."""

    text: str
    place: Span
    source: str
    origin: Span

    def hits(self, answer: Answer) -> bool:
        """Whether the answer has the source with a passage that overlaps the planted one on both sides."""
        return any(
            overlap(passage.query, self.place) and overlap(passage.document, self.origin)
            for passage in self.passages(answer)
        )

    def passages(self, answer: Answer) -> tuple[Passage, ...]:
        """Return the passages that the answer reports of the source."""
        return next((match.passages for match in answer if match.id == self.source), ())


@dataclass(frozen=True, slots=True)
class Planter:
    """Plants passages of the sources into the hosts.

    Attributes:
        sources: indexed texts; a source's id is its place here.
        hosts: texts that are not indexed.
        words: what to draw substituted and added words from.
        rng: decides everything.
    """

    sources: Sequence[str]
    hosts: Sequence[str]
    words: Sequence[str]
    rng: random.Random

    def plant(self, length: int, rate: float) -> Planted:
        """Plant a passage of `length` words of any source, each word edited with probability `rate`, in any host."""
        source, origin = self.cut(length)
        passage = self.reflow(self.edit(self.sources[source][origin.start : origin.end].split(), rate))
        text, place = self.insert(passage)
        return Planted(text, place, str(source), origin)

    def cut(self, length: int) -> tuple[int, Span]:
        """Choose a source and a stretch of `length` words: 60 % begin with a sentence, 40 % anywhere."""
        for _ in range(TRIES):
            source = self.rng.randrange(len(self.sources))
            text = self.sources[source]
            words = [match.span() for match in WORD.finditer(text)]
            begins = list(range(len(words) - length + 1))
            if self.rng.random() < FROM_SENTENCE:
                after = {0, *sentence_ends(text)}
                begins = [i for i in begins if words[i][0] in after]
            if begins:
                first = self.rng.choice(begins)
                return source, Span(words[first][0], words[first + length - 1][1])
        raise ValueError(f"hardly a source has {length} words after the start of a sentence; give longer ones")

    def edit(self, words: Sequence[str], rate: float) -> list[str]:
        """Change each word with probability `rate`."""
        edited = list[str]()
        for word in words:
            change = self.rng.random() / rate if rate and WORD.match(word) else 1.0
            if change >= 1:
                edited.append(word)
            elif change < SUBSTITUTED:
                edited.append(self.rng.choice(self.words))
            elif change >= SUBSTITUTED + DELETED:
                edited += [word, self.rng.choice(self.words)]
        return edited

    def reflow(self, words: Sequence[str]) -> str:
        """Join words by white space of every kind."""
        return "".join(part for word in words for part in (word, self.rng.choice(GAPS))).rstrip()

    def insert(self, passage: str) -> tuple[str, Span]:
        """Put a passage into a host, between two sentences; return the text and the passage's place."""
        host = self.rng.choice(self.hosts)
        at = self.rng.choice([0, *sentence_ends(host)])
        return host[:at] + passage + "\n" + host[at:], Span(at, at + len(passage))


def sentence_ends(text: str) -> Iterator[int]:
    """Iterate over the places at which a sentence begins after another one."""
    for match in SENTENCE_END.finditer(text):
        if found := WORD.search(text, match.end()):
            yield found.start()


def overlap(a: Span, b: Span) -> bool:
    """Whether two spans share a character."""
    return a.start < b.end and b.start < a.end

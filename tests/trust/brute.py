"""What an index should answer, by brute force, in plain Python written from docs/concepts.md and nothing else.

A word is a run of letters and digits, with apostrophes inside, without case and accents; a Chinese character is a word.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

K, RUN, BRIEF = 4, 7, 20  # words of a shingle, of a run that is always found, of a document that is not brief
HAN = "\u4e00-\u9fff"
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:'[^\W_{HAN}]+)*")


@cache
def words(text: str) -> list[str]:
    """Return a text's words."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).replace("\u2019", "'")
    return WORD.findall("".join(one for one in plain if not unicodedata.combining(one)))


@cache
def runs(text: str, length: int) -> frozenset[tuple[str, ...]]:
    """Return the runs of so many words."""
    every = words(text)
    return frozenset(tuple(every[at : at + length]) for at in range(len(every) - length + 1))


@cache
def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return a text's shingles; a shorter text is one."""
    return runs(text, min(K, len(words(text))))


def figures(a: str, b: str) -> tuple[float, float, float]:
    """Return the Jaccard similarity of two texts, and the containment of the first and of the second in the other."""
    one, other = shingles(a), shingles(b)
    both = len(one & other)
    return both / len(one | other), both / len(one), both / len(other)


@cache
def common(a: str, b: str) -> int:
    """Return the length in words of the longest common subsequence."""
    row = [0] * (len(words(b)) + 1)
    for word in words(a):
        before = row
        row = [0]
        for at, other in enumerate(words(b)):
            row.append(before[at] + 1 if word == other else max(before[at + 1], row[-1]))
    return row[-1]


@dataclass
class Collection:
    """The documents, by id: text and metadata."""

    documents: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    def like(
        self, query: str, name: str, least: int, wanted: Callable[[Mapping[str, Any]], bool], *, passages: bool
    ) -> Iterator[str]:
        """Yield the documents that must be found: a run of `least` words in common, or half of either's shingles."""
        for other, (text, metadata) in self.documents.items():
            if other == name or not wanted(metadata):
                continue
            near = max(figures(query, text)) >= 0.5 and bool(runs(query, RUN) & runs(text, RUN))
            alike = near and len(words(text)) >= BRIEF
            if alike or (passages and runs(query, least) & runs(text, least)):
                yield other

    def duplicates(self, threshold: float) -> Iterator[tuple[str, str, float]]:
        """Yield the pairs of that Jaccard similarity."""
        names = sorted(self.documents)
        for place, one in enumerate(names):
            for other in names[:place]:
                if (jaccard := figures(self.documents[one][0], self.documents[other][0])[0]) >= threshold:
                    yield one, other, jaccard

"""What one would do without this package: MinHash and LSH on documents or on sentences, difflib on pairs."""

import difflib
import re
from collections.abc import Mapping, Sequence

from datasketch import MinHash, MinHashLSH

from benchmarks.peers.datasketch import fastest
from benchmarks.peers.task import NUM_PERM
from benchmarks.texts.articles import SENTENCE_END
from benchmarks.texts.cases import Case
from dedup import sketch, to_datasketch
from dedup.scheme import Scheme

WORDS = re.compile(r"\w+")
SENTENCE_THRESHOLD = 0.5
GAP = 5
SENTENCE = Scheme(k=2)
"""Two words a shingle: a sentence of ten words with one of them replaced still has .6 of its shingles."""


def minhashes(texts: Sequence[str], scheme: Scheme) -> list[MinHash]:
    """Return signatures as datasketch objects: ours are equal to datasketch's bit for bit, and sooner there."""
    return [to_datasketch(row, scheme) for row in sketch(texts, scheme).signatures]


class DocumentLSH:
    """Documents found by a band of the whole document's signature, at datasketch's parameters for a threshold."""

    def __init__(self, texts: Mapping[str, str], threshold: float) -> None:
        """Index texts by id."""
        self._index = MinHashLSH(threshold=threshold, num_perm=NUM_PERM)
        for name, made in zip(texts, fastest(list(texts.values())), strict=True):
            self._index.insert(name, made)

    def found(self, text: str) -> set[str]:
        """Return the ids of candidates; nothing verifies them."""
        return set(self._index.query(fastest([text])[0]))


class SentenceLSH:
    """Documents found by any sentence alike."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Index the sentences of texts by id."""
        self._index = MinHashLSH(threshold=SENTENCE_THRESHOLD, num_perm=NUM_PERM)
        named = [(name, place, one) for name, text in texts.items() for place, one in enumerate(sentences(text))]
        made = minhashes([one for _, _, one in named], SENTENCE)
        for (name, place, _), one in zip(named, made, strict=True):
            self._index.insert((name, place), one, check_duplication=False)

    def found(self, text: str) -> set[str]:
        """Return the ids of documents with a sentence that is a candidate for one of the text's."""
        asked = minhashes(sentences(text), SENTENCE)
        return {name for one in asked for name, _ in self._index.query(one)}


def sentences(text: str) -> list[str]:
    """Return the sentences of at least five words."""
    return [one for one in SENTENCE_END.split(text) if one and len(WORDS.findall(one)) >= 5] or [text]


def matched_by_difflib(one: str, other: str, min_words: int = 12) -> list[Case]:
    """Return the stretches that difflib matches word by word, joined over gaps of up to five words."""
    a, b = list(WORDS.finditer(one)), list(WORDS.finditer(other))
    words_a, words_b = ([word[0].lower() for word in words] for words in (a, b))
    blocks = difflib.SequenceMatcher(None, words_a, words_b, autojunk=False).get_matching_blocks()
    joined = list[list[int]]()  # start and end in each text, words matched
    for block in blocks:
        if joined and block.a - joined[-1][1] <= GAP and block.b - joined[-1][3] <= GAP:
            joined[-1][1], joined[-1][3] = block.a + block.size, block.b + block.size
            joined[-1][4] += block.size
        elif block.size:
            joined.append([block.a, block.a + block.size, block.b, block.b + block.size, block.size])
    return [
        Case(a[start].start(), a[end - 1].end(), b[begin].start(), b[stop - 1].end())
        for start, end, begin, stop, matched in joined
        if matched >= min_words
    ]

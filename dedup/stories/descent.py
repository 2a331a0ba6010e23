"""Who took from whom: members of a story held against each other, each against those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dedup.model import Document, Match
from dedup.scheme import Scheme
from dedup.search.evidence import FEW_DOCUMENTS
from dedup.search.lookup import Watch
from dedup.search.partners import Asking, compared
from dedup.search.question import Question
from dedup.stories.travelled import Shared

_ASKED = Question()


@dataclass(frozen=True, slots=True)
class Taken:
    """What a document took: the place of the one that it took most from, the words, and their share of its own."""

    parent: int
    matched_words: int
    share: float


@dataclass(slots=True)
class Descent:
    """What documents in the order of a story have of each other, by their places in it.

    Attributes:
        taken: for each that shares a passage with one before it, what it took.
        shared: all passages that two of them share.
    """

    taken: dict[int, Taken] = field(default_factory=dict)
    shared: list[Shared] = field(default_factory=list)


def descent(documents: Sequence[Document], scheme: Scheme, watch: Watch) -> Descent:
    """Hold each document against all before it; of several that it shares as many words with it took from the first.

    All windows count as rare: what a story's own printings made frequent in the index is no boilerplate among them.
    """
    found, places = Descent(), {document.id: place for place, document in enumerate(documents)}
    for later, document in enumerate(documents):
        watch("compare", later)
        asking = Asking.of(document.text, scheme, _ASKED) if later else None
        if asking is None:
            continue
        most = Taken(-1, 0, 0.0)
        for match in _matches(asking, documents[:later], scheme):
            found.shared += [Shared(places[match.id], later, one) for one in match.passages]
            words = sum(one.matched_words for one in match.passages)
            if words > most.matched_words:
                most = Taken(places[match.id], words, words / len(asking.tokens.hashes))
        if most.matched_words:
            found.taken[later] = most
    return found


def _matches(asking: Asking, documents: Sequence[Document], scheme: Scheme) -> Iterator[Match]:
    query = asking.query(np.ones(len(asking.minima), np.uint32), FEW_DOCUMENTS)
    return compared(query, list(documents), scheme, _ASKED)

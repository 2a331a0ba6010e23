"""A query and a store in, an answer out: the stages in their order, with what each of them saw."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InvalidInput
from dedup.model import Answer, Document, Match
from dedup.scheme import Scheme
from dedup.search.candidates import rank
from dedup.search.filters import Filter
from dedup.search.verify import Limits, Query, best, verify
from dedup.sketching.chunks import WHOLE
from dedup.sketching.sketches import Sketch, sketch_tokens
from dedup.sketching.tokens import Tokens, tokenize
from dedup.stores.base import Postings, Store, Stored
from dedup.stores.codec import decode

LISTED = 64  # ADR 4: 16 to 256 find alike; a doubling costs some 8 % beside wire copy
CANDIDATES = 48  # ADR 4: beside wire copy 26 find as much in half the time, 96 one more of 80 in twice the time
MORE = 8  # for every further 1,024 tokens of the query
FILTERED = 1024  # not measured: reading stops as soon as enough are wanted

Watch = Callable[[str, int], None]
"""Told the name of each stage as it ends, and how many buckets, postings, chunks, documents or matches it gave."""


def unwatched(stage: str, count: int) -> None:
    """Take no note."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text; see `Index.resemble`."""

    limit: int = 10
    min_words: int = 12
    min_similarity: float = 0.6
    passages: bool = True
    filter: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse limits that make no sense."""
        if self.limit < 1 or self.min_words < 1 or not 0 < self.min_similarity <= 1:
            raise InvalidInput(
                f"limit {self.limit}, min_words {self.min_words}, min_similarity {self.min_similarity}: "
                "give at least 1, at least 1, and a number above 0 up to 1",
            )

    @property
    def limits(self) -> Limits:
        """What is accepted as a passage."""
        return Limits(self.min_words, self.min_similarity, passages=self.passages)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the stages saw on the way to an answer.

    Attributes:
        query: the text that asked.
        sketched: its sketch.
        postings: what the store holds of its buckets.
        read: the documents whose texts were read, best candidate first, by id.
        stored: the same as the store holds them, and those that the filter refused.
        matches: those that resemble the query, before the limit.
    """

    query: Query
    sketched: Sketch
    postings: Postings
    read: Mapping[str, Document]
    stored: Mapping[str, Stored]
    matches: Sequence[Match]

    @property
    def found(self) -> int:
        """How many chunks the postings name."""
        return len(np.unique(self.postings.numbers))


@dataclass(frozen=True, slots=True)
class Lookup:
    """An answer, the text that asked, and what was seen on the way: nothing if the text is too short."""

    text: str
    answer: Answer
    seen: Seen | None = None


def look_up(
    store: Store,
    text: str,
    question: Question,
    own: Document | None,
    name: str | None = None,
    watch: Watch = unwatched,
) -> Lookup:
    """Return what a text resembles.

    Args:
        store: the index.
        text: the query.
        question: what is asked of it.
        own: the query as a document of the index, if it is known to be one.
        name: the id of a document that is never returned.
        watch: told of each stage.
    """
    wanted = Filter.of(question.filter, own.metadata if own else None)
    tokens = tokenize([text])
    if len(tokens.hashes) < store.scheme.k:
        return Lookup(text, Answer((), too_short=True))
    sketched = sketch_tokens(tokens, store.scheme)
    watch("sketch", len(sketched.buckets))
    postings = store.lookup(sketched.buckets, LISTED)
    total = postings.documents
    watch("lookup", len(postings.numbers))
    most = max(CANDIDATES, question.limit + 16) + MORE * (len(tokens.hashes) // WHOLE)
    numbers, cut = rank(postings, total, max(most, FILTERED) if wanted else most)
    watch("rank", len(numbers))
    stored = {one.id: one for one in store.fetch(numbers) if one and one.id != name}
    read = _read(stored, wanted, most)
    watch("fetch", len(read))
    query = _query(text, tokens, sketched, postings, total)
    matches = verify(query, list(read.values()), store.scheme, question.limits)
    answer = tuple(best(matches, len(text), question.limit))
    watch("verify", len(matches))
    passage = sketched.places >= 0
    hidden = _hides_passage(sketched.places[passage], cut[passage], question.min_words, store.scheme)
    passed_over = wanted is not None and len(numbers) >= FILTERED and len(read) < most
    return Lookup(text, Answer(answer, hidden or passed_over), Seen(query, sketched, postings, read, stored, matches))


def _read(stored: Mapping[str, Stored], wanted: Filter | None, most: int) -> dict[str, Document]:
    """Return the first `most` documents that are wanted."""
    read: dict[str, Document] = {}
    for one in stored.values():
        document = decode(one.id, one.payload)
        if wanted is None or wanted(document.metadata):
            read[one.id] = document
        if wanted and len(read) == most:
            break
    return read


def _query(text: str, tokens: Tokens, sketched: Sketch, postings: Postings, total: int) -> Query:
    passage = sketched.places >= 0
    order = np.argsort(sketched.buckets[passage])
    return Query(text, tokens, sketched.buckets[passage][order], postings.counts[passage][order], total)


def _hides_passage(places: NDArray[np.int32], cut: NDArray[np.bool_], min_words: int, scheme: Scheme) -> bool:
    """Whether a stretch of the query, long enough for a passage, had all its windows read in part only."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], cut, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    return bool(np.any(places[ends - 1] - places[starts] + scheme.k >= min_words)) if len(starts) else False

"""A query and a store in, an answer out: the stages in their order, with what each of them saw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedup.model import Answer, Document, Match
from dedup.scheme import Scheme
from dedup.search.candidates import rank
from dedup.search.filters import Filter
from dedup.search.question import Question
from dedup.search.verify import Query, alike, best, figure
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
"""Called when a stage ends, with its name and the number of items it produced."""


def unwatched(stage: str, count: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the stages saw on the way to an answer; `explain` tells of it.

    Attributes:
        sketched: the query's sketch.
        postings: what the store holds of its buckets.
        stored: the documents fetched, best candidate first, by id; those that the filter refused too.
        tokens: those of the texts that were read, in the order of `Lookup.documents`.
    """

    sketched: Sketch
    postings: Postings
    stored: Mapping[str, Stored]
    tokens: Tokens

    @property
    def found(self) -> int:
        """How many chunks the postings name."""
        return len(np.unique(self.postings.numbers))


@dataclass(frozen=True, slots=True)
class Lookup:
    """An answer, and what was read for it.

    Attributes:
        text: the query.
        answer: what it resembles.
        documents: the documents whose texts were read, best candidate first, by id; every match's is among them.
        figures: the exact figures of each of them, matched or not, by id.
        seen: what the stages saw; None if the text is too short, for then nothing was read.
    """

    text: str
    answer: Answer
    documents: Mapping[str, Document] = field(default_factory=dict)
    figures: Mapping[str, Match] = field(default_factory=dict)
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
    watch("lookup", len(postings.numbers))
    most = max(CANDIDATES, question.limit + 16) + MORE * (len(tokens.hashes) // WHOLE)
    numbers, cut = rank(postings, postings.documents, max(most, FILTERED) if wanted else most)
    watch("rank", len(numbers))
    stored = {one.id: one for one in store.fetch(numbers) if one and one.id != name}
    documents = _read(stored, wanted, most)
    watch("fetch", len(documents))
    there = tokenize([document.text for document in documents.values()])
    query = _query(text, tokens, sketched, postings)
    figures = figure(query, list(documents.values()), there, store.scheme, question)
    matches = alike(figures)
    watch("verify", len(matches))
    passage = sketched.places >= 0
    hidden = _hides_passage(sketched.places[passage], cut[passage], question.min_words, store.scheme)
    passed_over = wanted is not None and len(numbers) >= FILTERED and len(documents) < most
    return Lookup(
        text,
        Answer(tuple(best(matches, len(text), question.limit)), hidden or passed_over),
        documents,
        dict(zip(documents, figures, strict=True)),
        Seen(sketched, postings, stored, there),
    )


def _read(stored: Mapping[str, Stored], wanted: Filter | None, most: int) -> dict[str, Document]:
    """Return the first `most` documents that are wanted."""
    read: dict[str, Document] = {}
    for one in stored.values():
        document = decode(one.id, one.payload, one.digest)
        if wanted is None or wanted(document.metadata):
            read[one.id] = document
        if wanted and len(read) == most:
            break
    return read


def _query(text: str, tokens: Tokens, sketched: Sketch, postings: Postings) -> Query:
    passage = sketched.places >= 0
    order = np.argsort(sketched.buckets[passage])
    return Query(text, tokens, sketched.buckets[passage][order], postings.counts[passage][order], postings.documents)


def _hides_passage(places: NDArray[np.int32], cut: NDArray[np.bool_], min_words: int, scheme: Scheme) -> bool:
    """Whether a stretch of the query, long enough for a passage, had all its windows read in part only."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], cut, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    return bool(np.any(places[ends - 1] - places[starts] + scheme.k >= min_words)) if len(starts) else False

"""A query and a store in, an answer out: the stages in their order, with what each of them saw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.model import Answer, Document, Match
from dedup.search.candidates import rank
from dedup.search.directions import directed
from dedup.search.filters import Filter
from dedup.search.query import Query
from dedup.search.question import Question
from dedup.search.reading import DEEP, FETCHED, Reading, Wanted, crowded_out, deepen, read, without
from dedup.search.verdict import decisive
from dedup.search.verify import alike, best, coverage, figure, folded
from dedup.search.windows import Windows
from dedup.sketching.chunks import whole
from dedup.sketching.sketches import Sketch, sketch_tokens
from dedup.sketching.tokens import Tokens, tokenize
from dedup.stores.base import Buckets, Numbers, Postings, Snapshot, Store, Stored

LISTED = 64  # ADR 4: 16 to 256 find alike; a doubling costs some 8 % beside wire copy
CANDIDATES = 48  # ADR 4: beside wire copy 26 find as much in half the time, 96 one more of 80 in twice the time
MORE = 8  # for every further 1,024 tokens of the query
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
        metadata: the query's own, as far as they are known.
        seen: what the stages saw; None if the text is too short, for then nothing was read.
    """

    text: str
    answer: Answer
    documents: Mapping[str, Document] = field(default_factory=dict)
    figures: Mapping[str, Match] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
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
        own: the query as a document, if it is one: its metadata are compared with those of the documents found.
        name: the id of a document that is never returned.
        watch: told of each stage.
    """
    metadata = own.metadata if own else {}
    wanted = Filter.of(question.filter, own.metadata if own else None)
    tokens = tokenize([text], store.scheme.unit, prose=question.reworded)
    if len(tokens.hashes) < store.scheme.k:
        return Lookup(text, Answer((), too_short=True))
    sketched = sketch_tokens(tokens, store.scheme)
    watch("sketch", len(sketched.buckets))
    windows = Windows(tokens, sketched, store.scheme)
    most = max(CANDIDATES, question.limit + 16) + MORE * (len(tokens.hashes) // whole(store.scheme.unit))
    with store.snapshot() as now:
        postings, cut, reading = _read(now, sketched.buckets, windows, question, Wanted(most, wanted, name), watch)
    texts = [document.text for document in reading.documents.values()]
    there = tokenize(texts, store.scheme.unit, prose=question.reworded)
    query = _query(text, tokens, sketched, postings)
    figures = figure(query, list(reading.documents.values()), there, store.scheme, question)
    matches = alike(figures)
    watch("verify", len(matches))
    shown = folded(matches) if question.fold else matches
    answer = Answer(
        tuple(directed(best(shown, len(text), question.limit), matches, metadata)),
        found=len(matches),
        coverage=coverage(matches, tokens),
        truncated=reading.left or windows.hide(cut, question.usual_words(store.scheme.unit)),
        verdict=matches[decisive(matches)].verdict if matches else "new",
    )
    return Lookup(
        text,
        answer,
        reading.documents,
        dict(zip(reading.documents, figures, strict=True)),
        metadata,
        Seen(sketched, postings, reading.stored, there),
    )


def _read(
    now: Snapshot, buckets: Buckets, windows: Windows, question: Question, wanted: Wanted, watch: Watch
) -> tuple[Postings, NDArray[np.bool_], Reading]:
    """Look up, rank and read, and deeper again where postings of the dead use up what is listed of a bucket.

    Returns:
        The postings of the living, which buckets were not read to their end, and what was read.
    """
    depth, dead = max(LISTED, question.limit), list[int]()
    budget = max(4096, question.limit * len(buckets))
    postings = now.lookup(buckets, depth)
    if wanted.filter:
        depth, budget = FETCHED, DEEP
        postings = deepen(now, buckets, postings)
    watch("lookup", len(postings.numbers))
    while True:
        numbers, likely, cut = _candidates(postings, windows, question, wanted.most, budget)
        watch("rank", len(numbers))
        reading = read(now, numbers, likely, wanted)
        watch("fetch", len(reading.documents))
        dead += reading.dead
        if depth >= FETCHED or not (crowded := crowded_out(postings, cut, reading.dead)).any():
            return without(postings, dead), cut, reading
        depth, budget = min(8 * depth, FETCHED), DEEP
        postings = without(deepen(now, buckets, postings, crowded, depth), dead)


def _candidates(
    postings: Postings, windows: Windows, question: Question, most: int, budget: int
) -> tuple[Numbers, int, NDArray[np.bool_]]:
    """Return all chunks, best first, how many to read at least, and which buckets were not read to their end.

    The `most` best cover the query; those that may match follow, then the rest.
    """
    chosen, cut = rank(postings, postings.documents, most, budget)
    if len(chosen) < most:  # there are no others
        return chosen, len(chosen), cut
    every, likely = windows.order(postings, postings.documents, question)
    fresh = ~np.isin(every, chosen)
    return np.concatenate((chosen, every[fresh])), len(chosen) + int(fresh[:likely].sum()), cut


def _query(text: str, tokens: Tokens, sketched: Sketch, postings: Postings) -> Query:
    passage = sketched.places >= 0
    return Query.of(text, tokens, sketched.buckets[passage], postings.counts[passage], postings.documents)

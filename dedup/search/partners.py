"""One document and an index in, every wanted document that shares a passage with it out, however many there are.

A look-up answers one reader, who wants the best few; a collection wants all pairs, and each of them once. So candidates
are not ranked against each other here: each is read that may have a passage which says something, and no other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from dedup.kernels import Flags, Float64s, Int64s, Uint32s
from dedup.model import Document, Match
from dedup.scheme import Scheme
from dedup.search.evidence import COMMON, FEW_DOCUMENTS
from dedup.search.query import Query
from dedup.search.question import USUAL, Question
from dedup.search.verify import figure
from dedup.search.windows import Windows
from dedup.sketching.sketches import Sketch, sketch_tokens
from dedup.sketching.tokens import Tokens, tokenize
from dedup.stores.base import Buckets, Numbers, Postings, Snapshot, Store
from dedup.stores.codec import decode

LISTED = 4096  # ADR 22: postings read of a bucket
MOST = 2048  # ADR 22: documents compared with one
SPARE = {"word": 0, "character": 48}  # ADR 22: documents compared that share fewer minima, for texts badly misread
TOGETHER = 64  # not measured: documents aligned at once; long ones must not fill the memory
Wanted = Callable[[Numbers], Int64s]
"""Returns for chunk numbers the place of each one's document among those wanted, -1 for any other."""


@dataclass(frozen=True, slots=True)
class Partners:
    """The documents that share passages with one.

    Attributes:
        matches: they, in the order of their places; without boilerplate.
        compared: how many documents were compared.
        truncated: more may share a passage, and were left unread.
        common: others share nothing but what so many documents hold that it is boilerplate.
    """

    matches: tuple[Match, ...] = ()
    compared: int = 0
    truncated: bool = False
    common: bool = False


class Candidates(NamedTuple):
    """The documents to compare with one.

    Attributes:
        numbers: a chunk number of each, in the order of places.
        left: some more are left out, because there are too many.
        common: some share as much, but nothing that is no boilerplate.
    """

    numbers: Numbers
    left: bool = False
    common: bool = False


def partners(store: Store, document: Document, question: Question, wanted: Wanted) -> Partners:
    """Return which of the wanted documents share a passage with a document, its passages' places first in `query`.

    Args:
        store: the index.
        document: the document.
        question: what a passage must be.
        wanted: which documents of the index are compared.
    """
    scheme = store.scheme
    asking = Asking.of(document.text, scheme, question)
    if asking is None:
        return Partners()
    with store.snapshot() as now:
        postings = now.lookup(asking.minima, LISTED)
        numbers, left, common = candidates(postings, wanted, scheme)
        query = asking.query(postings.counts, postings.documents)
        found = [match for some in _read(now, numbers) for match in compared(query, some, scheme, question)]
    hidden = asking.hidden(np.diff(postings.offsets) < postings.counts, scheme, question)
    return Partners(tuple(found), len(numbers), truncated=left or hidden, common=common)


@dataclass(frozen=True, slots=True)
class Asking:
    """A document that asks, of at least k tokens.

    Attributes:
        text: its text.
        tokens: its tokens.
        sketched: its sketch.
    """

    text: str
    tokens: Tokens
    sketched: Sketch

    @classmethod
    def of(cls, text: str, scheme: Scheme, question: Question) -> Self | None:
        """Tokenize and sketch a text; None if it is too short to share a passage."""
        tokens = tokenize([text], scheme.unit, prose=question.reworded)
        return cls(text, tokens, sketch_tokens(tokens, scheme)) if len(tokens.hashes) >= scheme.k else None

    @property
    def minima(self) -> Buckets:
        """The minima of its windows, in the order of the text."""
        return self.sketched.buckets[self.sketched.places >= 0]

    def query(self, counts: Uint32s, total: int) -> Query:
        """Return the query whose minima are in so many documents each, of so many in all."""
        return Query.of(self.text, self.tokens, self.minima, counts, total)

    def hidden(self, cut: Flags, scheme: Scheme, question: Question) -> bool:
        """Return whether a passage may stand only in minima that are cut: whose buckets were not read to their end."""
        cut = np.concatenate((np.zeros(scheme.bands, np.bool_), cut))
        return Windows(self.tokens, self.sketched, scheme).hide(cut, question.usual_words(scheme.unit))


def _least(scheme: Scheme) -> int:
    """Return how many minima any verbatim run of the usual words of a passage has: a minimum is that of w windows."""
    words, _ = USUAL[scheme.unit]
    return max(words - (scheme.w + scheme.k - 1), 0) // scheme.w + 1


def candidates(postings: Postings, wanted: Wanted, scheme: Scheme) -> Candidates:
    """Return which documents to compare."""
    least, spare = _least(scheme), SPARE[scheme.unit]
    places = wanted(postings.numbers)
    chosen = places >= 0
    if not chosen.any():
        return Candidates(postings.numbers[:0])
    total = max(postings.documents, FEW_DOCUMENTS)
    surprise = np.log(total / np.maximum(postings.counts, 1))
    surprise = np.repeat(surprise, np.diff(postings.offsets))[chosen]
    _, firsts, owners, counts = np.unique(places[chosen], return_index=True, return_inverse=True, return_counts=True)
    sums = np.bincount(owners, surprise).astype(np.float64)
    best = np.zeros(len(firsts))
    np.maximum.at(best, owners, surprise)
    tells = _telling(best, sums, total)
    telling = np.flatnonzero(tells)
    ranked = telling[np.lexsort((-sums[telling], counts[telling] < least))]
    likely = int((counts[telling] >= least).sum())
    most = np.sort(ranked[: min(likely + spare, MOST)])
    common = bool((counts[~tells] >= least).any())
    return Candidates(postings.numbers[chosen][firsts[most]], likely > MOST, common)


def _telling(best: Float64s, sums: Float64s, total: int) -> Flags:
    """Return which documents may have a passage that is no boilerplate, by the surprise of the windows shared.

    See `dedup.search.evidence.common`: a passage's mean is at most the best window's, its sum at most the whole's.
    """
    flags: Flags = (best >= np.log(total / COMMON)) | (sums >= 2 * np.log(total))
    return flags


def _read(now: Snapshot, numbers: Numbers) -> Iterator[list[Document]]:
    """Yield the documents, some at a time; what was removed meanwhile is none."""
    for first in range(0, len(numbers), TOGETHER):
        stored = now.fetch(numbers[first : first + TOGETHER])
        yield [decode(one.id, one.payload, one.digest) for one in stored if one]


def compared(query: Query, documents: list[Document], scheme: Scheme, question: Question) -> Iterator[Match]:
    """Yield the match of each document that shares passages, without boilerplate."""
    there = tokenize([document.text for document in documents], scheme.unit, prose=question.reworded)
    for match in figure(query, documents, there, scheme, question):
        passages = tuple(one for one in match.passages if one.kind != "boilerplate")
        if passages:
            yield replace(match, passages=passages)

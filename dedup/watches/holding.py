"""Documents that came in and watches in, hits out: each is what a look-up of the watch's text says of the document.

A document that shares nothing but boilerplate with a watch, beside which the watch's text would be `new`, is no hit.

Each pair is compared first as if all windows that it shares were rare, which no true figure exceeds; only of what
matches so is the index asked how rare they are. Most documents are a hit of no watch, and need no look-up but the one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dedup.kernels import Uint32s
from dedup.model import Document, Hit, Match
from dedup.scheme import Scheme
from dedup.search.directions import directed
from dedup.search.evidence import FEW_DOCUMENTS
from dedup.search.partners import Asking
from dedup.search.verify import figure
from dedup.sketching.tokens import tokenize
from dedup.stores.base import Store
from dedup.watches.hits import id_of
from dedup.watches.standing import Standing
from dedup.watches.watches import Watches


class Arrived(NamedTuple):
    """A document that came in, and its number."""

    number: int
    document: Document


class _Held(NamedTuple):
    """A watch that asks, and the documents that it is compared with."""

    standing: Standing
    asking: Asking
    arrived: list[Arrived]

    def compared(self, counts: Uint32s, total: int, scheme: Scheme) -> Iterator[tuple[Arrived, Match]]:
        """Yield the documents that match if the watch's minima are in so many documents each, of so many in all."""
        question = self.standing.question
        documents = [one.document for one in self.arrived]
        there = tokenize([document.text for document in documents], scheme.unit, prose=question.reworded)
        found = figure(self.asking.query(counts, total), documents, there, scheme, question)
        return ((one, match) for one, match in zip(self.arrived, found, strict=True) if match.verdict != "new")


def hold(arrived: Sequence[Arrived], watches: Watches, index: Store) -> list[tuple[int, Hit]]:
    """Return the hits that documents of an index are, each with the document's number, in the order of the hits' ids.

    Args:
        arrived: the documents.
        watches: what they are held against.
        index: the index that they are in, which knows how common words are.
    """
    scheme = index.scheme
    likely = [held for held in _asked(arrived, watches, scheme) if held.arrived]
    counts, total = _counted(likely, index) if likely else ({}, 0)
    hits = {
        id_of(one.number, held.standing.watch.name): (one.number, _hit(one, match, held.standing))
        for held in likely
        for one, match in held.compared(_counts_of(held.asking, counts), total, scheme)
    }
    return [hits[name] for name in sorted(hits)]


def _asked(arrived: Sequence[Arrived], watches: Watches, scheme: Scheme) -> Iterator[_Held]:
    """Yield the watches that the documents may resemble, each with those that match if all is as rare as can be."""
    for standing, places in watches.like([one.document.text for one in arrived]):
        asking = Asking.of(standing.watch.text, scheme, standing.question)
        wanted = standing.filter
        some = [arrived[place] for place in places if arrived[place].number >= standing.since]
        some = [one for one in some if wanted is None or wanted(one.document.metadata)]
        if asking and some:
            ones = np.ones(len(asking.minima), np.uint32)
            matching = _Held(standing, asking, some).compared(ones, FEW_DOCUMENTS, scheme)
            yield _Held(standing, asking, [one for one, _ in matching])


def _counted(likely: Sequence[_Held], index: Store) -> tuple[Mapping[int, int], int]:
    """Return in how many documents each of the watches' minima is, and how many documents there are."""
    minima = np.unique(np.concatenate([held.asking.minima for held in likely]))
    postings = index.lookup(minima, 1)
    return dict(zip(minima.tolist(), postings.counts.tolist(), strict=True)), postings.documents


def _counts_of(asking: Asking, counts: Mapping[int, int]) -> Uint32s:
    return np.array([counts[one] for one in asking.minima.tolist()], np.uint32)


def _hit(arrived: Arrived, match: Match, standing: Standing) -> Hit:
    name = standing.watch.name
    return Hit(id_of(arrived.number, name), name, directed([match], [match], standing.metadata)[0])

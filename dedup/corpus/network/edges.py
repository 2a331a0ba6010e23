"""Pairs of passages in, edges between documents and the documents' own figures out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.roster import Roster
from dedup.printings.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Edges:
    """The n pairs of documents that share a passage, by the earlier, then by the later.

    Attributes:
        a: (n,) int64, the place of the earlier document.
        b: (n,) int64, that of the later.
        words: (n,) int64, words (or characters) that all their passages have in common.
        passages: (n,) int64, how many passages they share.
        reworded: (n,) int64, how many of these are told in other words.
        similarity: (n,) float64, that of their passages, each counted by its words in common.
        days: (n,) int64, whole days from one to the other, -1 where a date is missing.
        directed: (n,) bool, whether the first is surely the earlier.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    words: NDArray[np.int64]
    passages: NDArray[np.int64]
    reworded: NDArray[np.int64]
    similarity: NDArray[np.float64]
    days: NDArray[np.int64]
    directed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The m documents that are in a pair, in the order of documents.

    Attributes:
        place: (m,) int64, the document's place.
        degree: (m,) int64, how many documents it shares passages with.
        earlier: (m,) int64, how many of these are surely earlier.
        later: (m,) int64, how many are surely later.
        words_earlier: (m,) int64, words that it has in common with earlier ones.
        words_later: (m,) int64, words that it has in common with later ones.
    """

    place: NDArray[np.int64]
    degree: NDArray[np.int64]
    earlier: NDArray[np.int64]
    later: NDArray[np.int64]
    words_earlier: NDArray[np.int64]
    words_later: NDArray[np.int64]


def edges(pairs: Pairs, roster: Roster) -> Edges:
    """Add up the passages of each pair of documents."""
    order = np.lexsort((pairs["b"], pairs["a"]))
    a, b, matched = pairs["a"][order], pairs["b"][order], pairs["matched"][order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    edge, count = np.cumsum(fresh) - 1, int(fresh.sum())
    words = np.zeros(count, np.int64)
    np.add.at(words, edge, matched)
    reworded = np.zeros(count, np.int64)
    np.add.at(reworded, edge, pairs["reworded"][order])
    alike = np.bincount(edge, pairs["similarity"][order] * matched, minlength=count)
    return Edges(
        a[fresh],
        b[fresh],
        words,
        np.bincount(edge, minlength=count),
        reworded,
        alike / np.maximum(words, 1),
        roster.days(a[fresh], b[fresh]),
        roster.earlier(a[fresh], b[fresh]),
    )


def nodes(found: Edges) -> Nodes:
    """Add up the edges of each document that has some."""
    place, ends = np.unique(np.concatenate([found.a, found.b]), return_inverse=True)
    count, (a, b) = len(place), np.split(ends.reshape(-1), 2)
    sure, words = found.directed, found.words

    def total(ends: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(count, np.int64)
        np.add.at(sums, ends, weights)
        return sums

    each = sure.astype(np.int64)
    return Nodes(
        place,
        np.bincount(ends.reshape(-1), minlength=count),
        total(b, each),
        total(a, each),
        total(b, words * each),
        total(a, words * each),
    )

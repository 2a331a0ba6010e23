"""Passages of pairs in, texts out: which stretches of which documents are printings of the same text."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.printings.overlaps import inside, join_alike
from dedup.printings.pairs import Pairs
from dedup.printings.roots import flatten, unite

ALIKE = 0.65  # ADR 22: overlap, as a share of the longer, of two stretches that are the same text
WHOLE, HALF = 0.8, 0.5  # ADR 22: how much of a stretch lies in one of a text that it is part of, or half of
MOSTLY = 0.5  # ADR 22: share of the documents of the cluster that has more, in which they overlap
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Printings:
    """The m printings of all clusters: cluster by cluster, in each as documents are ordered.

    Attributes:
        cluster: (m,) int64, from 0, in the order of the clusters' first printings.
        document: (m,) int64, the place of the document.
        start: (m,) int64, where the printing begins, in code points.
        end: (m,) int64, where it ends.
        pairs: (m,) int64, how many passages of pairs it is a side of.
        reworded: (m,) bool, whether all of these are told in other words.
        similarity: (m,) float64, the highest of their similarities.
        evidence: (m,) float64, the highest of their evidence.
        of_pair: (n, 2) int64, which printing the first and the second side of each pair belongs to.
    """

    cluster: NDArray[np.int64]
    document: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    pairs: NDArray[np.int64]
    reworded: NDArray[np.bool_]
    similarity: NDArray[np.float64]
    evidence: NDArray[np.float64]
    of_pair: NDArray[np.int64]

    @property
    def firsts(self) -> NDArray[np.int64]:
        """The first printing of each cluster."""
        return np.flatnonzero(np.diff(self.cluster, prepend=-1))


def cluster(pairs: Pairs) -> Printings:
    """Put the stretches of one text together, and stretches of one document that touch to one printing."""
    count = len(pairs)
    sides = np.concatenate(
        [np.column_stack([pairs[side], pairs[f"{side}_start"], pairs[f"{side}_end"]]) for side in "ab"]
    )
    stretches, of_side = np.unique(sides, axis=0, return_inverse=True)
    of_side = of_side.reshape(-1)  # NumPy 2.0 alone gives it another shape
    spans = Spans(*np.ascontiguousarray(stretches.T))
    owners = np.arange(len(stretches), dtype=np.int64)
    unite(owners, of_side[:count], of_side[count:])
    join_alike(owners, *spans, ALIKE)
    flatten(owners)
    printing, cluster = _printings(owners, spans)
    while len(joined := _parts(cluster, spans.merged(printing))):
        roots = np.arange(cluster.max() + 1)
        unite(roots, *np.ascontiguousarray(joined.T))
        flatten(roots)
        printing, cluster = _printings(roots[cluster[printing]], spans)
    return _figures(pairs, cluster, spans.merged(printing), printing[of_side].reshape(2, count).T)


class Spans(NamedTuple):
    """Stretches of documents: (n,) int64 each, ends exclusive."""

    document: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def merged(self, printing: NDArray[np.int64]) -> "Spans":
        """Return what the stretches of each printing cover."""
        count = int(printing.max(initial=-1)) + 1
        document, start, end = np.zeros(count, np.int64), np.full(count, _FAR), np.zeros(count, np.int64)
        document[printing] = self.document
        np.minimum.at(start, printing, self.start)
        np.maximum.at(end, printing, self.end)
        return Spans(document, start, end)


def _parts(cluster: NDArray[np.int64], printings: Spans) -> NDArray[np.int64]:
    """Return the pairs of clusters of which the first is part of the second, or a half of it, or the other way round.

    It is if it lies in the second in all of its documents; or if they overlap, by half of the shorter stretch, in most
    documents of the one that has more. So two texts that happen to stand side by side on some pages are no parts of
    what these pages share. And it is if the two have a printing in common, which can be that of one text only.
    """
    order = np.lexsort((printings.end, printings.start, printings.document))
    document, start, end = (column[order] for column in printings)
    held = np.bincount(np.unique(np.column_stack([cluster, printings.document]), axis=0)[:, 0])

    def documents(share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs of clusters, and in how many documents so much of the first lies in the second."""
        inner, outer = inside(document, start, end, share)
        rows = np.column_stack([cluster[order][inner], cluster[order][outer], document[inner]])
        rows = np.unique(rows[rows[:, 0] != rows[:, 1]], axis=0)
        return np.unique(rows[:, :2], axis=0, return_counts=True)

    pairs, counts = documents(WHOLE)
    parts = pairs[counts == held[pairs[:, 0]]]
    pairs, counts = documents(HALF)
    halves = pairs[counts >= MOSTLY * np.maximum(held[pairs[:, 0]], held[pairs[:, 1]])]
    return np.concatenate([parts, halves, _twins(cluster[order], document, start, end)])


def _twins(cluster: NDArray[np.int64], *places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs of clusters that have a printing in common; printings come by their places."""
    same = np.flatnonzero(np.all([place[1:] == place[:-1] for place in places], axis=0))
    return np.column_stack([cluster[same], cluster[same + 1]])


def _printings(owners: NDArray[np.int64], spans: Spans) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the printing that each stretch is part of, and the cluster of each printing.

    Clusters are numbered by their first stretch, stretches go by document and start: so do the clusters.
    """
    _, firsts, group = np.unique(owners, return_index=True, return_inverse=True)
    number = np.empty(len(firsts), np.int64)
    number[np.argsort(firsts)] = np.arange(len(firsts))
    owner = number[group.reshape(-1)]
    order = np.lexsort((spans.start, spans.document, owner))
    owner, document, start, end = (column[order] for column in (owner, *spans))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (owner[1:] != owner[:-1]) | (document[1:] != document[:-1])
    fresh[1:] |= start[1:] >= _reach(end, fresh)[:-1]
    printing = np.empty(len(order), np.int64)
    printing[order] = np.cumsum(fresh) - 1
    return printing, owner[fresh]


def _reach(ends: NDArray[np.int64], fresh: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the highest end so far of each group, a group beginning where `fresh` says."""
    group = np.cumsum(fresh)
    step = int(ends.max(initial=0)) + 1
    return np.asarray(np.maximum.accumulate(ends + group * step) - group * step, np.int64)


def _figures(
    pairs: Pairs,
    cluster: NDArray[np.int64],
    spans: Spans,
    of_pair: NDArray[np.int64],
) -> Printings:
    count = len(cluster)
    similarity, evidence, copied = np.zeros(count), np.full(count, -np.inf), np.zeros(count, np.int64)
    for side in of_pair.T:
        np.maximum.at(similarity, side, pairs["similarity"])
        np.maximum.at(evidence, side, pairs["evidence"])
        np.add.at(copied, side, ~pairs["reworded"])
    held = np.bincount(of_pair.ravel(), minlength=count)
    return Printings(cluster, *spans, held, copied == 0, similarity, evidence, of_pair)

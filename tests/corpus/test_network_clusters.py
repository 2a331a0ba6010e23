"""Which passages are the same text: stretches made by hand, with what a reader would say of them."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.parts import largest
from dedup.corpus.network.roster import Roster
from dedup.corpus.network.tables import names
from dedup.printings.clusters import Printings, cluster
from dedup.printings.pairs import PAIR
from dedup.report.layout import layout

Stretch = tuple[int, int, int]
"""A document, and where a stretch of it begins and ends."""


def clusters(*pairs: tuple[Stretch, Stretch]) -> tuple[Printings, list[list[Stretch]]]:
    """Put passages into clusters; return the printings too, cluster by cluster."""
    rows = [(a[0], b[0], *a[1:], *b[1:], b[2] - b[1], 1.0, 9.0, False) for a, b in pairs]
    found = cluster(np.array(rows, PAIR))
    printings = list(zip(found.document.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
    return found, [[printings[i] for i in np.flatnonzero(found.cluster == n)] for n in range(len(found.firsts))]


def named(found: Printings) -> list[str]:
    """Return the names of clusters of documents that are called `d0`, `d1` and so on."""
    count = int(found.document.max(initial=0)) + 1
    none = np.zeros(count, np.int64)
    ids = tuple(f"d{i}" for i in range(count))
    return list(names(found, Roster(ids, (None,) * count, none, none, none, (), none, none, none)))


def printed(texts: Iterable[tuple[int, int, int, int]]) -> list[tuple[Stretch, Stretch]]:
    """Return the passages that documents share which print parts of one text.

    Args:
        texts: for each document: it, where the part begins in it, and which letters of the text it prints.
    """
    pairs = []
    for (a, a_at, a_first, a_last), (b, b_at, b_first, b_last) in combinations(texts, 2):
        first, last = max(a_first, b_first), min(a_last, b_last)
        if last > first:
            one = (a, a_at + first - a_first, a_at + last - a_first)
            pairs.append((one, (b, b_at + first - b_first, b_at + last - b_first)))
    return pairs


def test_a_text_printed_whole_in_halves_and_shifted_is_one() -> None:
    """Four whole printings, both halves and a middle part are seven printings of one text, each with its extent."""
    whole = [(document, 100 * document, 0, 400) for document in range(4)]
    parts = [(4, 0, 0, 200), (5, 50, 200, 400), (6, 10, 80, 330)]
    _, found = clusters(*printed([*whole, *parts]))
    assert found == [
        [(0, 0, 400), (1, 100, 500), (2, 200, 600), (3, 300, 700), (4, 0, 200), (5, 50, 250), (6, 10, 260)]
    ]


def test_texts_side_by_side_on_some_pages_stay_two() -> None:
    """Two texts that five papers print apart are two, though two others print one right after the other."""
    one = [(document, 0, 0, 300) for document in range(5)] + [(10, 0, 0, 300), (11, 50, 0, 300)]
    other = [(document, 0, 0, 300) for document in range(5, 10)] + [(10, 300, 0, 300), (11, 350, 0, 300)]
    pairs = [pair for pair in printed(one) + printed(other) if (pair[0][0], pair[1][0]) != (10, 11)]
    printings, found = clusters(*pairs, ((10, 0, 600), (11, 50, 650)))
    assert [stretch[0] for stretch in found[0]] == [0, 1, 2, 3, 4, 10, 11]
    assert [stretch[0] for stretch in found[1]] == [5, 6, 7, 8, 9, 10, 11]
    assert found[2] == [(10, 0, 600), (11, 50, 650)]
    assert named(printings) == ["d0:0-300", "d5:0-300", "d10:0-600"]


def test_texts_that_begin_at_one_place_have_names_of_their_own() -> None:
    """What two texts side by side share, both together, begins where the first one does, and is called otherwise."""
    one = [(document, 0, 0, 300) for document in (0, 1, 2, 3, 4)]
    other = [(0, 300, 0, 300), (1, 300, 0, 300), (5, 0, 0, 300), (6, 0, 0, 300), (7, 0, 0, 300)]
    pairs = [pair for pair in printed(one) + printed(other) if (pair[0][0], pair[1][0]) != (0, 1)]
    printings, found = clusters(*pairs, ((0, 0, 600), (1, 0, 600)))
    assert [stretches[0] for stretches in found] == [(0, 0, 300), (0, 0, 600), (0, 300, 600)]
    assert named(printings) == ["d0:0-300", "d0:0-600", "d0:300-600"]


PLACES = st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(1, 12))


@given(st.lists(st.tuples(PLACES, PLACES).filter(lambda two: two[0][0] < two[1][0]), max_size=40))
def test_no_two_clusters_have_one_name(pairs: list[tuple[Stretch, Stretch]]) -> None:
    """There are as many names as clusters, whatever passages share, touch or overlap."""
    found, printings = clusters(*(((a, s, s + n), (b, t, t + m)) for (a, s, n), (b, t, m) in pairs))
    assert len(set(named(found))) == len(printings)


def test_clusters_with_a_printing_in_common_are_one() -> None:
    """A stretch that two texts print is of one text, though one of the two has it from pieces that overlap."""
    pieces = [
        ((0, 0, 60), (1, 0, 60)),
        ((1, 20, 60), (0, 20, 60)),
        ((0, 40, 100), (2, 0, 60)),
        ((1, 0, 60), (2, 0, 60)),
    ]
    whole = [((0, 0, 100), (other, 0, 100)) for other in (3, 4, 5)]
    more = [((1, 0, 60), (other, 0, 60)) for other in (6, 7)]
    _, found = clusters(*pieces, *whole, *more)
    assert [stretches[0] for stretches in found] == [(0, 0, 100)]


def test_ends_that_differ_a_little_are_one_text() -> None:
    """Stretches of one document that overlap by two thirds of the longer are one printing, which covers both."""
    _, found = clusters(((0, 0, 300), (1, 0, 300)), ((0, 30, 330), (2, 0, 300)), ((1, 60, 360), (3, 0, 300)))
    assert found == [[(0, 0, 330), (1, 0, 360), (2, 0, 300), (3, 0, 300)]]


def test_a_text_twice_on_a_page_is_printed_twice() -> None:
    """Two places of a document that share the text of another are two printings in one cluster."""
    found, printings = clusters(((0, 0, 100), (1, 0, 100)), ((0, 0, 100), (1, 500, 600)))
    assert printings == [[(0, 0, 100), (1, 0, 100), (1, 500, 600)]]
    assert found.pairs.tolist() == [2, 1, 1]
    assert found.of_pair.tolist() == [[0, 1], [0, 2]]


def test_clusters_are_numbered_by_their_first_printings() -> None:
    """Clusters go as their first printings do, whatever the order of the pairs."""
    pairs = [((2, 0, 50), (3, 0, 50)), ((0, 80, 140), (3, 100, 160)), ((0, 0, 50), (1, 0, 50))]
    for order in (pairs, pairs[::-1]):
        _, found = clusters(*order)
        assert [one[0] for one in found] == [(0, 0, 50), (0, 80, 140), (2, 0, 50)]


def test_no_pairs_are_no_clusters() -> None:
    """Nothing gives nothing."""
    found, printings = clusters()
    assert (printings, len(found.firsts)) == ([], 0)


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_a_layout_is_always_the_same_and_in_its_frame(count: int) -> None:
    """Nodes lie within the frame, at the same places each time, and those that are linked nearer than others."""
    links = np.array([(i, i + 1) for i in range(0, count - 1, 2)], np.int64).reshape(-1, 2)
    places = layout(count, links)
    assert np.array_equal(places, layout(count, links))
    assert places.shape == (count, 2)
    assert not count or (places.min() >= 0 and places.max() <= 1)
    if count > 2:
        apart = np.linalg.norm(places[:, None] - places[None, :], axis=2)
        assert apart[links[:, 0], links[:, 1]].max() < np.median(apart)


def test_the_largest_parts_are_drawn_first() -> None:
    """Of a part of three and one of two, the three are chosen, then of the two as many as there is room for."""
    a, b = np.array([0, 1, 7], np.int64), np.array([9, 7, 8], np.int64)
    none = np.zeros(3, np.int64)
    edges = Edges(a, b, none, none, none, none.astype(float), none, none > 0)
    place = np.array([0, 1, 7, 8, 9], np.int64)
    nodes = Nodes(place, np.array([1, 1, 2, 1, 1]), *[np.zeros(5, np.int64)] * 4)
    assert largest(edges, nodes, 2).tolist() == [1, 7]
    assert largest(edges, nodes, 4).tolist() == [0, 1, 7, 8]

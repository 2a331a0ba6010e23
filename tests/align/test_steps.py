"""Steps of an alignment one by one, each held to its definition: ends extended, chains cut, neighbours joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.align.extension import DROP, REACH, extend
from dedup.align.lcs import common_tokens
from dedup.align.neighbours import GAP, SWAPPED, join_neighbours
from dedup.align.pair import BAND, Limits, Pair, room_of
from dedup.align.segments import segments_of
from dedup.kernels import Int32s, entry

WORDS = st.lists(st.integers(0, 3), min_size=1, max_size=20)
Row = tuple[int, int, int, int, int]


@entry
def extended(query: Int32s, document: Int32s, taken: Int32s, i: int, j: int, step: int, cost: float) -> Int32s:
    """Let Python call the kernel; `taken` is a place of the query and one of the document, -1 for none."""
    here, there = np.zeros(len(query), np.bool_), np.zeros(len(document), np.bool_)
    if taken[0] >= 0:
        here[taken[0]] = True
    if taken[1] >= 0:
        there[taken[1]] = True
    pair = Pair(query, document, here, there, room_of(200, len(document)), np.zeros(4, np.int64))
    a, b = extend(pair, i, j, step, cost)
    found = np.empty(2, np.int32)
    found[0], found[1] = a, b
    return found


@entry
def cut(query: Int32s, document: Int32s, flat: Int32s, similarity: float) -> Int32s:
    """Let Python call the kernel on the pieces of a chain."""
    free = np.zeros(max(len(query), len(document)), np.bool_)
    pair = Pair(query, document, free, free, room_of(1000, len(document)), np.zeros(4, np.int64))
    return segments_of(pair, flat.reshape(len(flat) // 3, 3), similarity)


@entry
def joined(query: Int32s, document: Int32s, taken: Int32s, flat: Int32s, words: int, similarity: float) -> Int32s:
    """Let Python call the kernel on the passages of a document."""
    here, there = np.zeros(len(query), np.bool_), np.zeros(len(document), np.bool_)
    for place in taken:
        there[place] = True
    pair = Pair(query, document, here, there, room_of(20_000, len(document)), np.zeros(4, np.int64))
    passages = flat.reshape(len(flat) // 6, 6)
    kept = join_neighbours(pair, passages, Limits(words, similarity, 2, 16))
    return passages[:kept].copy()


@entry
def common(query: Int32s, document: Int32s) -> int:
    """Let Python call the kernel."""
    free = np.zeros(0, np.bool_)
    pair = Pair(query, document, free, free, room_of(200, len(document)), np.zeros(4, np.int64))
    return common_tokens(pair, 0, len(query), 0, len(document))


def array(numbers: list[int]) -> Int32s:
    """Return numbers as kernels take them."""
    return np.array(numbers, np.int32)


def best_end(query: list[int], document: list[int], cost: float) -> tuple[int, int]:
    """Return the ends of the best alignment of two texts' beginnings, cell by cell, given up DROP below the best."""
    query, document = query[:REACH], document[:REACH]
    scores = {(0, b): -cost * b for b in range(min(len(document), BAND) + 1)}
    best, end = 0.0, (0, 0)
    for a in range(1, len(query) + 1):
        for b in range(max(0, a - BAND), min(len(document), a + BAND) + 1):
            ways = [scores.get((a - 1, b), -1e9) - cost, scores.get((a, b - 1), -1e9) - cost]
            if b and query[a - 1] == document[b - 1]:
                ways.append(scores.get((a - 1, b - 1), -1e9) + 1)
            scores[a, b] = max(ways)
        row = {b: score for (at, b), score in scores.items() if at == a}
        if not row:
            break
        top = max(row, key=lambda b: (row[b], -b))
        if row[top] > best:
            best, end = row[top], (a, top)
        if row[top] < best - DROP:
            break
    return end


@given(WORDS, WORDS, WORDS, st.sampled_from([0.3, 0.75, 1.6]), st.booleans())
def test_end_is_that_of_the_best_alignment(
    same: list[int], rest: list[int], other: list[int], cost: float, back: bool
) -> None:
    """Forward and backward, the ends are those of the whole table of alignments of what follows."""
    query, document = [*same, *rest], [*same[:5], *other, *same[5:]]
    expected = best_end(query, document, cost)
    nothing = array([-1, -1])
    if back:
        a, b = array(query[::-1]), array(document[::-1])
        found = extended(a, b, nothing, len(a) - 1, len(b) - 1, -1, cost)
    else:
        found = extended(array(query), array(document), nothing, 0, 0, 1, cost)
    assert tuple(found.tolist()) == expected


@pytest.mark.parametrize(("taken", "end"), [([7, -1], 7), ([-1, 4], 4), ([0, -1], 0), ([-1, 0], 0), ([-1, -1], 64)])
def test_end_stops_at_a_token_that_is_taken(taken: list[int], end: int) -> None:
    """What belongs to another passage is not taken again, and no end is longer than its reach."""
    text = array([place % 100 for place in range(80)])
    assert extended(text, text, array(taken), 0, 0, 1, 1.0).tolist() == [end, end]


@pytest.mark.parametrize(("between", "end"), [(4, (24, 20)), (5, (10, 10))])
def test_end_goes_over_as_many_words_as_the_band_holds(between: int, end: tuple[int, int]) -> None:
    """Four words put in are gone over where they cost little, five are not."""
    document = list(range(20))
    query = [*document[:10], *range(50, 50 + between), *document[10:]]
    assert tuple(extended(array(query), array(document), array([-1, -1]), 0, 0, 1, 0.1).tolist()) == end
    assert tuple(extended(array(document), array(query), array([-1, -1]), 0, 0, 1, 0.1).tolist()) == end[::-1]


def maximal(values: list[float], gaps: list[float]) -> list[tuple[int, int]]:
    """Return the maximal scoring stretches by their definition (Ruzzo and Tompa 1999): every part scores less."""
    count = len(values)
    score = {(p, q): sum(values[p:q]) + sum(gaps[p : q - 1]) for p in range(count) for q in range(p + 1, count + 1)}

    def inside(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and other[0] <= one[0] and one[1] <= other[1]

    good = [one for one in score if all(score[part] < score[one] - 1e-9 for part in score if inside(part, one))]
    return sorted(one for one in good if not any(inside(one, other) for other in good))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=9),
    st.sampled_from([0.31, 0.57, 0.83]),
)
def test_chain_is_cut_in_its_maximal_scoring_stretches(drawn: list[tuple[int, int, int]], similarity: float) -> None:
    """The segments are those of the definition; what lies between pieces has no token in common."""
    pieces, across, down = [], 0, 0
    for length, gap_across, gap_down in drawn:
        pieces.append((across, down, length))
        across, down = across + length + gap_across, down + length + gap_down
    query, document = [0] * across, [1] * down
    values = [2 * (1 - similarity) * length for length, _, _ in drawn]
    gaps = [-similarity * (here + there) for _, here, there in drawn[:-1]]
    found = cut(array(query), array(document), array([n for piece in pieces for n in piece]), similarity)
    assert [tuple(row) for row in found.tolist()] == maximal(values, gaps)


def test_words_in_common_in_a_gap_count() -> None:
    """A gap of ten words on either side parts two pieces, unless six of the ten are the same in order."""
    pieces = array([0, 0, 4, 14, 14, 4])
    query = [*range(4), *range(10, 20), *range(4, 8)]
    strange = [*range(4), *range(30, 40), *range(4, 8)]
    alike = [*range(4), *range(10, 16), *range(30, 34), *range(4, 8)]
    assert cut(array(query), array(strange), pieces, 0.6).tolist() == [[0, 1], [1, 2]]
    assert cut(array(query), array(alike), pieces, 0.6).tolist() == [[0, 2]]


def forward(between: int, more: int = 0) -> tuple[list[int], list[int], list[Row]]:
    """Return two texts that share 100 words, others, and 100 words, and the two passages."""
    query = [*range(100), *range(1_000, 1_000 + between), *range(100, 200)]
    document = [*range(100), *([-1] * (between + more)), *range(100, 200)]
    second, there = 100 + between, 100 + between + more
    return query, document, [(0, 100, 0, 100, 100), (second, second + 100, there, there + 100, 100)]


def join(query: list[int], document: list[int], rows: list[Row], similarity: float, *taken: int) -> list[Row]:
    """Return the passages joined, those of twelve words or more."""
    flat = array([number for row in rows for number in (0, *row)])
    found = joined(array(query), array(document), array([*taken]), flat, 12, similarity)
    return [(a, b, c, d, e) for _, a, b, c, d, e in found.tolist()]


def test_neighbours_are_joined_over_a_gap_that_is_not_too_wide() -> None:
    """Over 60 words two passages become one, over 61 on either side, or over a word of another's, they do not."""
    for query, document, rows in (forward(GAP + 1), forward(GAP, 1)):
        assert join(query, document, rows, 0.6) == rows
    query, document, rows = forward(GAP)
    assert join(query, document, rows, 0.6) == [(0, 260, 0, 260, 200)]
    assert join(query, document, rows[::-1], 0.6) == [(0, 260, 0, 260, 200)]
    assert join(query, document, rows, 0.6, 130) == rows
    assert join(query, document, rows, 200 / 260) == [(0, 260, 0, 260, 200)]
    assert join(query, document, rows, 200 / 260 + 1e-6) == rows


def test_short_passages_are_dropped_after_joining() -> None:
    """Two passages of six words become one of twelve; one of eleven alone, whatever was counted before, goes."""
    text = [*range(6), *range(50, 53), *range(6, 12)]
    other = [*range(6), *([-1] * 3), *range(6, 12)]
    assert join(text, other, [(0, 6, 0, 6, 6), (9, 15, 9, 15, 6)], 0.6) == [(0, 15, 0, 15, 12)]
    assert join([*range(11)], [*range(11)], [(0, 11, 0, 11, 12)], 0.6) == []
    assert join([*range(12)], [*range(12)], [(0, 12, 0, 12, 1)], 0.6) == [(0, 12, 0, 12, 12)]
    assert join([], [], [], 0.6) == []


@pytest.mark.parametrize(("length", "one"), [(SWAPPED, True), (SWAPPED + 1, False)])
def test_swapped_passages_are_joined_in_small_places(length: int, one: bool) -> None:
    """A short passage that changed places with its neighbours becomes one with them within 512 words, not beyond."""
    rest = length - 11
    query = [*range(11), *range(100, 100 + rest)]
    document = [*range(100, 100 + rest), *range(11)]
    rows: list[Row] = [(0, 11, rest, length, 11), (11, length, 0, rest, rest)]
    whole = [(0, length, 0, length, rest)]
    assert join(query, document, rows, 0.5) == (whole if one else rows[1:])
    assert join(query, document, rows, 0.51) == rows[1:]


@pytest.mark.parametrize("length", [63, 64, 65, 128, 129])
def test_common_tokens_are_counted_beyond_a_machine_word(length: int) -> None:
    """Every second of so many tokens is common, between others that differ at both ends."""
    query = [place if place % 2 else 150 for place in range(length)]
    document = [place if place % 2 else 160 for place in range(length)]
    assert common(array(query), array(document)) == length // 2
    assert common(array(query), array(query[:40])) == 40
    assert common(array(query), array([])) == 0

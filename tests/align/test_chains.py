"""Runs and chains of them are those of a naive model: every diagonal walked, every predecessor tried."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedup.align.chains import GAP_COST, LOOK_BACK, SHIFT_COST, chain_runs
from dedup.align.pair import Limits, Pair, room_of
from dedup.align.runs import find_runs, seeds_of
from dedup.kernels import Float64s, Int32s, entry

WORDS, GAP = 12, 16
Run = tuple[int, int, int]


@entry
def runs_of(query: Int32s, documents: Int32s, cut: int, seed: int) -> Int32s:
    """Let Python call the kernel on two documents, one after the other, as an alignment does; return the last's."""
    taken, base = np.zeros(0, np.bool_), 0
    seeds = seeds_of(query, seed)
    ends, crossings = np.zeros(len(query) + len(documents) + 1, np.int32), np.zeros(len(documents), np.int32)
    work, room = np.zeros(4, np.int64), room_of(0, 0)
    first = Pair(query, documents[:cut], taken, taken, room, work)
    find_runs(first, seeds, seed, ends, crossings[:cut], base)
    second = Pair(query, documents[cut:], taken, taken, room, work)
    return find_runs(second, seeds, seed, ends, crossings[cut:], cut)


@entry
def scores_of(flat: Int32s, words: int) -> Float64s:
    """Let Python call the kernel; return score, place of the run before, and tokens to skip of each run."""
    runs = flat.reshape(len(flat) // 3, 3)
    none, taken = np.zeros(0, np.int32), np.zeros(0, np.bool_)
    pair = Pair(none, none, taken, taken, room_of(0, 0), np.zeros(4, np.int64))
    scores, previous, skips = chain_runs(pair, runs, Limits(words, 0.6, 2, 16))
    found = np.empty((3, len(runs)))
    for r in range(len(runs)):
        found[0, r], found[1, r], found[2, r] = scores[r], previous[r], skips[r]
    return found


def maximal(query: list[int], document: list[int], least: int) -> list[Run]:
    """Return all stretches of so many equal tokens, or more, that cannot be made longer."""
    found = list[Run]()
    for shift in range(-len(query), len(document)):
        length = 0
        for i in range(len(query) + 1):
            inside = i < len(query) and 0 <= i + shift < len(document)
            if inside and query[i] == document[i + shift]:
                length += 1
                continue
            if length >= least:
                found.append((i - length, i + shift - length, length))
            length = 0
    return found


@given(st.lists(st.integers(0, 30), max_size=40), st.sampled_from([2, 3, 4, 7]), st.data())
def test_runs_are_all_maximal_stretches(query: list[int], seed: int, data: st.DataObject) -> None:
    """Each maximal stretch of two texts is found once, in order of the document, whatever document came before."""
    copied = [
        query[start : start + 9] for start in data.draw(st.lists(st.integers(0, max(0, len(query) - 1)), max_size=4))
    ]
    strange = data.draw(st.lists(st.integers(0, 45), max_size=12))
    document, before = [*strange, *(one for part in copied for one in part)], data.draw(st.lists(st.integers(0, 30)))
    numbers = {token: place for place, token in enumerate(dict.fromkeys(query))}
    numbered = [numbers.get(token, -1) for token in [*before, *document]]
    found = runs_of(
        np.array([numbers[one] for one in query], np.int32), np.array(numbered, np.int32), len(before), seed
    )
    rows = [(int(a), int(b), int(c)) for a, b, c in found]
    expected = maximal(query, document, seed)
    if max((query.count(one) for one in query), default=0) <= 16 and not crowded(expected):
        assert sorted(rows) == sorted(expected)
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)


@given(st.lists(st.integers(0, 39), max_size=6), st.lists(st.integers(0, 3), max_size=12))
def test_a_frequent_seed_is_looked_for_with_the_next(copied: list[int], between: list[int]) -> None:
    """Of a pair that the query has 40 times no run begins, but runs that hold a pair of fewer places are whole."""
    query = [token for place in range(40) for token in (0, 1, 2 + place)]
    document = [0, 1, -1, *between, -1, *(token for place in copied for token in query[3 * place : 3 * place + 6])]
    found = runs_of(np.array(query, np.int32), np.array(document, np.int32), 0, 2).tolist()
    expected = [run for run in maximal(query, document, 2) if any(query[run[0] + i] > 1 for i in range(run[2]))]
    assert [0, 0, 2] not in found
    if not crowded(expected):
        assert sorted(map(tuple, found)) == sorted(expected)


def test_seeds_whose_keys_are_equal_by_chance_are_no_runs() -> None:
    """Of more than 65,536 tokens two seeds of four may have one key: that of 5 to 8, whichever token is not theirs."""
    query = np.arange(70_000, dtype=np.int32)
    for seed in ([5, 6, 6, 8 + (1 << 16)], [5 + (1 << 16), 6, 7, 8]):
        assert len(runs_of(query, np.array(seed, np.int32), 0, 4)) == 0
    assert runs_of(query, np.arange(5, 9, dtype=np.int32), 0, 4).tolist() == [[5, 0, 4]]


def crowded(runs: list[Run]) -> bool:
    """Whether more runs cross a place of the document than are followed."""
    return any(sum(start <= place < start + length for _, start, length in runs) > 16 for _, place, _ in runs)


def value(score: float, before: Run, run: Run) -> tuple[float, int] | None:
    """Return what a chain scores that goes from one run on to another, and the tokens to skip; None if it may not."""
    if run[0] <= before[0] or run[1] <= before[1]:
        return None
    ends = before[0] + before[2], before[1] + before[2]
    if max(run[0] - ends[0], run[1] - ends[1]) > min(GAP, WORDS - 1):
        return None
    skip = max(0, ends[0] - run[0], ends[1] - run[1])
    if skip >= run[2]:
        return None
    gaps = run[0] + skip - ends[0], run[1] + skip - ends[1]
    return score + run[2] - skip - GAP_COST * min(gaps) - SHIFT_COST * abs(gaps[0] - gaps[1]), skip


RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(2, 12)), min_size=1, max_size=70)


@given(RUNS)
@example([(0, 0, 10), (10, 10, 2), (10, 12, 10)])  # two that begin at one word of the query are no chain
def test_chains_score_as_the_definition_says(drawn: list[Run]) -> None:
    """The best chain that ends in each run has the score of the definition, and its run before leads to that score."""
    runs = sorted(drawn, key=lambda run: run[1])
    scores, previous, skips = scores_of(np.array(runs, np.int32).ravel(), WORDS).tolist()
    best = list[float]()
    for r, run in enumerate(runs):
        chains = [value(best[p], runs[p], run) for p in range(max(0, r - LOOK_BACK), r)]
        best.append(max([float(run[2]), *(chain[0] for chain in chains if chain)]))
        assert scores[r] == pytest.approx(best[r])
        if previous[r] >= 0:
            chain = value(best[int(previous[r])], runs[int(previous[r])], run)
            assert chain is not None
            assert chain[0] == pytest.approx(best[r])
            assert chain[1] == skips[r]

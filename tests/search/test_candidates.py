"""Candidates: rarest first within a budget, greedily so that every bucket is covered, held to a naive model."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.search.candidates import BUDGET, rank
from dedup.stores.base import Postings


def postings(lists: list[list[int]], counts: list[int] | None = None) -> Postings:
    """Return the postings of buckets that list these chunk numbers."""
    sizes = [len(one) for one in lists]
    return Postings(
        np.array(counts or sizes, np.uint32),
        np.cumsum([0, *sizes]).astype(np.int64),
        np.array([number for one in lists for number in one], np.uint32),
    )


def gains(lists: list[list[int]], total: int, chosen: list[int]) -> dict[int, float]:
    """Return what each chunk that is left would gain, worked out anew."""
    taken = [sum(number in one for number in chosen) for one in lists]
    left = {number for one in lists for number in one} - set(chosen)
    return {
        n: sum(math.log1p(total / len(one)) / (1 + taken[b]) for b, one in enumerate(lists) if n in one) for n in left
    }


@given(
    st.lists(st.lists(st.integers(0, 20), max_size=8, unique=True).map(sorted), max_size=12),
    st.integers(1, 100),
    st.integers(1, 15),
)
def test_equals_the_naive_greedy_choice(lists: list[list[int]], total: int, most: int) -> None:
    """Each chunk that the lazy choice takes has the greatest gain of all that are left, worked out anew each time."""
    numbers, cut = rank(postings(lists), total, most)
    chosen = numbers.tolist()
    assert not cut.any()
    assert len(chosen) == len(set(chosen)) == min(most, len({number for one in lists for number in one}))
    for place, number in enumerate(chosen):
        left = gains(lists, total, chosen[:place])
        assert np.isclose(left[number], max(left.values()))


def test_after_many_choices_the_rest_come_by_gain() -> None:
    """Of 600 chunks the first 256 are chosen greedily, the others by what each gains beside those."""
    lists = [list(range(0, 600, step)) for step in (1, 2, 3, 5, 7)]
    chosen, _ = rank(postings(lists), 600, 600, 10_000)
    order = chosen.tolist()
    left = gains(lists, 600, order[:256])
    assert order[256:] == sorted(left, key=lambda n: (-round(left[n], 9), n))
    assert sorted(order) == list(range(600))


def test_a_rare_bucket_beats_several_common_ones() -> None:
    """One window that two documents have outweighs a boilerplate line that hundreds have."""
    boilerplate = list(range(300))
    numbers, _ = rank(postings([boilerplate, boilerplate, [7, 500]]), 20_000, 3)
    assert numbers[0] == 7
    assert 500 in numbers


def test_a_tie_goes_to_the_lowest_number() -> None:
    """Of chunks that share buckets of equal rarity the lowest numbers are taken, in whatever order they are listed."""
    assert rank(postings([[9], [3], [7], [5]]), 100, 3)[0].tolist() == [3, 5, 7]
    assert rank(postings([[4, 8], [2, 6]]), 100, 4)[0].tolist() == [2, 4, 6, 8]


def test_copies_leave_room_for_another_source() -> None:
    """Sixty copies of one passage do not push out the only source of another."""
    numbers, _ = rank(postings([list(range(60))] * 10 + [[999]] * 3), 20_000, 5)
    assert 999 in numbers


def test_the_budget_goes_to_the_rarest() -> None:
    """Beyond the budget the most frequent buckets are not read, and are told as cut."""
    lists = [list(range(64))] * 100 + [[1000 + i] for i in range(20)]
    numbers, cut = rank(postings(lists), 1000, 200)
    assert set(range(1000, 1020)) <= set(numbers.tolist())
    assert cut.sum() == 100 - (max(BUDGET * 120, 4096) - 20) // 64
    assert not cut[100:].any()


def test_a_truncated_bucket_is_told_as_cut() -> None:
    """A bucket that lists fewer chunks than it counts was not read to its end."""
    _, cut = rank(postings([[1, 2], [3]], [2, 300]), 1000, 5)
    assert cut.tolist() == [False, True]


def test_nothing_found_is_no_candidate() -> None:
    """Empty buckets, or none, give no candidates."""
    assert rank(postings([[], []]), 10, 5)[0].tolist() == []
    assert rank(postings([]), 10, 5)[0].tolist() == []


def test_the_budget_is_used_to_its_end() -> None:
    """Two buckets of 32 chunks are just within the budget of 32 a bucket; of 32 and 33 the longer one is cut."""
    whole, cut = rank(postings([list(range(32)), list(range(100, 132))]), 1000, 200, budget=1)
    assert (len(whole), cut.tolist()) == (64, [False, False])
    whole, cut = rank(postings([list(range(33)), list(range(100, 132))]), 1000, 200, budget=64)
    assert (sorted(whole.tolist()), cut.tolist()) == (list(range(100, 132)), [True, False])
    whole, cut = rank(postings([list(range(33)), list(range(100, 132))]), 1000, 200, budget=65)
    assert (len(whole), cut.tolist()) == (65, [False, False])

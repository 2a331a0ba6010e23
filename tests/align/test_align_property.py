"""What holds for the passages of any texts whatever."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from dedup.align import align, align_loosely, overlaps

FEW_WORDS = st.lists(st.integers(0, 6), max_size=120)
SIMILARITIES = st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0])


def found_in(
    query: list[int], documents: list[list[int]], min_words: int = 12, min_similarity: float = 0.6
) -> list[list[int]]:
    """Align lists of small numbers taken for hashes; return rows (document, places …, matched)."""
    flat = np.array([word for document in documents for word in document], np.uint64)
    offsets = np.cumsum([0, *map(len, documents)])
    found = align(np.array(query, np.uint64), flat, offsets, min_words=min_words, min_similarity=min_similarity)
    columns = (found.document, found.query_start, found.query_end, found.document_start, found.document_end)
    rows: list[list[int]] = np.column_stack([*columns, found.matched]).tolist()
    return rows


@settings(max_examples=200, deadline=None)
@given(FEW_WORDS, FEW_WORDS, FEW_WORDS, FEW_WORDS, st.integers(12, 40))
def test_planted_run_is_found_whole(
    before: list[int], after: list[int], left: list[int], right: list[int], length: int
) -> None:
    """A run of at least twelve distinct words, whatever stands around it, lies whole within one passage."""
    run = list(range(100, 100 + length))
    start, place = len(before), len(left)
    assert any(
        i <= start and start + length <= j and k <= place and place + length <= m
        for _, i, j, k, m, _ in found_in([*before, *run, *after], [[*left, *run, *right]])
    )


@settings(max_examples=200, deadline=None)
@given(FEW_WORDS, st.lists(FEW_WORDS, max_size=4), st.integers(1, 15), SIMILARITIES)
def test_passages_lie_in_bounds_and_reach_the_limits(
    query: list[int], documents: list[list[int]], min_words: int, min_similarity: float
) -> None:
    """Places lie in the texts, `matched` is rapidfuzz's longest common subsequence, and both limits are reached."""
    for n, i, j, k, m, matched in found_in(query, documents, min_words, min_similarity):
        assert 0 <= i < j <= len(query)
        assert 0 <= k < m <= len(documents[n])
        assert matched == LCSseq.similarity(query[i:j], documents[n][k:m])
        assert matched >= min_words
        assert 2 * matched >= min_similarity * (j - i + m - k) - 1e-9


def edited_copies(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Return two texts of the same pieces, each with words left out and others put between."""
    one, other = list[int](), list[int]()
    for _ in range(4):
        piece = rng.integers(0, int(rng.choice([4, 8, 15, 10**6])), 8).tolist()
        for text in (one, other):
            text.extend(word for word in piece if rng.random() > 0.15)
            text.extend(rng.integers(0, int(rng.choice([8, 10**6])), rng.integers(0, 20)).tolist())
    return one, other


@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]))
def test_loose_copies_are_counted_exactly(seed: int, min_words: int, min_similarity: float) -> None:
    """Where neighbouring passages of edited copies become one, `matched` is still rapidfuzz's figure."""
    query, document = edited_copies(np.random.default_rng(seed))
    for _, i, j, k, m, matched in found_in(query, [document], min_words, min_similarity):
        assert matched == LCSseq.similarity(query[i:j], document[k:m])


@settings(max_examples=1_000, deadline=None)
@given(FEW_WORDS, st.lists(FEW_WORDS, max_size=4), st.integers(1, 15), SIMILARITIES)
def test_passages_are_disjoint_and_in_order(
    query: list[int], documents: list[list[int]], min_words: int, min_similarity: float
) -> None:
    """No token of either text belongs to two passages of one document; rows go by document, then by query place."""
    rows = found_in(query, documents, min_words, min_similarity)
    assert rows == sorted(rows)
    for n in range(len(documents)):
        assert are_apart([row for row in rows if row[0] == n])


def are_apart(rows: list[list[int]]) -> bool:
    """Say whether the passages of one document (document, places …, matched) have no token in common."""
    for start, end in ((1, 2), (3, 4)):
        places = [place for row in rows for place in range(row[start], row[end])]
        if len(places) != len(set(places)):
            return False
    return True


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 8, 20, 60]))
def test_loose_and_strict_passages_are_disjoint(seed: int, vocabulary: int) -> None:
    """Nor do a loose passage and a strict one of another place of the query meet in the document."""
    rng = np.random.default_rng(seed)
    query, document = (rng.integers(0, vocabulary, rng.integers(1, 90)).tolist() for _ in range(2))
    at, begin = rng.integers(0, len(document) + 1), rng.integers(0, len(query))
    document = query[: rng.integers(0, 30)] + document[:at] + query[begin : begin + 40] + document[at:]
    arrays = np.array(query, np.uint64), np.array(document, np.uint64), np.array([0, len(document)])
    found, _ = align_loosely(*arrays, strict=(12, 0.6), loose=(6, 0.3))
    columns = (found.document, found.query_start, found.query_end, found.document_start, found.document_end)
    assert are_apart(np.column_stack(columns).tolist())


@settings(max_examples=100, deadline=None)
@given(FEW_WORDS, FEW_WORDS)
def test_overlaps_are_symmetric_sets(one: list[int], other: list[int]) -> None:
    """The sizes are those of Python's sets, and the same either way round."""
    a, b = np.array(one, np.uint64), np.array(other, np.uint64)
    forth = overlaps(a, b, np.array([0, len(b)]))[0].tolist()
    back = overlaps(b, a, np.array([0, len(a)]))[0].tolist()
    assert forth == [len(set(one)), len(set(other)), len(set(one) & set(other))]
    assert back == [forth[1], forth[0], forth[2]]

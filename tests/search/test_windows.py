"""What windows prove: a text that shares a run of min_words may match, however its buckets are spread over chunks."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.scheme import Scheme
from dedup.search.question import Question
from dedup.search.windows import SEAM, Windows
from dedup.sketching.sketches import sketch_tokens
from dedup.sketching.tokens import tokenize
from dedup.stores.base import Postings

TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=30)  # so few words that windows repeat
SCHEMES = [Scheme(), Scheme(k=5, w=8), Scheme(k=2, w=3), Scheme(k=3, w=1), Scheme(unit="character", k=3, w=4)]


def likely(
    query: list[str], documents: list[tuple[int, list[str]]], scheme: Scheme, min_words: int, spread: int
) -> int:
    """Return how many chunks may match, of documents whose windows are dealt out to `spread` chunks; bands are not."""
    tokens = tokenize([" ".join(query)], scheme.unit)
    sketched = sketch_tokens(tokens, scheme)
    asked = sketched.buckets.tolist()
    lists: dict[int, list[int]] = {bucket: [] for bucket in asked}
    for number, document in documents:
        other = sketch_tokens(tokenize([" ".join(document)], scheme.unit), scheme).buckets[scheme.bands :].tolist()
        for place, bucket in enumerate(other):
            if bucket in lists:
                lists[bucket].append(number + place % spread)
    numbers = [number for bucket in asked for number in sorted(lists[bucket])]
    sizes = [len(lists[bucket]) for bucket in asked]
    postings = Postings(
        np.array(sizes, np.uint32), np.cumsum([0, *sizes], dtype=np.int64), np.array(numbers, np.uint32), 20
    )
    order, count = Windows(tokens, sketched, scheme).order(postings, 20, Question(min_words=min_words))
    assert sorted(order.tolist()) == sorted(set(numbers))
    return count


@given(
    *(TEXTS for _ in range(4)),
    st.lists(st.sampled_from("abcdefgh"), min_size=12, max_size=20),
    st.sampled_from(SCHEMES),
    st.integers(1, SEAM),
)
def test_a_run_of_min_words_is_never_ruled_out(
    before: list[str], after: list[str], left: list[str], right: list[str], run: list[str], scheme: Scheme, spread: int
) -> None:
    """Whatever stands around it, a document that shares a run of 12 words is among those that may match."""
    assert likely([*before, *run, *after], [(100, [*left, *run, *right])], scheme, 12, spread)


@pytest.mark.parametrize(("shared", "may"), [(4, False), (5, False), (12, True), (30, True)])
def test_a_shorter_run_rules_a_document_out(shared: int, may: bool) -> None:
    """Fewer words in common than a passage needs, and no band: the document need not be read."""
    rng = random.Random(3)  # noqa: S311 - reproducible

    def own(count: int) -> list[str]:
        return [f"w{rng.randrange(10**9)}" for _ in range(count)]

    run = own(shared)
    document = [*own(60), *run, *own(60)]
    assert bool(likely([*own(60), *run, *own(60)], [(3, document)], Scheme(), 12, 1)) == may


def test_half_of_a_short_query_may_match() -> None:
    """A query of nine words is half in a document that has seven of them, too few for a passage."""
    query = [f"word{place}" for place in range(9)]
    assert likely(query, [(3, [*query[:7], *(f"other{place}" for place in range(60))])], Scheme(), 12, 1)


def test_scattered_runs_count_together_only_where_a_passage_could_hold_them() -> None:
    """Two runs of five words may be one passage of 12 words if 5 words are between them, and not if 40 are."""

    def may(name: int, gap: int) -> bool:
        runs = [[f"r{name}x{run}w{place}" for place in range(5)] for run in range(2)]
        rest = [f"q{place}" for place in range(200)]
        query = [*rest[:100], *runs[0], *rest[100 : 100 + gap], *runs[1], *rest[150:]]
        document = [*runs[0], *(f"d{place}" for place in range(60)), *runs[1]]
        return bool(likely(query, [(3, document)], Scheme(), 12, 1))

    assert sum(may(name, 5) for name in range(40)) > 5  # the others' windows have their minima elsewhere
    assert not any(may(name, 40) for name in range(40))

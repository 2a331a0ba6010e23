"""What windows prove: a text that shares a run of min_words may match, however its buckets are spread over chunks."""

import math
import random
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive import shingles

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


@dataclass
class Asked:
    """A query by the naive model: the minimum of each window in order, and how many words and shingles one covers."""

    words: list[str]
    scheme: Scheme

    def __post_init__(self) -> None:
        """Work out the windows' minima."""
        self.tokens = tokenize([" ".join(self.words)])
        self.sketched = sketch_tokens(self.tokens, self.scheme)
        self.hashes = shingles([int(token) for token in self.tokens.hashes], self.scheme.k)
        self.in_window = min(self.scheme.w, len(self.hashes))
        self.covers = self.in_window + self.scheme.k - 1
        places = range(len(self.hashes) - self.in_window + 1)
        self.minima = [min(self.hashes[place : place + self.in_window]) for place in places]
        self.asked = self.sketched.buckets[self.scheme.bands :].tolist()

    def may(self, held: set[int], words: int, similarity: float) -> bool:
        """Return whether the windows held cover the words of a passage within its stretch, or half of the shingles."""
        places = [place for place, least in enumerate(self.minima) if least in held]
        for last in places:
            near = [place for place in places if last - words * (2 / similarity - 1) <= place <= last]
            if len({place + n for place in near for n in range(self.covers)}) >= words:
                return True
        return 2 * len({place + n for place in places for n in range(self.in_window)}) >= len(self.hashes)


@st.composite
def held_by_chunks(draw: st.DrawFn) -> tuple[Asked, dict[int, set[int]]]:
    """Return a query, and which of its minima each of some chunks has."""
    scheme = draw(st.sampled_from([Scheme(), Scheme(k=2, w=3), Scheme(k=3, w=1)]))
    words = draw(st.lists(st.sampled_from([f"w{n}" for n in range(12)]), min_size=scheme.k, max_size=60))
    asked = Asked(words, scheme)
    numbers = draw(st.lists(st.integers(0, 60), min_size=1, max_size=6, unique=True))
    return asked, {n: set(draw(st.lists(st.sampled_from(asked.minima), min_size=1, max_size=9))) for n in numbers}


@given(held_by_chunks(), st.integers(1, 20), st.sampled_from([0.3, 0.6, 1.0]))
def test_what_may_match_is_what_the_definition_says(
    drawn: tuple[Asked, dict[int, set[int]]], words: int, similarity: float
) -> None:
    """A chunk may match by its own windows or with those of the next seven numbers; rarer buckets come first."""
    asked, held = drawn
    lists = [sorted(n for n, minima in held.items() if least in minima) for least in asked.asked]
    sizes = [0] * asked.scheme.bands + [len(one) for one in lists]
    numbers = np.array([n for one in lists for n in one], np.uint32)
    postings = Postings(np.array(sizes, np.uint32), np.cumsum([0, *sizes], dtype=np.int64), numbers, 90)
    question = Question(min_words=words, min_similarity=similarity)
    order, count = Windows(asked.tokens, asked.sketched, asked.scheme).order(postings, 90, question)
    may = set()
    for number, own in held.items():
        together = set().union(*(other for near, other in held.items() if number <= near < number + SEAM))
        if asked.may(own, words, similarity) or asked.may(together, words, similarity):
            may.add(number)
    assert set(order[:count].tolist()) == may
    assert set(order[count:].tolist()) == set(held) - may
    gains = {n: sum(math.log1p(90 / len(one)) for one in lists if n in one) for n in held}
    for part in (order[:count].tolist(), order[count:].tolist()):
        assert all(gains[a] >= gains[b] - 1e-9 for a, b in pairwise(part))


def test_a_band_may_match_whatever_it_covers() -> None:
    """A chunk that shares one band and no window may match."""
    asked = Asked([f"w{n}" for n in range(40)], Scheme())
    sizes = [1 if place in {0, 5, asked.scheme.bands} else 0 for place in range(len(asked.sketched.buckets))]
    numbers = np.array([100, 200, 300], np.uint32)
    postings = Postings(np.array(sizes, np.uint32), np.cumsum([0, *sizes], dtype=np.int64), numbers, 9)
    order, count = Windows(asked.tokens, asked.sketched, asked.scheme).order(postings, 9, Question())
    assert (order.tolist(), count) == ([100, 200, 300], 2)


@given(held_by_chunks(), st.integers(1, 30), st.booleans(), st.data())
def test_hidden_is_a_stretch_whose_windows_were_all_cut(
    drawn: tuple[Asked, dict[int, set[int]]], words: int, band: bool, data: st.DataObject
) -> None:
    """A match may be hidden by a band, or where all windows of so many words, or of half of the shingles, were cut."""
    asked, _ = drawn
    gone = data.draw(st.sets(st.sampled_from(asked.minima)))
    cut = np.array([*([False] * asked.scheme.bands), *(least in gone for least in asked.asked)])
    cut[asked.scheme.bands - 1] = band
    half = (len(asked.hashes) + 1) // 2
    run = max(1, min(words - asked.covers, half - asked.in_window) + 1)
    flags = [least in gone for least in asked.minima]
    expected = band or any(all(flags[at : at + run]) for at in range(len(flags) - run + 1))
    assert Windows(asked.tokens, asked.sketched, asked.scheme).hide(cut, words) is expected


@pytest.mark.parametrize(("second", "likely"), [(107, 1), (108, 0), (93, 1)])
def test_a_run_may_go_on_in_the_seventh_chunk_after(second: int, likely: int) -> None:
    """Two chunks that have half of a run's windows each may match together if their numbers are near."""
    asked = Asked([f"w{n}" for n in range(60)], Scheme())
    there = list(dict.fromkeys(asked.minima[10:22]))
    half = len(there) // 2
    held = {100: set(there[:half]), second: set(there[half:])}
    words = next(n for n in range(60, 0, -1) if asked.may(set(there), n, 1.0))
    assert not any(asked.may(own, words, 1.0) for own in held.values())
    lists = [sorted(n for n, minima in held.items() if least in minima) for least in asked.asked]
    sizes = [0] * asked.scheme.bands + [len(one) for one in lists]
    numbers = np.array([n for one in lists for n in one], np.uint32)
    postings = Postings(np.array(sizes, np.uint32), np.cumsum([0, *sizes], dtype=np.int64), numbers, 9)
    question = Question(min_words=words, min_similarity=1.0)
    assert Windows(asked.tokens, asked.sketched, asked.scheme).order(postings, 9, question)[1] == likely

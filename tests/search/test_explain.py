"""Why a document is in an answer or not, and why two texts match."""

import numpy as np
import pytest
from naive import buckets, figures, minima, shingles

import dedup
from dedup.engine import explain
from dedup.scheme import Scheme
from dedup.search.explain import Candidate
from dedup.search.question import Question
from dedup.sketching.tokens import tokenize


def words(prefix: str, count: int) -> str:
    """Return so many distinct words."""
    return " ".join(f"{prefix}word{i}" for i in range(count))


def hashes(text: str) -> list[int]:
    """Return a text's shingle hashes by the naive model."""
    return shingles([int(token) for token in tokenize([text]).hashes], 4)


QUERY = f"{words('head', 30)} {words('run', 20)}"
DOCUMENTS = {
    "best": QUERY,
    "next": f"{words('x', 40)} {words('run', 20)}",
    "unlike": f"{words('y', 40)} {' '.join(words('run', 20).split()[:9])} {words('z', 40)}",
    "refused": QUERY,
    "stranger": words("s", 40),
}


@pytest.fixture(scope="module")
def considered() -> dict[str, Candidate]:
    """What was considered for a query with a filter and a limit of one."""
    question = Question(limit=1, filter={"wanted": True})
    with dedup.open("memory:") as index:
        index.put([dedup.Document(name, text, {"wanted": name != "refused"}) for name, text in DOCUMENTS.items()])
        return {one.id: one for one in index.explain(index.look_up(QUERY, None, question))}


def test_each_candidate_tells_why_it_is_not_in_the_answer(considered: dict[str, Candidate]) -> None:
    """Refused by the filter, not alike, beyond the limit, or in the answer; what shares no bucket was no candidate."""
    reasons = {name: one.rejected for name, one in considered.items()}
    assert reasons == {"best": None, "next": "limit", "unlike": "not_alike", "refused": "filter"}


def test_figures_of_a_candidate_are_exact(considered: dict[str, Candidate]) -> None:
    """What was read has its exact figures, in the answer or not; what the filter refused has none."""
    assert (considered["refused"].figures, considered["refused"].estimate) == (None, None)
    for name in ("best", "next", "unlike"):
        match = considered[name].figures
        assert match is not None
        both = match.containment
        expected = figures(QUERY, DOCUMENTS[name])
        assert (match.jaccard, both.query_in_document, both.document_in_query) == pytest.approx(expected)
    assert considered["best"].estimate == 1.0


def test_shared_buckets_are_those_of_the_naive_model(considered: dict[str, Candidate]) -> None:
    """A candidate is told the bands and the window minima that it shares with the query, the latter by their place."""
    scheme, own = Scheme(), hashes(QUERY)
    for name, one in considered.items():
        theirs = hashes(DOCUMENTS[name])
        windows = [own.index(least) for least in minima(own, 4) if least in minima(theirs, 4)]
        assert (list(one.shared.windows), one.shared.window_count) == (windows, len(windows))
        pairs = zip(buckets(own, scheme), buckets(theirs, scheme), strict=False)
        bands = np.flatnonzero([here == there for here, there in list(pairs)[: scheme.bands]])
        assert list(one.shared.bands) == bands.tolist()


@pytest.mark.parametrize(
    ("a", "b", "estimate"),
    [(words("a", 30), words("a", 30), 1.0), (words("a", 30), words("b", 30), 0.0), ("", "", 0.0), ("", "a", 0.0)],
)
def test_likeness_is_estimated_by_signatures(a: str, b: str, estimate: float) -> None:
    """The same text is estimated as wholly alike, strangers and texts without words as not at all."""
    assert explain(a, b).estimate == pytest.approx(estimate, abs=0.05)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (words("a", 3), words("a", 30), "too_short_a"),
        (words("a", 30), words("a", 3), "too_short_b"),
        (words("a", Scheme().k), words("a", 3), "too_short_b"),
        ("", "", "too_short_a"),
        (words("a", 30), f"{words('b', 30)} {words('a', 30)}", "passage"),
        (words("a", 8), f"{words('a', 8)} {words('b', 2)}", "alike"),
        (words("a", 30), f"{' '.join(words('a', 30).split()[:8])} {words('b', 30)}", "below_threshold"),
        (words("a", 30), words("b", 30), "no_shared_bucket"),
    ],
)
def test_two_texts_match_for_a_reason(a: str, b: str, reason: str) -> None:
    """A pair of texts is a match for its passage or its likeness, or the first thing that it lacks is named."""
    found = explain(a, b)
    assert (found.reason, found.words) == (reason, (len(a.split()), len(b.split())))
    assert found.match.jaccard == pytest.approx(figures(a, b)[0])

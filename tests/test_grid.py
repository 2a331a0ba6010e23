"""Planted passages are found where they were planted: the synthetic grid, small."""

import random
from collections.abc import Iterator

import pytest

import dedup
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.cases import Case, case_of, measure
from benchmarks.texts.planting import Planter
from dedup import Document, Index, Span

DOCUMENTS = 400
TRIALS = 8


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Generated articles, which need no data: the sources, then the hosts."""
    return articles(DOCUMENTS + 40, data=None)


@pytest.fixture(scope="module")
def index(texts: list[str]) -> Iterator[Index]:
    """An index of the sources."""
    with dedup.open("memory:") as index:
        index.put(Document(str(place), text) for place, text in enumerate(texts[:DOCUMENTS]))
        yield index


@pytest.fixture
def planter(texts: list[str]) -> Planter:
    """A planter that does the same in every run."""
    return Planter(texts[:DOCUMENTS], texts[DOCUMENTS:], unigrams(texts), random.Random(7))  # noqa: S311 - reproducible, not secret


@pytest.mark.parametrize("length", [25, 40, 80])
@pytest.mark.parametrize("rate", [0, 0.05, 0.1])
def test_a_lightly_edited_passage_is_found_where_it_lies(
    index: Index, planter: Planter, length: int, rate: float
) -> None:
    """A passage of 25 words or more, at most a tenth of them edited, is found in both texts."""
    for planted in [planter.plant(length, rate) for _ in range(TRIALS)]:
        assert planted.hits(index.resemble(planted.text)), planted.text[planted.place.start : planted.place.end]


def test_a_short_verbatim_passage_is_found_whole(index: Index, planter: Planter) -> None:
    """Fifteen words copied as they are, white space apart, are found with every word."""
    for planted in [planter.plant(15, 0) for _ in range(TRIALS)]:
        passages = planted.passages(index.resemble(planted.text))
        assert any(passage.matched_words >= 15 for passage in passages)
        assert planted.hits(index.resemble(planted.text))


def test_what_is_reported_is_what_was_planted(index: Index, planter: Planter) -> None:
    """Passages of the source cover the planted places almost whole, hardly more, and in one piece each."""
    planted = [planter.plant(length, rate) for length in (25, 40, 80) for rate in (0, 0.1) for _ in range(TRIALS)]
    found = [one.passages(index.resemble(one.text)) for one in planted]
    measured = measure(
        {(str(trial), ""): [case_of(one.place, one.origin)] for trial, one in enumerate(planted)},
        {
            (str(trial), ""): [case_of(one.query, one.document) for one in passages]
            for trial, passages in enumerate(found)
        },
    )
    assert measured["precision"] > 0.95
    assert measured["recall"] > 0.95
    assert measured["granularity"] < 1.05


def test_two_halves_that_changed_places_are_both_found(index: Index, planter: Planter) -> None:
    """A passage whose halves were swapped is reported as two passages, each at its place."""
    for _ in range(TRIALS):
        source, origin = planter.cut(60)
        words = planter.sources[source][origin.start : origin.end].split()
        middle = len(words) // 2
        first, second = planter.reflow(words[:middle]), planter.reflow(words[middle:])
        text, place = planter.insert(f"{second} {first}")
        passages = next(match.passages for match in index.resemble(text) if match.id == str(source))
        halves = [Span(place.start, place.start + len(second)), Span(place.end - len(first), place.end)]
        for half in halves:
            assert any(
                min(half.end, passage.query.end) - max(half.start, passage.query.start) > 0.9 * (half.end - half.start)
                for passage in passages
            )


def test_a_paragraph_that_everybody_printed_is_found_and_counted(texts: list[str]) -> None:
    """A passage in 150 documents is a passage still, seen in nearly that many, and the answer says it was cut short."""
    planter = Planter(texts[:DOCUMENTS], texts, unigrams(texts), random.Random(3))  # noqa: S311 - reproducible
    source, origin = planter.cut(40)
    passage = planter.sources[source][origin.start : origin.end].split()
    copies = [planter.insert(planter.reflow(planter.edit(passage, 0.05)))[0] for _ in range(150)]
    with dedup.open("memory:") as index:
        index.put(Document(f"{place}", text) for place, text in enumerate(texts[:DOCUMENTS]) if place != source)
        index.put(Document(f"copy {place}", text) for place, text in enumerate(copies))
        answer = index.resemble(" ".join(passage), limit=20)
    seen = [passage for match in answer for passage in match.passages if match.id.startswith("copy")]
    assert seen
    assert {passage.kind for passage in seen} == {"passage"}
    assert 75 <= max(passage.documents for passage in seen) <= 151
    assert answer.truncated


def test_an_article_of_its_own_matches_nothing(index: Index, texts: list[str]) -> None:
    """Articles with no copy in the index get no match."""
    for text in texts[DOCUMENTS:]:
        assert len(index.resemble(text)) == 0


def test_edits_change_the_share_of_words_asked_for(planter: Planter) -> None:
    """Of the words edited at 30 %, about 18 % are substituted, 6 % left out and 6 % added."""
    words = [f"w{place}" for place in range(20_000)]
    edited = planter.edit(words, 0.3)
    kept = sum(1 for word in edited if word.startswith("w") and word[1:].isdigit())
    assert kept / len(words) == pytest.approx(1 - 0.18 - 0.06, abs=0.01)
    assert (len(edited) - kept) / len(words) == pytest.approx(0.18 + 0.06, abs=0.01)


def test_a_planted_passage_stands_where_the_planter_says(planter: Planter) -> None:
    """The words at the planted place are the words at the origin when none is edited."""
    for planted in [planter.plant(25, 0) for _ in range(20)]:
        here = planted.text[planted.place.start : planted.place.end].split()
        there = planter.sources[int(planted.source)][planted.origin.start : planted.origin.end].split()
        assert here == there
        assert len(here) == 25


def test_generated_articles_are_reproducible_and_distinct() -> None:
    """The same seed gives the same articles, all different, of about 300 words; another seed gives others."""
    first = articles(50, data=None, seed=5)
    assert first == articles(50, data=None, seed=5)
    assert len(set(first)) == 50
    assert all(280 <= len(text.split()) <= 320 for text in first)
    assert not set(first) & set(articles(50, data=None, seed=6))


def test_the_measures_are_pans() -> None:
    """A case half covered, by one detection that is half wrong, and one missed: figures worked out by hand."""
    truth = {("a", "b"): [Case(0, 10, 0, 10), Case(50, 60, 50, 60)]}
    measured = measure(truth, {("a", "b"): [Case(5, 15, 5, 15)]})
    assert measured["precision"] == pytest.approx(0.5)
    assert measured["recall"] == pytest.approx(0.25)
    assert measured["granularity"] == 1
    assert measured["plagdet"] == pytest.approx(1 / 3)


def test_the_measures_punish_pieces() -> None:
    """A case found in two exact halves has full precision and recall, but granularity 2: 1 / log2(3)."""
    truth, halves = {("a", "b"): [Case(0, 10, 0, 10)]}, {("a", "b"): [Case(0, 5, 0, 5), Case(5, 10, 5, 10)]}
    measured = measure(truth, halves)
    assert (measured["precision"], measured["recall"], measured["granularity"]) == (1, 1, 2)
    assert measured["plagdet"] == pytest.approx(0.63093, abs=1e-5)

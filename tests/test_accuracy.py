"""What must be found is found, and what must not be reported is not: seed articles, Chinese, Japanese, PAN 2013."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import dedup
from benchmarks.suites.pan import detect
from benchmarks.suites.retrieval import COLLECTIONS, Collection, look_up
from benchmarks.texts.articles import data_folder, records
from benchmarks.texts.cases import Case, coverage, measure, union
from dedup import Document, Index, Passage

SEEDS = Path(__file__).parent.parent / "seeds"
GOLD: dict[str, Any] = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
NAMES = sorted(GOLD["files"])
REQUIRED = [
    (query, document, Case(*passage[sides[0]], *passage[sides[1]]), passage["id"])
    for passage in GOLD["passages"]
    if passage["level"] == "required"
    for query, document, sides in (
        (passage["a"], passage["b"], ("a_span", "b_span")),
        (passage["b"], passage["a"], ("b_span", "a_span")),
    )
]
ALONE = [pair.split("-") for pair, passages in GOLD["pairs"].items() if not passages]
STOCK = [entry for entry in GOLD["must_not_report"] if entry["a"] != entry["b"]]
EVALUATION = data_folder()
with_data = pytest.mark.skipif(EVALUATION is None, reason="set RESEMBLES_EVAL to the folder of evaluation texts")
DATA = EVALUATION or Path()


@pytest.fixture(scope="module")
def articles() -> dict[str, str]:
    """The seed articles, code point for code point as the gold's places count them."""
    return {name: (SEEDS / file).read_bytes().decode() for name, file in GOLD["files"].items()}


@pytest.fixture(scope="module")
def index(articles: dict[str, str]) -> Iterator[Index]:
    """An index of the seed articles."""
    with dedup.open("memory:") as index:
        index.put(Document(name, text) for name, text in articles.items())
        yield index


def passages(index: Index, query: str, document: str) -> tuple[Passage, ...]:
    """Return the passages that the article `query` is reported to share with the article `document`."""
    return next((match.passages for match in index.resemble(id=query) if match.id == document), ())


def test_the_gold_is_what_the_tests_think() -> None:
    """Six passages are required, seen from both sides, and six pairs of articles share none or stock phrases only."""
    assert len(REQUIRED) == 12
    assert len(ALONE) == 7
    assert len(STOCK) == 9


@pytest.mark.parametrize(
    ("query", "document", "case"), [row[:3] for row in REQUIRED], ids=[f"{row[0]} asks, {row[3]}" for row in REQUIRED]
)
def test_every_required_passage_is_covered(index: Index, query: str, document: str, case: Case) -> None:
    """Passages reported for the pair cover at least nine tenths of each required one, in both texts."""
    found = [
        Case(one.query.start, one.query.end, one.document.start, one.document.end)
        for one in passages(index, query, document)
        if one.kind == "passage"
    ]
    met = [one for one in found if one.meets(case)]
    for start, end, places in (
        (case.a_start, case.a_end, [(one.a_start, one.a_end) for one in met]),
        (case.b_start, case.b_end, [(one.b_start, one.b_end) for one in met]),
    ):
        assert union((max(start, a), min(end, b)) for a, b in places) >= 0.9 * (end - start)


def test_all_that_is_reported_of_the_seeds_is_in_the_gold(index: Index) -> None:
    """Nearly every character reported as a copied passage lies in a passage that the gold names."""
    named, reported = dict[tuple[str, str], list[Case]](), dict[tuple[str, str], list[Case]]()
    for passage in GOLD["passages"]:
        named.setdefault((passage["a"], passage["b"]), []).append(Case(*passage["a_span"], *passage["b_span"]))
    for a, b in combinations(NAMES, 2):
        reported[a, b] = [
            Case(one.query.start, one.query.end, one.document.start, one.document.end)
            for one in passages(index, a, b)
            if one.kind == "passage"
        ]
    assert coverage(reported, named) > 0.95


@pytest.mark.parametrize(("a", "b"), ALONE, ids=["-".join(pair) for pair in ALONE])
def test_articles_without_a_common_passage_do_not_match(index: Index, a: str, b: str) -> None:
    """Titles and stock phrases make no match, whichever article asks."""
    assert b not in [match.id for match in index.resemble(id=a)]
    assert a not in [match.id for match in index.resemble(id=b)]


@pytest.mark.parametrize("entry", STOCK, ids=[f"{one['a']}-{one['b']} {one['text'][:30]}" for one in STOCK])
def test_stock_phrases_are_no_passages(index: Index, articles: dict[str, str], entry: dict[str, Any]) -> None:
    """A phrase that must not be reported is at most a part of a longer passage, never one by itself."""
    for passage in passages(index, entry["a"], entry["b"]):
        text = articles[entry["a"]][passage.query.start : passage.query.end]
        assert entry["text"].casefold() not in text.casefold() or len(text.split()) > 2 * entry["words"]


@with_data
@pytest.mark.slow
@pytest.mark.parametrize("collection", COLLECTIONS[:2], ids=[one.name for one in COLLECTIONS[:2]])
def test_chinese_and_japanese_pairs_are_found(collection: Collection) -> None:
    """At least 95 of 100 labelled pairs of a collection in an unspaced script are found from either side."""
    pairs = collection.pairs(DATA)
    with dedup.open("memory:") as index:
        index.put(collection.documents(DATA))
        result = look_up(index, pairs[::3], limit=20)
    assert len(result.missed) <= 0.05 * len(result.asked), result.missed


@with_data
@pytest.mark.slow
def test_verbatim_pan_passages_are_found_exactly() -> None:
    """PAN 2013's passages without obfuscation: plagdet of at least .93, as the official baseline in the test part."""
    folder = DATA / "pan13_train"
    spans = [span for span in records(folder / "spans.jsonl.gz") if span["category"] == "02-no-obfuscation"][:300]
    cases = dict[tuple[str, str], list[Case]]()
    for span in spans:
        cases.setdefault((span["a"], span["b"]), []).append(Case(*(span[name] for name in Case._fields)))
    wanted = {name for pair in cases for name in pair}
    texts = {record["id"]: record["text"] for record in records(folder / "docs.jsonl.gz") if record["id"] in wanted}
    found = {(a, b): detect(texts[a], texts[b], dedup.Question()) for a, b in cases}
    assert measure(cases, found)["plagdet"] >= 0.93

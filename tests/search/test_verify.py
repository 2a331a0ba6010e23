"""Which documents count as matches, in what order, and which of them a limit keeps."""

import math

import pytest
from naive import figures, minima, shingles

import dedup
from dedup.model import Containment, Kind, Match, Passage, Span, Verdict
from dedup.scheme import Scheme
from dedup.search.evidence import common
from dedup.search.verify import best, coverage
from dedup.sketching.tokens import tokenize

TITLES = "Sen. David Boren, D-Okla., of the Senate Select Committee on Intelligence and Sen. Warren Rudman of New York"


def words(prefix: str, count: int) -> str:
    """Return so many distinct words, none so short that it might be part of a title."""
    return " ".join(f"{prefix}word{i}" for i in range(count))


def shingles_of(text: str) -> list[int]:
    """Return a text's shingle hashes by the naive model."""
    return shingles([int(token) for token in tokenize([text]).hashes], Scheme().k)


def answer(query: str, documents: dict[str, str]) -> dedup.Answer:
    """Index documents; return what the query resembles."""
    with dedup.open("memory:") as index:
        index.put([dedup.Document(name, text) for name, text in documents.items()])
        return index.resemble(query)


def match(
    name: str, *stretches: tuple[int, int], kind: Kind = "passage", verdict: Verdict = "shares_passages"
) -> Match:
    """Return a match with passages at these places of the query."""
    passages = [Passage(Span(*stretch), Span(*stretch), 12, 1.0, 1, kind) for stretch in stretches]
    return Match(name, 0.1, Containment(0.1, 0.1), {}, tuple(passages), verdict=verdict)


def test_half_of_either_sides_shingles_is_enough_without_a_passage() -> None:
    """Three short documents within a query, too short for a passage, match; so does a long one around the query."""
    short = {name: words(name, 8) for name in "abc"}
    query = " ".join(short.values())
    found = answer(query, {**short, "far": words("far", 8)})
    assert [one.id for one in found] == ["a", "b", "c"]
    for one in found:
        assert one.passages == ()
        assert (one.jaccard, *containments(one)) == pytest.approx(figures(query, short[one.id]))
        assert max(one.jaccard, one.containment.query_in_document) < 0.5
    around = f"{words('x', 40)} {short['a']} {words('y', 40)}"
    assert [one.id for one in answer(short["a"], {"around": around})] == ["around"]


def containments(one: Match) -> tuple[float, float]:
    """Return the containment each way."""
    return one.containment.query_in_document, one.containment.document_in_query


def test_order_is_words_in_passages_then_jaccard_then_id() -> None:
    """More words shared come first; of as many the more alike document; of as alike ones the lower id."""
    passage = words("p", 20)
    documents = {
        "a": f"{words('a', 60)} {passage}",
        "b": f"{words('b', 30)} {passage}",
        "c": f"{words('c', 30)} {passage}",
        "d": f"{words('d', 90)} {passage} {words('q', 5)}",
    }
    assert [one.id for one in answer(f"{passage} {words('q', 5)}", documents)] == ["d", "b", "c", "a"]


def test_boilerplate_comes_last_within_a_match() -> None:
    """Names and titles that the query has before a real passage stand behind it among a match's passages."""
    passage = words("prose", 20)
    one, other = (f"{TITLES} {words(side, 80)} {passage}" for side in ("left", "right"))
    found = dedup.compare(one, other).passages
    assert [part.kind for part in found] == ["passage", "boilerplate"]
    assert found[0].query.start > found[1].query.end


@pytest.mark.parametrize(("length", "kept"), [(19, ["a", "b", "c"]), (21, ["a", "b", "other"])])
def test_the_nth_source_of_a_stretch_counts_one_nth(length: int, kept: list[str]) -> None:
    """The third copy of 60 characters is worth 20: more than the only source of 19, less than that of 21."""
    matches = [*(match(name, (0, 60)) for name in "abcd"), match("other", (100, 100 + length))]
    assert [one.id for one in best(matches, 200, 3)] == kept


def test_the_match_that_the_verdict_rests_on_is_kept() -> None:
    """A document of 20 characters that the query contains stays, though two others cover 60 each."""
    matches = [match("a", (0, 60)), match("b", (70, 130)), match("whole", (140, 160), verdict="contains")]
    assert [one.id for one in best(matches, 200, 1)] == ["whole"]
    assert [one.id for one in best(matches, 200, 2)] == ["a", "whole"]


def test_boilerplate_is_worth_nothing() -> None:
    """A match whose only passage is boilerplate gives way to any real one; the order of the answer stays."""
    matches = [
        match("stock", (0, 90), kind="boilerplate", verdict="new"),
        match("one", (0, 60)),
        match("two", (0, 60), (70, 80)),
    ]
    assert [one.id for one in best(matches, 100, 2)] == ["one", "two"]
    assert best(matches, 100, 3) == matches


def test_a_passage_is_measured_by_its_words() -> None:
    """Twenty words with two put between them: 20 match, and the similarity is twice these over 20 and 22."""
    first, second = words("one", 10), words("two", 10)
    (passage,) = dedup.compare(f"{first} {second}", f"{words('x', 30)} {first} put between {second}").passages
    assert passage.matched_words == 20
    assert passage.similarity == pytest.approx(40 / 42)
    assert (passage.query.start, passage.query.end) == (0, len(f"{first} {second}"))
    start = len(words("x", 30)) + 1
    assert (passage.document.start, passage.document.end) == (start, start + len(f"{first} put between {second}"))
    assert (passage.documents, passage.kind) == (1, "passage")


def test_coverage_is_the_share_of_words_in_any_passage() -> None:
    """Of eight words of five characters each three stand in one of two passages that overlap; boilerplate is none."""
    tokens = tokenize([" ".join(f"word{place}" for place in range(8))])
    found = [match("a", (0, 11)), match("b", (6, 17)), match("stock", (30, 47), kind="boilerplate")]
    assert coverage(found, tokens) == 3 / 8
    assert coverage([], tokens) == 0.0
    assert coverage([match("whole", (0, 47))], tokens) == 1.0


def test_a_passage_tells_in_how_many_documents_its_rarest_part_is() -> None:
    """Of two lines that stand together one is in five documents, the other in three: the whole is in three."""
    common, rare = words("common", 20), words("rare", 20)
    documents = {name: f"{words(name, 20)} {common}" for name in "ab"}
    documents |= {name: f"{words(name, 20)} {common} {rare}" for name in "cde"}
    found = answer(f"{common} {rare}", documents)
    assert {one.id: [part.documents for part in one.passages] for one in found} == {
        name: [5 if name in "ab" else 3] for name in "abcde"
    }


@pytest.mark.parametrize("end", [0, -1], ids=["first", "last"])
def test_the_rarest_part_may_be_an_end_of_the_query(end: int) -> None:
    """Two documents have a text, five all of it but its first or last word: a window that has it is in two, if any."""
    seen = set()
    for place in range(8):
        text = words(f"text{place}x", 20)
        rest = text.rpartition(" ")[0] if end else text.partition(" ")[2]
        own = shingles_of(text)

        def beside(prefix: str, part: str) -> str:
            """Put other words where the part has lost its end."""
            return f"{part} {words(prefix, 20)}" if end else f"{words(prefix, 20)} {part}"

        with dedup.open("memory:") as index:
            index.put(dedup.Document(f"whole{n}", beside(f"w{n}x", text)) for n in range(2))
            index.put(dedup.Document(f"rest{n}", beside(f"r{n}x", rest)) for n in range(5))
            (passage,) = index.resemble(text).matches[0].passages
        assert passage.documents == (2 if own[end] in minima(own, Scheme().w) else 7)
        seen.add(passage.documents)
    assert seen == {2, 7}


def test_a_window_beyond_the_passage_says_nothing_of_it() -> None:
    """A document's window that ends behind a passage does not make it rare, though the query has the same minimum."""
    w = Scheme().w
    for place in range(1_000):
        text, after, behind = (words(f"{name}{place}x", 20) for name in ("text", "after", "behind"))
        rest = text.rpartition(" ")[0]
        last, inside = shingles_of(text)[-1], minima(shingles_of(text), w)
        both = all(last in minima(shingles_of(f"{text} {more}"), w) for more in (after, behind))
        if both and last not in inside and set(inside) <= set(minima(shingles_of(rest), w)):
            break
    documents = {"whole": f"{text} {behind}"} | {f"rest{n}": f"{rest} {words(f'r{n}x', 20)}" for n in range(5)}
    (passage,) = answer(f"{text} {after}", documents).matches[0].passages
    assert passage.matched_words == 20
    assert passage.documents == 6


@pytest.mark.parametrize(
    ("documents", "expected"),
    [([50, 50], True), ([4, 4], False), ([50] * 5, False), ([6], True), ([4], False), ([], False)],
)
def test_windows_are_common_where_each_says_little_and_all_together_too(documents: list[int], expected: bool) -> None:
    """Of 1,000 documents more than five have each window, by geometric mean, and less than two single words is said."""
    surprise = sum(-math.log(count) for count in documents)
    assert common(len(documents), surprise, 1_000) is expected

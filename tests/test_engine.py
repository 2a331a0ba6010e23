"""Put, remove, resemble, compare: what a user sees of the engine, over the store in memory and the one on disk."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from naive import common_subsequence, figures, words

import dedup
from dedup.admission import LONGEST_TEXT
from dedup.engine import Index
from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Answer, Document, Reject

RANDOM = random.Random()  # noqa: S311 - reproducible texts, no secrets
VOCABULARY = [
    f"{a}{b}{c}" for a in ("ba", "ko", "ti", "ru") for b in ("len", "mar", "sop", "vin") for c in ("da", "go")
]
VOCABULARY += [f"{start}{word}" for word in VOCABULARY for start in ("un", "re", "in", "ad", "con", "dis", "pre")]


def prose(count: int) -> str:
    """Return so many random words."""
    return " ".join(RANDOM.choices(VOCABULARY, k=count))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Each test draws the same texts, whichever tests ran before it."""
    RANDOM.seed(20)


@pytest.fixture(params=["memory", "lmdb"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """An empty index of each kind."""
    with dedup.open("memory:" if request.param == "memory" else f"lmdb:{tmp_path / 'index'}") as opened:
        yield opened


def ids(answer: dedup.Answer) -> list[str]:
    """Return the ids matched, in order."""
    return [match.id for match in answer]


def test_a_planted_passage_is_found_with_its_places(index: Index) -> None:
    """A paragraph lifted into another article is found, word for word, at its place in both texts."""
    passage = prose(30)
    source, query = f"{prose(100)}. {passage}. {prose(80)}", f"{prose(60)}\n\n{passage}\n\n{prose(60)}"
    index.put(
        [Document("source", source, {"published": "2026-11-22"}), *(Document(f"d{i}", prose(200)) for i in range(20))]
    )
    answer = index.resemble(query)
    assert ids(answer) == ["source"]
    assert answer[0].metadata == {"published": "2026-11-22"}
    (found,) = answer[0].passages
    assert query[found.query.start : found.query.end] == passage
    assert source[found.document.start : found.document.end] == passage
    assert (found.matched_words, found.similarity, found.documents, found.kind) == (30, 1.0, 1, "passage")


def test_figures_are_exact(index: Index) -> None:
    """Jaccard and containment are those of the two sets of shingles, counted by hand."""
    text = prose(120)
    other = " ".join(text.split()[:90] + prose(50).split())
    index.put([Document("other", other)])
    (match,) = index.resemble(text)
    expected = figures(text, other)
    both = match.containment
    assert (match.jaccard, both.query_in_document, both.document_in_query) == pytest.approx(expected)
    for passage in match.passages:
        stretches = text[passage.query.start : passage.query.end], other[passage.document.start : passage.document.end]
        assert passage.matched_words == common_subsequence(*stretches)
        sizes = sum(len(list(words(stretch))) for stretch in stretches)
        assert passage.similarity == pytest.approx(2 * passage.matched_words / sizes)


def test_put_counts_new_unchanged_and_replaced(index: Index) -> None:
    """The report says what became of each document."""
    assert index.put([Document("a", "one two three four"), Document("b", prose(20))]).put == 2
    report = index.put([Document("a", "one two three four"), Document("b", prose(20)), Document("c", prose(20))])
    assert (report.put, report.unchanged, report.replaced, report.rejected) == (1, 1, 1, ())


def test_metadata_alone_makes_a_document_different(index: Index) -> None:
    """The same text with other metadata replaces the document."""
    index.put([Document("a", "one two three four", {"n": 1})])
    assert index.put([Document("a", "one two three four", {"n": 2})]).replaced == 1
    found = index.get("a")
    assert found is not None
    assert found.metadata == {"n": 2}


def test_a_replaced_text_is_not_found_any_more(index: Index) -> None:
    """After a replacement only the new text answers, and the index is sound."""
    old, new = prose(60), prose(60)
    index.put([Document("a", old)])
    index.put([Document("a", new)])
    assert ids(index.resemble(old)) == []
    assert ids(index.resemble(new)) == ["a"]
    assert index.check().sound


def test_the_last_of_an_id_in_one_batch_stays(index: Index) -> None:
    """An id given twice in one batch ends as the later document; both are accounted for."""
    first, last = prose(60), prose(60)
    report = index.put([Document("a", first), Document("b", prose(20)), Document("a", last)])
    assert (report.put, report.replaced) == (2, 1)
    assert ids(index.resemble(last)) == ["a"]
    assert ids(index.resemble(first)) == []


def test_a_removed_document_is_gone(index: Index) -> None:
    """Removing counts what was there, once, and nothing of it answers afterwards."""
    text = prose(60)
    index.put([Document("a", text), Document("b", prose(60))])
    assert index.remove(["a", "a", "nobody"]) == 1
    assert index.get("a") is None
    assert ids(index.resemble(text)) == []
    assert [document.id for document in index.documents()] == ["b"]
    assert index.stats().documents == 1
    assert index.check().sound


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (Document("a", ""), "no_words"),
        (Document("a", " \t\n"), "no_words"),
        (Document("a", "?!… — «»"), "no_words"),
        (Document("a", "\ud800\x00"), "no_words"),
        (Document("", "text"), "empty_id"),
        (Document("i" * 10_000, "text"), "long_id"),
        (Document("\ud800", "text"), "invalid_id"),
        (Document("a", "text", {"n": float("nan")}), "invalid_metadata"),
        (Document("a", "x" * (LONGEST_TEXT + 1)), "long_text"),
    ],
)
def test_what_cannot_be_indexed_is_rejected_and_the_rest_goes_in(index: Index, document: Document, code: str) -> None:
    """A bad document is told by place, id, code and reason; its neighbours are indexed."""
    report = index.put([Document("before", prose(10)), document, Document("after", prose(10))])
    (reject,) = report.rejected
    assert (report.put, reject.place, reject.id, reject.code) == (2, 1, document.id, code)
    assert reject.reason
    assert index.stats().documents == 2


@pytest.mark.parametrize("text", ["word", "one two", "nul\x00nul", "\ud800 lone surrogate \udfff", "word " * 100_000])
def test_odd_texts_are_indexed(index: Index, text: str) -> None:
    """One word, NUL, lone surrogates and one word without end are texts like others, kept as they are."""
    assert index.put([Document("odd", text)]).put == 1
    found = index.get("odd")
    assert found is not None
    assert found.text == text
    assert index.check().sound
    index.resemble(text)


@pytest.mark.parametrize("query", ["", "...", "one", "one two three"])
def test_a_query_too_short_to_judge_says_so(index: Index, query: str) -> None:
    """Fewer than four words match nothing, not even themselves, and say why."""
    index.put([Document("a", "one two three"), Document("b", "one")])
    answer = index.resemble(query)
    assert answer.too_short
    assert len(answer) == 0


def test_short_documents_are_not_all_alike(index: Index) -> None:
    """A short query finds its equal, not every other short text."""
    index.put([Document("cat", "the cat sat here"), Document("dog", "the dog sat here"), Document("one", "cat")])
    assert ids(index.resemble("The cat sat here!")) == ["cat"]


def test_a_document_does_not_match_itself(index: Index) -> None:
    """A query by id, or a text given with its id, leaves that document out."""
    text = prose(60)
    index.put([Document("a", text), Document("b", text)])
    assert ids(index.resemble(id="a")) == ["b"]
    assert ids(index.resemble(text, id="b")) == ["a"]
    assert ids(index.resemble(text)) == ["a", "b"]


def test_senseless_questions_are_refused(index: Index) -> None:
    """No text and no id, an unknown id, limits out of range, a text too long: each a clear error."""
    with pytest.raises(InvalidInput, match="neither"):
        index.resemble()
    with pytest.raises(InvalidDocument, match="nobody"):
        index.resemble(id="nobody")
    for wrong in ({"limit": 0}, {"min_words": 0}, {"min_similarity": 0.0}, {"min_similarity": 1.1}):
        with pytest.raises(InvalidInput):
            index.resemble("one two three four", **wrong)
    with pytest.raises(InvalidDocument) as caught:
        index.resemble("x" * (LONGEST_TEXT + 1))
    assert caught.value.code == "long_text"


def test_limit_keeps_the_best(index: Index) -> None:
    """With a limit the matches kept are the first ones of the answer without."""
    text = prose(200).split()
    index.put([Document(f"{n}", " ".join(text[:n] + prose(50).split())) for n in range(20, 200, 20)])
    assert ids(index.resemble(" ".join(text), limit=3)) == ["180", "160", "140"]


def test_min_words_and_min_similarity_are_kept(index: Index) -> None:
    """A run of seven words is no evidence between long texts, and is reported to whoever asks for as few."""
    run = prose(7)
    index.put([Document("a", f"{prose(100)} {run} {prose(100)}")])
    query = f"{prose(100)} {run} {prose(100)}"
    assert ids(index.resemble(query)) == []
    assert ids(index.resemble(query, min_words=7)) == ["a"]


def test_without_passages_only_whole_documents_count(index: Index) -> None:
    """Asked for no passages, the answer has documents alike as a whole, and only figures."""
    passage, twin = prose(30), prose(100)
    index.put([Document("near", twin), Document("passage", f"{prose(200)} {passage}")])
    answer = index.resemble(f"{twin} {passage}", passages=False)
    assert ids(answer) == ["near"]
    assert answer[0].passages == ()


def test_a_passage_in_hundreds_of_documents_is_still_found(index: Index) -> None:
    """A paragraph syndicated to 300 papers is found, its count true, and the answer says that there are more."""
    passage = prose(40)
    index.put([Document(f"copy{i:03}", f"{prose(60)} {passage} {prose(60)}") for i in range(300)])
    answer = index.resemble(f"{prose(80)} {passage} {prose(80)}", limit=20)
    assert len(answer) == 20
    assert answer.truncated
    assert {match.passages[0].kind for match in answer} == {"passage"}
    counts = [match.passages[0].documents for match in answer]
    assert max(counts) == 300
    assert counts.count(300) > 10  # a word more shared by chance makes a window of its own, in fewer documents


def test_many_copies_do_not_hide_another_source(index: Index) -> None:
    """The only source of a second passage is found beside 300 copies of the first."""
    popular, rare = prose(60), prose(20)
    index.put([Document(f"copy{i:03}", f"{prose(60)} {popular} {prose(60)}") for i in range(300)])
    index.put([Document("rare", f"{prose(100)} {rare} {prose(100)}")])
    answer = index.resemble(f"{popular} {prose(50)} {rare}")
    assert len(answer) == 10
    assert ids(answer)[-1] == "rare"


def test_a_stock_phrase_is_boilerplate_and_comes_last(index: Index) -> None:
    """Fifteen words that every twentieth document has are told apart from a real passage, and rank behind it."""
    stock, passage = prose(15), prose(15)
    index.put([Document(f"d{i:04}", f"{prose(40)} {stock if i % 5 == 0 else ''} {prose(40)}") for i in range(1500)])
    index.put([Document("source", f"{prose(50)} {passage} {prose(50)}")])
    answer = index.resemble(f"{passage} {prose(60)} {stock}", limit=100)
    assert answer[0].id == "source"
    assert answer[0].passages[0].kind == "passage"
    assert len(answer) > 1
    assert {passage.kind for match in answer.matches[1:] for passage in match.passages} == {"boilerplate"}


def test_names_and_titles_are_boilerplate(index: Index) -> None:
    """A shared run of names and titles says nothing; the same run in lower case does."""
    title = (
        "Sen. David Boren, D-Okla., of the Senate Select Committee on Intelligence and Sen. Warren Rudman of New York"
    )
    index.put([Document("a", f"{prose(50)} {title} {prose(50)}")])
    assert index.resemble(f"{prose(40)} {title} {prose(40)}")[0].passages[0].kind == "boilerplate"
    assert index.resemble(f"{prose(40)} {title.lower()} {prose(40)}")[0].passages[0].kind == "passage"


def test_a_story_all_in_capitals_is_no_list_of_names(index: Index) -> None:
    """Where nothing is in lower case, capitals tell nothing about names."""
    story = prose(40).upper()
    index.put([Document("a", f"{prose(50)} {story} {prose(50)}")])
    assert index.resemble(story)[0].passages[0].kind == "passage"


def test_a_book_neither_drowns_nor_is_drowned(index: Index) -> None:
    """A passage across the seam of a long document's chunks is found whole, and the article it made finds the book."""
    text = prose(30_000).split()
    passage = " ".join(text[15_340:15_380])
    index.put([Document("book", " ".join(text)), *(Document(f"d{i}", prose(200)) for i in range(50))])
    assert index.stats().chunks > 55
    article = f"{prose(100)} {passage} {prose(100)}"
    answer = index.resemble(article)
    assert ids(answer) == ["book"]
    assert answer[0].passages[0].matched_words == 40
    index.put([Document("article", article)])
    from_book = index.resemble(id="book")
    assert ids(from_book) == ["article"]
    assert from_book[0].passages[0].matched_words == 40


def test_a_bucket_counts_documents_not_chunks(index: Index) -> None:
    """A refrain that one long document repeats counts once."""
    refrain = prose(20)
    index.put([Document("song", " ".join(f"{refrain} {prose(100)}" for _ in range(60)))])
    (match,) = index.resemble(f"{prose(30)} {refrain} {prose(30)}")
    assert {passage.documents for passage in match.passages} == {1}


def test_a_moved_block_is_a_passage_of_its_own(index: Index) -> None:
    """Two paragraphs in the other order are two passages."""
    one, two = prose(25), prose(25)
    index.put([Document("a", f"{one} {prose(60)} {two}")])
    (match,) = index.resemble(f"{two} {prose(60)} {one}")
    assert [passage.matched_words for passage in match.passages] == [25, 25]


def test_compare_needs_no_index() -> None:
    """Two texts are compared as a look-up would; texts without words are alike in nothing."""
    passage = prose(30)
    a, b = f"{prose(50)} {passage}", f"{passage} {prose(50)}"
    match = dedup.compare(a, b)
    assert match.id == "b"
    assert match.jaccard == pytest.approx(figures(a, b)[0])
    assert match.passages[0].matched_words == 30
    assert dedup.compare("", "...").jaccard == 0.0
    assert dedup.compare("one", "ONE").jaccard == 1.0
    assert dedup.compare("cat", "dog").jaccard == 0.0
    with pytest.raises(InvalidInput):
        dedup.compare("a", "b", min_words=0)


def test_compare_finds_nothing_common_in_strangers() -> None:
    """Texts of different words share nothing."""
    match = dedup.compare("one two three four five", "six seven eight nine ten")
    assert (match.jaccard, match.passages) == (0.0, ())


def test_an_index_has_its_scheme(tmp_path: Path) -> None:
    """An index opened again keeps the scheme it was made with; another one is refused."""
    scheme, url = dedup.Scheme.for_threshold(0.8), f"lmdb:{tmp_path / 'index'}"
    dedup.open(url, scheme).close()
    with dedup.open(url) as index:
        assert index.scheme == scheme
    with pytest.raises(dedup.ResemblesError, match="scheme"):
        dedup.open(url, dedup.Scheme())


def test_unknown_names_are_no_attributes() -> None:
    """The package's lazy names are the public ones, and no others."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = dedup.nonsense


@pytest.mark.parametrize("ids", ["abc", {"a": 1}, Document("a", "one two three four")])
def test_a_single_id_is_no_list(ids: Any) -> None:
    """A string or a mapping where several ids are expected is refused, and nothing is removed letter by letter."""
    with dedup.open("memory:") as index:
        index.put([Document(name, "one two three four five") for name in "abc"])
        for act in (index.remove, index.get_many, index.resemble_many, index.put):
            with pytest.raises(InvalidInput, match="several are expected"):
                act(ids)
        assert index.stats().documents == 3


@pytest.mark.parametrize("ttl", [-1, 1.5, float("nan"), True, "3", 1 << 32])
def test_a_time_to_live_that_no_store_can_hold_is_refused(ttl: Any) -> None:
    """Only whole seconds from 0 to 2 ** 31 are taken."""
    with dedup.open("memory:") as index, pytest.raises(InvalidInput, match="ttl"):
        index.put([Document("a", "one two three four")], ttl=ttl)


@pytest.mark.parametrize("query", [None, 5, {"id": "a"}])
def test_a_query_of_another_kind_costs_only_itself(query: Any) -> None:
    """Of queries that are neither texts nor documents the reason is told, and the others are answered."""
    with dedup.open("memory:") as index:
        index.put([Document("a", "one two three four five")])
        first, wrong, last = index.resemble_many(["one two three four five", query, "one two three four five"])
    assert isinstance(wrong, Reject)
    assert wrong.code == "invalid_document"
    for answer in (first, last):
        assert isinstance(answer, Answer)
        assert [match.id for match in answer] == ["a"]


@pytest.mark.parametrize(
    "field",
    [
        {"limit": "3"}, {"limit": 1.5}, {"limit": True}, {"limit": 1 << 70}, {"min_words": 2.5}, {"min_words": 0},
        {"min_similarity": "0.5"}, {"min_similarity": 0}, {"passages": "no"}, {"filter": "abc"}, {"filter": []},
    ],
)  # fmt: skip
def test_a_question_of_wrong_types_is_refused(field: dict[str, Any]) -> None:
    """Each field of a question has one type and a range; anything else is refused with the field's name."""
    with pytest.raises(InvalidInput, match=next(iter(field))):
        dedup.Question(**field)

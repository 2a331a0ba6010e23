"""Texts that travelled: what a count says is true of the text beside it, and each printing has its own stretch."""

from hypothesis import given, settings
from hypothesis import strategies as st
from stories.told import index_of

import dedup
from dedup.model import Document
from dedup.stores.membership import Membership

NAMES = "abcdef"
STORY = Membership("a")


def sentence(name: str, words: int = 12) -> str:
    """Return a sentence of words that no other has."""
    return " ".join(f"{name}{word}" for word in range(words)).capitalize() + "."


def told(*texts: str) -> dedup.Story:
    """Return the story of documents a, b, c, …, which come in the order of their dates."""
    documents = [Document(NAMES[place], text, {"date": f"2026-01-{place + 1:02}"}) for place, text in enumerate(texts)]
    with index_of((document, STORY) for document in documents) as index:
        return index.story("a")


def of(*sentences: str) -> str:
    """Return a text of sentences."""
    return " ".join(sentences)


def test_a_chain_of_passages_is_as_many_texts() -> None:
    """Of three documents that hand on halves, nothing is in all three: two texts, each in two documents."""
    one, two, three, four = (sentence(name) for name in ("one", "two", "three", "four"))
    story = told(of(one, two), of(two, three), of(three, four))
    assert [(text.source, text.documents, text.text) for text in story.passages] == [
        ("b", 2, three.rstrip(".")),
        ("a", 2, two.rstrip(".")),
    ]


def test_a_text_ends_where_fewer_documents_hold_it() -> None:
    """A report of which two papers cut the end: its beginning is in four documents, its end in two."""
    start, end = sentence("start", 20), sentence("end")
    story = told(of(start, end), of(start), of(start, end), of(start))
    assert [([one.id for one in text.printings], text.documents, text.text) for text in story.passages] == [
        (["a", "b", "c", "d"], 4, start.rstrip(".")),
        (["a", "c"], 2, end.rstrip(".")),
    ]


def test_a_printing_with_a_sentence_of_its_own_is_less_similar() -> None:
    """Of 24 words a copy puts 10 of its own between: 24 of 24 are in 34, twice 24 over 58."""
    one, two, own = sentence("one"), sentence("two"), sentence("own", 10)
    [text] = told(of(one, two), of(one, own, two)).passages
    first, second = text.printings
    assert (text.text, first.similarity, second.similarity) == (of(one, two).rstrip("."), 1, 48 / 58)


def test_what_a_copy_adds_and_others_take_over_is_a_text_of_that_copy() -> None:
    """A sentence put into the middle by one paper travels on from there, and is not claimed for the first."""
    one, two, own = sentence("one"), sentence("two"), sentence("own", 10)
    story = told(of(one, two), of(one, own, two), of(one, own, two), of(one, own, two))
    assert [(text.source, text.documents, text.text) for text in story.passages] == [
        ("a", 4, of(one, two).rstrip(".")),
        ("b", 3, own.rstrip(".")),
    ]


def test_a_stretch_shorter_than_a_sentence_is_no_text() -> None:
    """Seven words more in one of two copies are no text of their own; eight are."""
    body = sentence("body", 20)
    for words, texts in ((7, 1), (8, 2)):
        more = of(body, sentence("more", words))
        assert len(told(more, of(body), more).passages) == texts


def test_a_changed_word_splits_nothing() -> None:
    """Copies that differ in a word each hold the whole text, and say how alike they are."""
    words = [f"word{number}" for number in range(40)]
    copies = [" ".join([*words[:place], "changed", *words[place + 1 :]]) for place in (10, 20, 30)]
    [text] = told(" ".join(words), *copies).passages
    assert (text.documents, text.text) == (4, " ".join(words))
    assert [one.similarity for one in text.printings] == [1, *[78 / 80] * 3]


def test_a_long_text_is_told_whole() -> None:
    """What travelled is not cut, however long it is."""
    text = sentence("long", 900)
    assert [one.text for one in told(text, text).passages] == [text.rstrip(".")]


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True), min_size=2, max_size=6))
@settings(max_examples=80)
def test_every_document_counted_has_every_sentence_shown(documents: list[list[int]]) -> None:
    """Whatever documents are made of, in whatever order: each sentence of a text is in all documents that it counts."""
    sentences = [sentence(f"s{number}x", 14) for number in range(7)]
    texts = [of(*(sentences[number] for number in document)) for document in documents]
    for text in told(*texts).passages:
        holders = [texts[NAMES.index(one.id)] for one in text.printings]
        assert len(holders) == len({one.id for one in text.printings}) == text.documents
        for one in text.text.split(". "):
            assert all(one.rstrip(".") in holder for holder in holders)

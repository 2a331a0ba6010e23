"""Documents and answers become JSON and come back the same."""

import json
from collections import UserDict
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedup.model import Answer, Containment, Document, Match, Passage, Span
from dedup.record import Fields, answer_json, document_json, document_of, dumps, loads, match_json, read, record_of

SPOKEN = st.sampled_from(["id", "text", "metadata", "url", "version"])


def joins_no_pair(text: str) -> bool:
    """Return whether no two lone surrogates stand side by side that JSON takes for one character."""
    return text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


any_text = st.text(st.characters(exclude_categories=()), max_size=8).filter(joins_no_pair)
any_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SPOKEN | any_text, inner, max_size=3),
    max_leaves=8,
)
documents = st.builds(Document, any_text, any_text, st.dictionaries(SPOKEN | any_text, any_json, max_size=4))


@given(documents)
@example(Document("a", "b", {"id": "a"}))
@example(Document("a", "b", {"text": "teaser"}))
@example(Document("a", "b", {"metadata": {}}))
@example(Document("a", "b", {"metadata": {"metadata": {"id": 1}}}))
@example(Document("a", "b", {"metadata": "none"}))
@example(Document("a", "\ud800", {"\udfff": 10**30}))
def test_a_document_comes_back_from_its_record(document: Document) -> None:
    """Whatever the metadata are, also fields called id, text or metadata, reading gives back what was written."""
    for record in (record_of(document), document_json(document)):
        assert document_of(loads(dumps(record))) == document
        assert document_of(json.loads(json.dumps(record))) == document
    assert read(dumps({**document_json(document), "version": "0"}), Document) == document


def test_a_record_is_flat_unless_that_would_be_misread() -> None:
    """Metadata are fields beside id and text; only where a name would be taken twice they have a field of their own."""
    assert record_of(Document("a", "b", {"source": "wire"})) == {"id": "a", "text": "b", "source": "wire"}
    for metadata in ({"id": "a"}, {"text": 1, "source": "wire"}, {"metadata": {"source": "wire"}}):
        assert record_of(Document("a", "b", metadata)) == {"id": "a", "text": "b", "metadata": metadata}
    more: list[dict[str, Any]] = [{"metadata": "x"}, {"metadata": {}, "source": "wire"}]
    for metadata in more:
        assert record_of(Document("a", "b", metadata)) == {"id": "a", "text": "b", **metadata}


def test_any_mapping_is_metadata() -> None:
    """Metadata that are no dict are written as an object like any other."""
    for metadata in (MappingProxyType({"source": "wire"}), UserDict(source="wire"), MappingProxyType({"id": 1})):
        assert document_of(loads(dumps(record_of(Document("a", "b", metadata))))).metadata == dict(metadata)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"url": "u", "body": "b", "id": 7, "text": "t"}, Document("u", "b", {"id": 7, "text": "t"})),
        ({"url": "u", "body": "b", "metadata": {"url": 1}}, Document("u", "b", {"url": 1})),
        ({"url": 2**70, "body": "b"}, Document("1180591620717411303424", "b")),
    ],
)
def test_id_and_text_are_the_fields_named(record: dict[str, Any], expected: Document) -> None:
    """Other names for id and text leave fields called so to the metadata; a whole number is its decimal digits."""
    before = dict(record)
    assert document_of(record, Fields("url", "body")) == expected
    assert record == before


@pytest.mark.parametrize("wrong", [True, 7.5, None, ["a"]])
def test_no_other_value_becomes_an_id(wrong: Any) -> None:
    """Only whole numbers become strings; what else stands there is left as it is, for the admission to refuse."""
    assert document_of({"id": wrong, "text": "b"}).id is wrong


PASSAGES = (
    Passage(Span(1, 20, 1, 2), Span(300, 320, 9, 9), 12, 0.75, 3, "passage", source=True, evidence=4.5),
    Passage(Span(0, 5, 1, 1), Span(7, 12, 1, 1), 1, 1 / 3, 1, "boilerplate"),
)
MATCHES = (
    Match(
        "a",
        0.1,
        Containment(0.2, 1.0),
        {"id": "x", "deep": [{"a": None}], "lone": "\ud800"},
        PASSAGES,
        "later",
        verdict="contains",
    ),
    Match("b\udc80", 1.0, Containment(1.0, 1.0), {}, (), verdict="near_duplicate"),
)
SPELLED = {
    "id": "a",
    "jaccard": 0.1,
    "containment": {"query_in_document": 0.2, "document_in_query": 1.0},
    "metadata": {"id": "x", "deep": [{"a": None}], "lone": "\ud800"},
    "passages": [
        {
            "query": {"start": 1, "end": 20, "line": 1, "end_line": 2},
            "document": {"start": 300, "end": 320, "line": 9, "end_line": 9},
            "matched_words": 12,
            "similarity": 0.75,
            "documents": 3,
            "kind": "passage",
            "source": True,
            "evidence": 4.5,
        },
        {
            "query": {"start": 0, "end": 5, "line": 1, "end_line": 1},
            "document": {"start": 7, "end": 12, "line": 1, "end_line": 1},
            "matched_words": 1,
            "similarity": 1 / 3,
            "documents": 1,
            "kind": "boilerplate",
            "source": False,
            "evidence": 0.0,
        },
    ],
    "direction": "later",
    "story": None,
    "folded": 0,
    "verdict": "contains",
}


def test_an_answer_has_the_documented_shape() -> None:
    """The JSON of a match is that of docs/cli.md; lone surrogates are escaped, and nothing else changes."""
    answer = json.loads(dumps(answer_json("q", Answer(MATCHES, 9, 0.5, truncated=True, verdict="near_duplicate"))))
    assert answer == {
        "query": "q",
        "found": 9,
        "coverage": 0.5,
        "truncated": True,
        "verdict": "near_duplicate",
        "matches": [SPELLED, answer["matches"][1]],
    }
    assert json.loads(dumps(match_json(MATCHES[0]))) == SPELLED
    assert json.loads(dumps(answer_json(None, Answer((), too_short=True)))) == {
        "query": None,
        "found": 0,
        "coverage": 0.0,
        "truncated": False,
        "too_short": True,
        "verdict": None,
        "matches": [],
    }


@pytest.mark.parametrize("matches", [(), MATCHES, MATCHES[1:]])
@pytest.mark.parametrize(("truncated", "too_short"), [(False, False), (True, False), (False, True)])
def test_an_answer_comes_back(matches: tuple[Match, ...], truncated: bool, too_short: bool) -> None:
    """Answers and matches read from their JSON are equal to what was written, lone surrogates included."""
    answer = Answer(matches, len(matches), 0.25, truncated, too_short, verdict=None if too_short else "new")
    assert read(dumps(answer_json("q", answer)), Answer) == answer
    assert [read(dumps(match_json(match)), Match) for match in matches] == list(matches)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"matches": 1}', b"oops", b"\xff", b'{"matches": [{"id": "\\ud800"}]}']
)
def test_what_is_no_answer_is_a_value_error(data: bytes) -> None:
    """JSON of something else, and what is no JSON, is one kind of error."""
    with pytest.raises(ValueError, match=r"."):
        read(data, Answer)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({"a": ["é", 1, 1.5, None]}, '{"a":["é",1,1.5,null]}'.encode()),
        ({"a": ["\ud800", "é", 1]}, b'{"a":["\\ud800","\\u00e9",1]}'),
    ],
)
def test_json_is_compact(value: Any, data: bytes) -> None:
    """There is no blank; the text is UTF-8, or ASCII where a lone surrogate stands in it."""
    assert dumps(value) == data
    assert loads(data) == value


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "-1e999"])
def test_no_reader_takes_what_is_no_number(number: str) -> None:
    """Constants that JSON does not have and numbers beyond a double are refused, beside a lone surrogate too."""
    for data in (f"[{number}]", f'["\\ud800", {number}]'):
        with pytest.raises(ValueError, match=r"JSON|double|malformed|range"):
            loads(data.encode())
    assert loads(b'["\\ud800", 1e300, 0.5]') == ["\ud800", 1e300, 0.5]


@pytest.mark.parametrize("data", [b"", b"[1", b'"\xff"', b'"\xed\xa0\x80"', '"a"'.encode("utf-16-le")])
def test_only_utf_8_is_json(data: bytes) -> None:
    """Bytes that are no UTF-8, surrogates spelled as bytes and UTF-16 are refused, as is what ends too early."""
    with pytest.raises(ValueError, match=r"."):
        loads(data)


def test_a_story_beside_the_metadata_is_none_of_them() -> None:
    """The record of a document with a story reads as that document; a field `story` alone is metadata, as any other."""
    told = Document("a", "text", {"story": "mine"}, story="wire")
    record = record_of(told)
    assert record == {"id": "a", "text": "text", "metadata": {"story": "mine"}, "story": "wire"}
    assert document_of(record) == told
    assert document_of({"id": "a", "text": "text", "story": "mine"}).metadata == {"story": "mine"}

"""What a document may be is decided once: engine, corpus, Spark, service and client refuse alike."""

import json
from typing import Any

import pytest

import dedup
from dedup.admission import LONGEST_TEXT, admit, check_several, id_key, kind, known_key, name_of
from dedup.corpus.intake import batches
from dedup.corpus.job import Job
from dedup.errors import InvalidDocument, InvalidInput
from dedup.formats import Record, Source
from dedup.model import Document

TEXT = "Seven wizards box with liquor jugs at noon."


def endless() -> list[Any]:
    """Return a list that holds itself."""
    loop: list[Any] = []
    loop.append(loop)
    return loop


def bottomless() -> list[Any]:
    """Return lists nested deeper than Python's stack."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


def document(id: Any = "a", text: Any = TEXT, metadata: Any = None) -> Document:  # noqa: A002 - the field's name
    """Return a document of whatever types."""
    return Document(id, text, {} if metadata is None else metadata)


NOT_JSON = [float("nan"), float("inf"), b"bytes", {1, 2}, (1, 2), {1: "x"}, {None: 1, "a": 2}, endless(), object]
REFUSED = [
    (document(id=None), "no_id", '"id" is missing or null; give a string'),
    (document(id=17), "no_id", '"id" is a number; give a string'),
    (document(id=b"a"), "no_id", '"id" is of type bytes; give a string'),
    (document(id=""), "empty_id", "the id is empty"),
    (document(id="x" * 481), "long_id", "the id has 481 bytes"),
    (document(id="é" * 241), "long_id", "the id has 482 bytes"),
    (document(id="a\ud800"), "invalid_id", "lone surrogate"),
    (document(text=None), "no_text", '"text" is missing or null; give a string'),
    (document(text=b"bytes"), "no_text", '"text" is of type bytes; give a string'),
    (document(text=["a"]), "no_text", '"text" is an array; give a string'),
    (document(text="x" * (LONGEST_TEXT + 1)), "long_text", "the text has 16,777,217 characters"),
    (document(metadata=[("a", 1)]), "invalid_metadata", "it is an array"),
    (document(metadata="source"), "invalid_metadata", "it is a string"),
    (document(metadata={"deep": bottomless()}), "invalid_metadata", "the metadata is not JSON"),
    *((document(metadata={"key": value}), "invalid_metadata", "the metadata is not JSON") for value in NOT_JSON),
]


@pytest.mark.parametrize(("refused", "code", "words"), REFUSED, ids=range(len(REFUSED)))
def test_engine_and_corpus_refuse_alike_and_the_rest_goes_in(refused: Document, code: str, words: str) -> None:
    """A bad id, text or metadata, of a wrong type too, has one code and one reason; its neighbours are taken."""
    neighbours = [Document("before", TEXT), Document("after", f"{TEXT} Again.")]
    three = [neighbours[0], refused, neighbours[1]]
    with dedup.open("memory:") as index:
        report = index.put(three)
        assert [one.id for one in index.documents()] == ["after", "before"]
    [batch] = batches([Record(Source("here", i), one) for i, one in enumerate(three)], Job(), indexed=False)
    assert [record.document for record in batch.records] == neighbours
    [reject], [rejected] = report.rejected, batch.rejects
    name = refused.id if isinstance(refused.id, str) else ""
    assert (reject.place, reject.id, reject.code) == (1, name, code)
    assert words in reject.reason
    assert (rejected.id, rejected.code, rejected.reason) == (reject.id, reject.code, reject.reason)


def test_a_refusal_holds_nothing_of_the_document() -> None:
    """The message repeats neither id, text nor metadata: whoever passes it on names the document beside it."""
    with pytest.raises(InvalidDocument) as refused:
        admit(Document("SECRET", "SECRET", {"SECRET": float("nan")}))
    assert "SECRET" not in str(refused.value)


def test_admitted_metadata_are_json_with_sorted_keys() -> None:
    """Keys are sorted at every depth, nothing is escaped that UTF-8 holds, and there is no blank."""
    metadata = {"b": {"z": 1.5, "a": [True, None]}, "a": "é"}
    expected = json.dumps(metadata, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert admit(document(metadata=metadata)) == expected == '{"a":"é","b":{"a":[true,null],"z":1.5}}'.encode()


@pytest.mark.parametrize("document_id", ["a", "x" * 480, "é" * 240, "\0", "中/文 "])
def test_possible_id_becomes_its_utf8(document_id: str) -> None:
    """An id of 1 to 480 bytes is stored under its UTF-8."""
    assert id_key(document_id) == document_id.encode()


def test_longest_text_goes_in() -> None:
    """A text of 2 ** 24 code points is admitted; only a longer one is refused."""
    assert admit(document(text="é" * (1 << 24))) == b"{}"


@pytest.mark.parametrize("several", ["a text", document(), {"id": "a", "text": TEXT}])
def test_single_item_is_no_list(several: object) -> None:
    """A text, a document or a record alone is refused where several are taken, and the message says what it is."""
    with pytest.raises(InvalidInput, match=f"this is {kind(several)}"):
        check_several(several)
    check_several([several])
    check_several(iter([several]))


def test_refusals_name_what_they_can() -> None:
    """A refusal names the document by its id if that is a string, else by nothing."""
    assert [name_of(one) for one in (document(id="a"), document(id=7), None)] == ["a", "", ""]  # type: ignore[arg-type]


@pytest.mark.parametrize("document_id", ["", "x" * 481, "\ud800"])
def test_impossible_id_is_known_to_nobody(document_id: str) -> None:
    """Looking up an id that no document can have finds nothing instead of failing."""
    assert known_key(document_id) is None
    assert known_key("é") == "é".encode()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", "a string"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ([], "an array"),
        ({}, "an object"),
        (None, "missing or null"),
        ((), "of type tuple"),
    ],
)
def test_values_have_the_names_of_json(value: object, words: str) -> None:
    """A message calls a value what JSON calls it, and anything else by its type."""
    assert kind(value) == words

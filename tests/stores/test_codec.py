"""Documents survive the way into a payload and back, and what cannot is refused."""

import json
from collections import OrderedDict
from threading import Thread
from typing import Any

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dedup.errors import InvalidDocument, StoreDamaged, StoreTooNew
from dedup.model import Document
from dedup.stores.codec import decode, digest, encode, id_key

any_text = st.text(st.characters(exclude_categories=()))
any_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@given(any_text, st.dictionaries(any_text, any_json, max_size=4))
def test_any_text_and_metadata_come_back(text: str, metadata: dict[str, Any]) -> None:
    """Whatever the text and the JSON, lone and paired surrogates included, decoding gives back what was encoded."""
    document = Document("a", text, metadata)
    assert decode("a", encode(document)) == document


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "\udc80\ud800", "\ud83d" + "\ude00", "😀", "é" * 5000])
def test_awkward_texts_come_back(text: str) -> None:
    """NUL, single surrogates in any order and two that look like a pair stay what they were."""
    back = decode("a", encode(Document("a", text, {text: [text]})))
    assert ([*map(ord, back.text)], back.metadata) == ([*map(ord, text)], {text: [text]})


def test_payload_is_compressed() -> None:
    """An ordinary text takes less room than its UTF-8, and a repetitive one far less."""
    text = "The minister said on Tuesday that nothing had been decided. " * 30
    assert len(encode(Document("a", text))) < len(text) / 10


def test_digest_is_xxh3_of_the_canonical_content() -> None:
    """The digest is XXH3-128 of the metadata's length, its JSON with sorted keys, and the text."""
    metadata = json.dumps({"a": 1, "b": "é"}, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    content = len(metadata).to_bytes(8, "little") + metadata + "ü".encode()
    assert digest(Document("x", "ü", {"b": "é", "a": 1})) == xxhash.xxh3_128_digest(content)


def test_digest_tells_content_apart_and_nothing_else() -> None:
    """The digest follows text and metadata; it ignores the id, the order of keys and the kind of mapping."""
    one = digest(Document("a", "text", {"x": 1, "y": {"p": 1, "q": 2}}))
    assert one == digest(Document("b", "text", OrderedDict(y={"q": 2, "p": 1}, x=1)))
    others = [
        Document("a", "text.", {"x": 1, "y": {"p": 1, "q": 2}}),
        Document("a", "text", {"x": 1}),
        Document("a", "text", {"x": True, "y": {"p": 1, "q": 2}}),
        Document("a", '{"x":1}', {}),
        Document("a", "", {"x": 1}),
    ]
    assert len({one, *map(digest, others)}) == len(others) + 1


def endless() -> list[Any]:
    """Return a list that holds itself."""
    loop: list[Any] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), b"bytes", {1, 2}, (1, 2), {1: "x"}, {None: 1, "a": 2}, endless(), object],
    ids=repr,
)
def test_metadata_that_json_would_change_is_refused(value: object) -> None:
    """NaN, infinities, other types, keys that are no strings and loops are refused, with the id in the message."""
    for act in (encode, digest):
        with pytest.raises(InvalidDocument, match="'some-id'") as refused:
            act(Document("some-id", "text", {"key": value}))
        assert refused.value.code == "invalid_metadata"


def test_bottomless_metadata_is_refused() -> None:
    """Metadata nested deeper than Python's stack is refused like any other that is not JSON."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidDocument) as refused:
        encode(Document("a", "text", {"deep": deep}))
    assert refused.value.code == "invalid_metadata"


def test_damaged_payload_is_noticed() -> None:
    """A payload with a bit turned never decodes to something else; one cut short does not decode at all."""
    document = Document("a", "some text that was written", {"key": "value"})
    payload, unnoticed = encode(document), 0
    for bit in range(8, 8 * len(payload)):
        turned = bytearray(payload)
        turned[bit // 8] ^= 1 << bit % 8
        try:
            assert decode("a", bytes(turned)) == document
            unnoticed += 1
        except StoreDamaged as error:
            assert "'a'" in str(error)  # noqa: PT017 - either outcome may come
    assert unnoticed < 5
    for end in range(1, len(payload)):
        with pytest.raises(StoreDamaged):
            decode("a", payload[:end])
    with pytest.raises(StoreDamaged):
        decode("a", b"")


def test_payload_of_a_newer_format_is_refused() -> None:
    """A payload whose format byte is higher than ours asks for an upgrade."""
    payload = encode(Document("a", "text"))
    with pytest.raises(StoreTooNew, match="upgrade"):
        decode("a", bytes((payload[0] + 1,)) + payload[1:])


def test_threads_encode_and_decode_at_once() -> None:
    """Threads do not disturb each other's compression."""
    documents = [Document(str(place), f"text {place} " * 2000, {"n": place}) for place in range(8)]
    wrong: list[Document] = []

    def work(document: Document) -> None:
        wrong.extend(document for _ in range(50) if decode(document.id, encode(document)) != document)

    threads = [Thread(target=work, args=(document,)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("document_id", ["a", "x" * 480, "é" * 240, "\0", "中/文 "])
def test_possible_id_becomes_its_utf8(document_id: str) -> None:
    """An id of 1 to 480 bytes is stored under its UTF-8."""
    assert id_key(document_id) == document_id.encode()


@pytest.mark.parametrize(
    ("document_id", "code"),
    [("", "empty_id"), ("x" * 481, "long_id"), ("é" * 241, "long_id"), ("a\ud800", "invalid_id")],
)
def test_impossible_id_is_refused_with_its_code(document_id: str, code: str) -> None:
    """Empty, over-long and unencodable ids each have a code of their own."""
    with pytest.raises(InvalidDocument) as refused:
        id_key(document_id)
    assert refused.value.code == code

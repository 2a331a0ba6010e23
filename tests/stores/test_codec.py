"""Documents survive the way into a payload and back, and what cannot is refused."""

import json
from collections import OrderedDict
from threading import Thread
from typing import Any

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dedup.admission import admit
from dedup.errors import StoreDamaged, StoreTooNew
from dedup.model import Document
from dedup.stores.codec import content, decode, digest, encode


def whole(document: Document) -> bytes:
    """Return the content of a document that may go in."""
    return content(document.text, admit(document))


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
    assert decode("a", encode(whole(document))) == document


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "\udc80\ud800", "\ud83d" + "\ude00", "😀", "é" * 5000])
def test_awkward_texts_come_back(text: str) -> None:
    """NUL, single surrogates in any order and two that look like a pair stay what they were."""
    back = decode("a", encode(whole(Document("a", text, {text: [text]}))))
    assert ([*map(ord, back.text)], back.metadata) == ([*map(ord, text)], {text: [text]})


def test_payload_is_compressed() -> None:
    """An ordinary text takes less room than its UTF-8, and a repetitive one far less."""
    text = "The minister said on Tuesday that nothing had been decided. " * 30
    assert len(encode(whole(Document("a", text)))) < len(text) / 10


def test_digest_is_xxh3_of_the_canonical_content() -> None:
    """The digest is XXH3-128 of the metadata's length, its JSON with sorted keys, and the text."""
    metadata = json.dumps({"a": 1, "b": "é"}, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    expected = len(metadata).to_bytes(8, "little") + metadata + "ü".encode()
    assert digest(whole(Document("x", "ü", {"b": "é", "a": 1}))) == xxhash.xxh3_128_digest(expected)


def test_digest_tells_content_apart_and_nothing_else() -> None:
    """The digest follows text and metadata; it ignores the id, the order of keys and the kind of mapping."""
    one = digest(whole(Document("a", "text", {"x": 1, "y": {"p": 1, "q": 2}})))
    assert one == digest(whole(Document("b", "text", OrderedDict(y={"q": 2, "p": 1}, x=1))))
    others = [
        Document("a", "text.", {"x": 1, "y": {"p": 1, "q": 2}}),
        Document("a", "text", {"x": 1}),
        Document("a", "text", {"x": True, "y": {"p": 1, "q": 2}}),
        Document("a", '{"x":1}', {}),
        Document("a", "", {"x": 1}),
    ]
    assert len({one, *(digest(whole(other)) for other in others)}) == len(others) + 1


def test_damaged_payload_is_noticed() -> None:
    """A payload with a bit turned never decodes to something else; one cut short does not decode at all."""
    document = Document("a", "some text that was written", {"key": "value"})
    payload, unnoticed = encode(whole(document)), 0
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
    """A payload whose format byte is higher than ours, 1 and 2 (with a story), asks for an upgrade."""
    payload = encode(whole(Document("a", "text")))
    with pytest.raises(StoreTooNew, match="upgrade"):
        decode("a", bytes((payload[0] + 2,)) + payload[1:])


def test_threads_encode_and_decode_at_once() -> None:
    """Threads do not disturb each other's compression."""
    documents = [Document(str(place), f"text {place} " * 2000, {"n": place}) for place in range(8)]
    wrong: list[Document] = []

    def work(document: Document) -> None:
        wrong.extend(document for _ in range(50) if decode(document.id, encode(whole(document))) != document)

    threads = [Thread(target=work, args=(document,)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_digest_of_another_content_is_damage() -> None:
    """A payload that is whole, but not what its digest was taken of, is damaged: one of the two is another's."""
    whole = content("a text", b"{}")
    with pytest.raises(StoreDamaged, match="digest"):
        decode("a", encode(whole), digest(content("another", b"{}")))
    back = decode("a", encode(whole), digest(whole))
    assert (back.text, back.version) == ("a text", digest(whole).hex())

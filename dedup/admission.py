"""What a document may be, decided once for every way in: its id, its text, its metadata."""

import json
from collections.abc import Mapping
from typing import Any

from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Document

LONGEST_ID = 480  # an LMDB key holds 511 bytes
LONGEST_TEXT = 1 << 24  # ADR 4: bounds verification, which is linear in it
_KINDS = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object"}
_KINDS |= {type(None): "missing or null"}
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def admit(document: Document) -> bytes:
    """Return the metadata of a document that may go in, as JSON with sorted keys in UTF-8.

    Lone surrogates are encoded one by one, as escapes would join two of them to one character.

    Raises:
        InvalidDocument: `invalid_document`, `no_id`, `empty_id`, `long_id`, `invalid_id`, `no_text`, `long_text` or
            `invalid_metadata`. The message holds nothing of the document: whoever passes it on names the document
            beside it.
    """
    check_types(document)
    id_key(document.id)
    check_length(document.text, "the text")
    return _canonical_json(document.metadata)


def check_types(document: Document, id_field: str = "id", text_field: str = "text") -> None:
    """Refuse what is no document, and an id or a text that is no string.

    Raises:
        InvalidDocument: `invalid_document`, `no_id` or `no_text`; the message calls them by the names of the
            record's fields.
    """
    if not isinstance(document, Document):
        raise InvalidDocument("invalid_document", f"this is {kind(document)}; give a dedup.Document")
    if not isinstance(document.id, str):
        raise InvalidDocument("no_id", f'"{id_field}" is {kind(document.id)}; give a string')
    if not isinstance(document.text, str):
        raise InvalidDocument("no_text", f'"{text_field}" is {kind(document.text)}; give a string')


def check_several(values: object) -> None:
    """Refuse a single text, document or record where several are taken one after the other.

    Raises:
        InvalidInput: it is a single one.
    """
    if isinstance(values, str | Document | Mapping):
        raise InvalidInput(f"several are expected, and this is {kind(values)}; give a list, also of a single item")


def name_of(document: Document) -> str:
    """Return the id by which a refusal names a document; nothing if it is no string."""
    name = getattr(document, "id", "")
    return name if isinstance(name, str) else ""


def id_key(document_id: str, name: str = "the id", longest: int = LONGEST_ID) -> bytes:
    """Return an id, called `name` in the message, as the UTF-8 bytes it is stored and sorted under.

    Raises:
        InvalidDocument: `empty_id`, `long_id` (more bytes than the longest has) or `invalid_id` (no UTF-8: a lone
            surrogate).
    """
    try:
        key = document_id.encode()
    except UnicodeEncodeError as error:
        raise InvalidDocument("invalid_id", f"{name} holds a lone surrogate, which is no UTF-8; change it") from error
    if not key:
        raise InvalidDocument("empty_id", f"{name} is empty; give one of 1 to {longest} bytes of UTF-8")
    if len(key) > longest:
        raise InvalidDocument("long_id", f"{name} has {len(key):,} bytes of UTF-8; at most {longest} fit: shorten it")
    return key


def known_key(document_id: str) -> bytes | None:
    """Return an id as `id_key` does, None for an id that no document can have."""
    try:
        return id_key(document_id)
    except InvalidDocument:
        return None


def check_length(text: str, name: str) -> None:
    """Refuse a text, called `name` in the message, of more than 2 ** 24 code points.

    Raises:
        InvalidDocument: `long_text`.
    """
    if len(text) > LONGEST_TEXT:
        reason = f"{name} has {len(text):,} characters; at most {LONGEST_TEXT:,} fit: split it"
        raise InvalidDocument("long_text", reason)


def kind(value: object) -> str:
    """Return what a value is in the words of JSON, or the name of its Python type."""
    return _KINDS.get(type(value), f"of type {type(value).__name__}")


def _canonical_json(metadata: Mapping[str, Any]) -> bytes:
    if not isinstance(metadata, Mapping):
        raise _invalid_metadata(f"it is {kind(metadata)}")
    if not metadata:  # as of most documents: 3 us of the 18 that reading one takes
        return b"{}"
    plain = dict(metadata)
    try:
        text = _canonical(plain)
        faithful = json.loads(text) == plain
    except (TypeError, ValueError, RecursionError) as error:
        raise _invalid_metadata(str(error)) from error
    if not faithful:
        raise _invalid_metadata("JSON would give it back changed: a key that is no string, or a tuple")
    return text.encode("utf-8", "surrogatepass")


def _invalid_metadata(reason: str) -> InvalidDocument:
    advice = "use objects with string keys, lists, strings, finite numbers, true, false and null"
    return InvalidDocument("invalid_metadata", f"the metadata is not JSON ({reason}); {advice}")

"""Documents and answers as JSON and back: one form for files, the command line, the service and its client."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import msgspec

from dedup.model import Answer, Document, Hit, Hits, Match, Placed, Watch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """Which of a record's fields are its id and its text; the others are its metadata."""

    id: str = "id"
    text: str = "text"


USUAL = Fields()


def document_of(record: Mapping[str, Any], fields: Fields = USUAL) -> Document:
    """Return the document that a record holds: id and text as named, all other fields as metadata.

    Where the only other field is an object called `metadata`, that object is the metadata; beside it stands what
    `record_of` tells of a document's `story`, which the index that takes the document decides anew. An id that is a
    whole number becomes its decimal digits. Whether the document may go in is for `dedup.admission` to say.
    """
    name: Any = record.get(fields.id)
    text: Any = record.get(fields.text)
    metadata = {field: value for field, value in record.items() if field not in (fields.id, fields.text)}
    if metadata.keys() - {"story"} == {"metadata"} and isinstance(metadata["metadata"], dict):
        metadata = metadata["metadata"]
    return Document(str(name) if type(name) is int else name, text, metadata)


def record_of(document: Document) -> dict[str, Any]:
    """Return the record that `document_of` reads as this document, with its story if it has one.

    Its metadata are flat, unless that would be misread, or the story might be taken for one of them.
    """
    if document.story is not None:
        return {**document_json(document), "story": document.story}
    flat = {"id": document.id, "text": document.text, **document.metadata}
    return flat if document_of(flat) == document else document_json(document)


def document_json(document: Document) -> dict[str, Any]:
    """Return the record of a document with the metadata in a field of its own, whatever they are."""
    return {"id": document.id, "text": document.text, "metadata": dict(document.metadata)}


def placed_json(placed: Placed) -> dict[str, Any]:
    """Return what became of a document; what it is a duplicate of, and its story, only where there is one."""
    told = msgspec.to_builtins(placed)
    del told["place"]
    return {name: value for name, value in told.items() if value is not None}


def answer_json(query: str | None, found: Answer) -> dict[str, Any]:
    """Return what the query of that id resembles; `too_short` only where it is."""
    answer = msgspec.to_builtins(found)
    matches = answer.pop("matches")
    if not found.too_short:
        del answer["too_short"]
    return {"query": query, **answer, "matches": matches}


def match_json(found: Match) -> dict[str, Any]:
    """Return one match."""
    return dict(msgspec.to_builtins(found))


def watch_json(watch: Watch) -> dict[str, Any]:
    """Return one watch; `read(data, Watch)` reads it."""
    return dict(msgspec.to_builtins(watch))


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return one hit; `read(data, Hit)` reads it."""
    return dict(msgspec.to_builtins(hit))


def hits_json(hits: Hits) -> dict[str, Any]:
    """Return a page of hits; `read(data, Hits)` reads it."""
    return dict(msgspec.to_builtins(hits))


def dumps(value: Any) -> bytes:
    """Return JSON in UTF-8; where a lone surrogate, which is no UTF-8, stands in it, in ASCII with escapes."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, TypeError):  # msgspec knows no subclass of str, which json takes for a string
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def loads(data: bytes) -> Any:
    """Return what JSON holds; an escaped lone surrogate is a code point like any other.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        if b"\\u" not in data:
            raise
        return json.loads(data, parse_constant=_refuse, parse_float=finite)


def read(data: bytes, kind: type[T]) -> T:
    """Return a document, match or answer from its JSON; fields that it does not know are passed over.

    Raises:
        ValueError: it is no JSON, or the JSON of something else.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        return msgspec.convert(loads(data), kind)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def finite(digits: str) -> float:
    """Return the number that JSON's digits are, if a double can hold it."""
    number = float(digits)
    if number - number != 0:
        raise ValueError("it holds a number that no double can hold")
    return number

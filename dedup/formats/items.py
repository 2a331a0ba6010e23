"""What a reader yields: a document or a reject, each with the place it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dedup.model import Document

KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands: a path, and in a file of many records its line, row or record, from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `path:line`, as compilers and editors write it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Fields:
    """Which of a record's fields are its id and its text; the others are its metadata."""

    id: str = "id"
    text: str = "text"


USUAL = Fields()


@dataclass(frozen=True, slots=True)
class Record:
    """A document and where it was read."""

    source: Source
    document: Document


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that is no document, or that the index refused: a stable code and the reason; `id` where known."""

    source: Source
    id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """An HTML page whose main text is still to be extracted; `charset` and `url` are empty where not known."""

    source: Source
    id: str
    html: bytes
    metadata: Mapping[str, Any]
    charset: str = ""
    url: str = ""


Item = Record | Rejected


def document(source: Source, values: dict[str, Any], fields: Fields) -> Item:
    """Return the document that a record's values make: id and text as named, all others as metadata."""
    name, text = values.pop(fields.id, None), values.pop(fields.text, None)
    if not isinstance(name, str):
        return Rejected(source, "", "no_id", f'"{fields.id}" is {kind(name)}; give a string, or another --id-field')
    if not isinstance(text, str):
        return Rejected(
            source, name, "no_text", f'"{fields.text}" is {kind(text)}; give a string, or another --text-field'
        )
    return Record(source, Document(name, text, values))


def kind(value: object) -> str:
    """Return what a value is in the words of JSON."""
    return "missing or null" if value is None else KINDS.get(type(value), "a string")

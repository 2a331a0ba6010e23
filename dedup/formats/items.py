"""What a reader yields: a document or a reject, each with the place it came from."""

from collections.abc import Container, Iterable, Mapping
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
ROW = "row"
"""As the name of the id's field: records have no id, and get their number as one, unless they have such a field."""


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
_MOST_SHOWN = 200  # not measured: three lines of a terminal


def numbered(values: dict[str, Any], source: Source, name: str, fields: Fields) -> dict[str, Any]:
    """Return a record's values with the id `NAME:LINE` if `fields` ask for it and there is no field of that name."""
    if numbers(fields, values):
        values[ROW] = f"{name}:{source.line}"
    return values


def numbers(fields: Fields, names: Container[str]) -> bool:
    """Return whether records with fields of these names are to get their number as id."""
    return fields.id == ROW and ROW not in names


def document(source: Source, values: dict[str, Any], fields: Fields) -> Item:
    """Return the document that a record's values make: id and text as named, all others as metadata."""
    names = list(values)
    name, text = values.pop(fields.id, None), values.pop(fields.text, None)
    if not isinstance(name, str):
        return Rejected(source, "", "no_id", _wanting(fields.id, name, names, "--id-field"))
    if not isinstance(text, str):
        return Rejected(source, name, "no_text", _wanting(fields.text, text, names, "--text-field"))
    return Record(source, Document(name, text, values))


def _wanting(field: str, value: object, names: list[str], option: str) -> str:
    """Return why a field is no id or no text, and what to do."""
    if field in names:
        return f'"{field}" is {kind(value)}; give a string, or name another field with {option}'
    return f'there is no field "{field}"; {naming(names, option)}'


def naming(names: Iterable[str], option: str) -> str:
    """Return the advice to name one of the fields that there are."""
    shown = ", ".join(names)
    shown = f"{shown[:_MOST_SHOWN]}…" if len(shown) > _MOST_SHOWN else shown
    numbers = f", or let {option} {ROW} number the records" if option == "--id-field" else ""
    return f"the fields are {shown or 'none'}: name one with {option}{numbers}"


def kind(value: object) -> str:
    """Return what a value is in the words of JSON."""
    return "null" if value is None else KINDS.get(type(value), "a string")

"""What a reader yields: a document or a reject, each with the place it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dedup.admission import check_types, name_of
from dedup.errors import InvalidDocument
from dedup.model import Document
from dedup.record import USUAL, Fields, document_of, record_of


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands: a path, and in a file of many records its line, row or record, from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `path:line`, as compilers and editors write it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Record:
    """A document, where it was read, and how the input holds it.

    Attributes:
        source: where it was read.
        document: it.
        values: the input's own record, field by field; None where the input has no fields, as a text has none.
        fields: which of them are the id and the text.
    """

    source: Source
    document: Document
    values: Mapping[str, Any] | None = field(default=None, compare=False)
    fields: Fields = field(default=USUAL, compare=False)

    @property
    def written(self) -> Mapping[str, Any]:
        """The record to write where the document is given back: the input's own, if it has fields."""
        return record_of(self.document) if self.values is None else self.values


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


def record(source: Source, values: Mapping[str, Any], fields: Fields) -> Item:
    """Return the document that the values of an input's record make, unless its id or text is no string."""
    document = document_of(values, fields)
    try:
        check_types(document, fields.id, fields.text)
    except InvalidDocument as error:
        option = {"no_id": "--id-field", "no_text": "--text-field"}[error.code]
        return Rejected(source, name_of(document), error.code, f"{error}, or name another field with {option}")
    return Record(source, document, values, fields)

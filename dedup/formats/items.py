"""What a reader yields: a document or a reject, each with the place it came from."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dedup.admission import check_types, name_of
from dedup.errors import InvalidDocument
from dedup.model import Document
from dedup.record import USUAL, Fields, document_of, record_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands: a path, and in a file of many records its line, row or record, from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `path:line`, as compilers and editors write it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, with values of the table's own types: the batch that holds it, and its place there, from 0."""

    batch: "pa.RecordBatch"
    place: int


@dataclass(frozen=True, slots=True)
class Record:
    """A document, where it was read, and how the input holds it.

    Attributes:
        source: where it was read.
        document: it.
        values: the input's own record, field by field; None where the input has no fields, as a text has none.
        fields: which of them are the id and the text.
        row: the row that it is in a table; None where the input is no table of Arrow's types.
    """

    source: Source
    document: Document
    values: Mapping[str, Any] | None = field(default=None, compare=False)
    fields: Fields = field(default=USUAL, compare=False)
    row: Row | None = field(default=None, compare=False)

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
class PassedOver:
    """Something in an archive that is no document by its kind, such as a request or an image; `kind` names it."""

    kind: str


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
Entry = Record | Rejected | Page | PassedOver
"""What a format yields."""
ROW = "row"
"""As the name of the id's field: records get their number as id, unless they have a field of that name."""
_MOST_SHOWN = 200  # not measured: three lines of a terminal


def record(source: Source, values: dict[str, Any], fields: Fields, name: str | None = None) -> Item:
    """Return the document that the values of an input's record make, unless its id or text is no string.

    Args:
        source: where the record was read.
        values: its fields.
        fields: which of them are the id and the text; with `row` for the id a record without such a field is numbered.
        name: the file's name in the ids `NAME:LINE` of numbered records; None where records have no lines.
    """
    if name is not None and numbers(fields, values):
        values = {ROW: f"{name}:{source.line}", **values}
    document = document_of(values, fields)
    try:
        check_types(document, fields.id, fields.text)
    except InvalidDocument as error:
        return Rejected(source, name_of(document), error.code, _wanting(error, values, fields))
    return Record(source, document, values, fields)


def _wanting(error: InvalidDocument, values: dict[str, Any], fields: Fields) -> str:
    """Return why the id or the text is none, and which option names another field."""
    wanted, option = {"no_id": (fields.id, "--id-field"), "no_text": (fields.text, "--text-field")}[error.code]
    if wanted in values:
        return f"{error}, or name another field with {option}"
    return f'there is no field "{wanted}"; {naming(values, option)}'


def numbers(fields: Fields, names: Container[str]) -> bool:
    """Return whether records with fields of these names are to get their number as id."""
    return fields.id == ROW and ROW not in names


def naming(names: Iterable[str], option: str) -> str:
    """Return the advice to name one of the fields that there are."""
    shown = ", ".join(names)
    shown = f"{shown[:_MOST_SHOWN]}…" if len(shown) > _MOST_SHOWN else shown
    numbered = f", or let {option} {ROW} number the records" if option == "--id-field" else ""
    return f"the fields are {shown or 'none'}: name one with {option}{numbered}"

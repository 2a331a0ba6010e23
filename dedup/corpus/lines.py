"""Documents as lines of JSON, which `ingest` takes again."""

import json
from typing import Any

import msgspec

from dedup.model import Document


def encoded(document: Document) -> bytes:
    """Return one line without its end: `id`, `text`, then the metadata."""
    return line({"id": document.id, "text": document.text, **document.metadata})


def line(fields: dict[str, Any]) -> bytes:
    """Return one line without its end; a lone surrogate, which is no UTF-8, is escaped."""
    try:
        return msgspec.json.encode(fields)
    except UnicodeEncodeError:
        return json.dumps(fields).encode("ascii")


def document(fields: dict[str, Any], start: int = 0, stop: int | None = None) -> Document:
    """Return the document of a line, or with a part of its text alone."""
    metadata = {name: value for name, value in fields.items() if name not in ("id", "text")}
    return Document(fields["id"], fields["text"][start:stop], metadata)


def decoded(data: bytes) -> dict[str, Any]:
    """Return the fields of a line."""
    fields: dict[str, Any] = json.loads(data) if b"\\ud" in data else msgspec.json.decode(data)
    return fields

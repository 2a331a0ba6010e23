"""How commands come by an index and its documents."""

import dedup
from dedup.engine import Index
from dedup.errors import InvalidDocument
from dedup.model import Document


def open_index(url: str, *, create: bool = False, read_only: bool = False) -> Index:
    """Open the index, which must be there unless `create`."""
    return dedup.open(url, create=create, read_only=read_only)


def document(index: Index, name: str) -> Document:
    """Return the document of that id.

    Raises:
        InvalidDocument: if there is none (`unknown_id`).
    """
    found = index.get(name)
    if found is None:
        raise InvalidDocument("unknown_id", f"{name}: no such document in the index; check the id")
    return found

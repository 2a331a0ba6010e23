"""The documents' own fields, and how the files of nodes call them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dedup.model import Document
from dedup.record import dumps

NODES = ("Id", "Label", "When", "Degree", "InDegree", "OutDegree", "InWeight", "OutWeight")
Kind = Literal["boolean", "long", "double", "string"]
_LONGEST = 63  # bits of a `long`


@dataclass(frozen=True, slots=True)
class Field:
    """A field of metadata.

    Attributes:
        name: the documents' name for it.
        head: that of its column: Gephi tells no capitals from others, and refuses a head twice.
        kind: what all of its values are.
    """

    name: str
    head: str
    kind: Kind


def fields(documents: Iterable[Document]) -> Sequence[Field]:
    """Return the fields that any of the documents has, those of the first document first."""
    kinds = dict[str, set[Kind]]()
    for one in documents:
        for name, value in one.metadata.items():
            kinds.setdefault(name, set()).update([] if value is None else [_kind(value)])
    return [Field(name, head, _common(kinds[name])) for name, head in zip(kinds, _heads(kinds), strict=True)]


def written(value: Any) -> str:
    """Return a value as text; what is no text is JSON."""
    return value if isinstance(value, str) else dumps(value).decode()


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long" if value.bit_length() <= _LONGEST else "string"
    return "double" if isinstance(value, float) else "string"


def _common(kinds: set[Kind]) -> Kind:
    """Return the kind that holds values of all of these."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "double" if kinds == {"long", "double"} else "string"


def _heads(names: Iterable[str]) -> Iterable[str]:
    """Yield the heads of columns: a name that a column has already gets `_` after it."""
    taken = {head.lower() for head in NODES}
    for name in names:
        head = name
        while head.lower() in taken:
            head += "_"
        taken.add(head.lower())
        yield head

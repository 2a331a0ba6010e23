"""Metadata for documents that have none in themselves: by a pattern on their names, and from a table by their ids."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from dedup.dates import KEYS
from dedup.errors import InvalidInput
from dedup.formats.items import Item, Record, Rejected
from dedup.formats.stream import Meter

Metadata = Mapping[str, Any]
Pattern = Callable[[str], Metadata | None]
"""Reads the metadata in a document's name; None if the name has another form."""
_FIELD = re.compile(r"\{(\w*)\}")
_DATE = r"\d[\d:.T-]*"


def pattern_of(written: str) -> Pattern:
    """Return what reads metadata from a document's name, as `{source}_{published}_{n}` has them.

    A field takes as little as it can, one called `published` or `date` nothing but a date's digits; `{}` takes what is
    not wanted. A pattern without a slash is held against the last part of the name.

    Raises:
        InvalidInput: the pattern has no field, one twice, two that touch, or a brace that is none of a field's.
    """
    literals, names = _FIELD.split(written)[::2], _FIELD.findall(written)
    wanted = [name for name in names if name]
    if not wanted:
        raise InvalidInput(f"--name {written}: names no field; write for instance '{{source}}_{{published}}'")
    if twice := next((name for name in wanted if wanted.count(name) > 1), None):
        raise InvalidInput(f"--name {written}: {{{twice}}} stands twice; name each field once")
    if not all(literals[1:-1]):
        raise InvalidInput(f"--name {written}: two fields touch; put what parts them in names between them")
    if any(brace in literal for literal in literals for brace in "{}"):
        raise InvalidInput(f"--name {written}: a brace is left; write fields as {{name}}, in letters and digits")
    parts = [re.escape(literals[0])]
    for name, literal in zip(names, literals[1:], strict=True):
        parts.append(f"({_DATE if name in KEYS else '[^/]+?'}){re.escape(literal)}")
    pattern = re.compile("".join(parts))
    return lambda name: _read(pattern, names, name if "/" in written else name.rpartition("/")[2])


def _read(pattern: re.Pattern[str], names: list[str], name: str) -> Metadata | None:
    found = pattern.fullmatch(name)
    return {key: value for key, value in zip(names, found.groups(), strict=True) if key} if found else None


def table_of(rows: Iterable[Item]) -> tuple[dict[str, Metadata], list[Rejected]]:
    """Return the metadata in the rows of a table by the rows' ids, and the rows that cannot be used."""
    table, rejects = dict[str, Metadata](), list[Rejected]()
    for row in rows:
        if isinstance(row, Rejected):
            rejects.append(row)
        elif row.document.id in table:
            rejects.append(Rejected(row.source, row.document.id, "duplicate_id", "another row has this id"))
        else:
            table[row.document.id] = row.document.metadata
    return table, rejects


def annotated(
    items: Iterable[Item],
    pattern: Pattern | None,
    table: Mapping[str, Metadata] | None,
    meter: Meter,
) -> Iterator[Item]:
    """Yield the items, each document with what its name and its row of the table say; the table's word goes first.

    The meter is told of names that do not fit, of documents without a row, and in the end of rows without a document.
    """
    used = set[str]()
    for item in items:
        if isinstance(item, Rejected):
            yield item
            continue
        named = _named(item, pattern, meter) if pattern else {}
        listed = _listed(item, table, used, meter) if table is not None else {}
        yield _with(item, {**named, **listed})
    meter.rows_unused = len(table) - len(used) if table is not None else 0


def _named(record: Record, pattern: Pattern, meter: Meter) -> Metadata:
    found = pattern(record.document.id)
    if found is None:
        meter.names_unread.append(record.document.id)
    return found or {}


def _listed(record: Record, table: Mapping[str, Metadata], used: set[str], meter: Meter) -> Metadata:
    """Return the row of the document's id, or of the file's name with its ending."""
    name = record.document.id
    for key in (name, f"{name}{PurePath(record.source.path).suffix}"):
        if key in table:
            used.add(key)
            return table[key]
    meter.without_row.append(name)
    return {}


def _with(record: Record, metadata: Metadata) -> Record:
    """Return the record with more metadata; its id and its text stay."""
    document, values = record.document, record.values
    more = {key: value for key, value in metadata.items() if key not in (record.fields.id, record.fields.text)}
    return replace(
        record,
        document=replace(document, metadata={**document.metadata, **more}),
        values=None if values is None else {**values, **more},
        row=None if more else record.row,  # a table's row does not have them
    )

"""Metadata for documents that have none in themselves: by a pattern on their names, and from a table by their ids."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_OF_DATES = frozenset("0123456789:.T-")


def pattern_of(written: str) -> Pattern:
    """Return what reads metadata from a document's name, as `{source}_{published}_{n}` has them.

    A field takes as little as it can, one called `published` or `date` all digits of a date; `{}` takes what is not
    wanted. A pattern without a slash is held against the last part of the name.

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
    return lambda name: _read(literals, names, name if "/" in written else name.rpartition("/")[2])


def _read(literals: Sequence[str], names: Sequence[str], text: str) -> Metadata | None:
    """Return the fields, each as short as it can be; in time linear in the text, which a regular expression is not."""
    place = len(literals[0])
    if not text.startswith(literals[0]):
        return None
    ends, good = list[list[int]](), [at == len(text) for at in range(len(text) + 1)]
    for name, literal in zip(reversed(names), reversed(literals[1:]), strict=True):
        ends.append(_ends(text, name in KEYS, literal, good))
        good = [end >= 0 for end in ends[-1]]
    found = dict[str, str]()
    for name, literal, of in zip(names, literals[1:], reversed(ends), strict=True):
        if of[place] < 0:
            return None
        found[name] = text[place : of[place]]
        place = of[place] + len(literal)
    found.pop("", None)
    return found


def _ends(text: str, dated: bool, literal: str, good: Sequence[bool]) -> list[int]:
    """Return where a field that begins at each place ends: a date as late, others as soon as can be; -1 if it cannot.

    Args:
        text: the name.
        dated: whether the field is a date.
        literal: what follows the field.
        good: from which places on the rest of the pattern fits.
    """
    ends, end = [-1] * (len(text) + 1), -1
    for place in reversed(range(len(text))):
        after = place + 1
        if text.startswith(literal, after) and good[after + len(literal)] and not (dated and end >= 0):
            end = after
        if text[place] not in _OF_DATES if dated else text[place] == "/":
            end = -1
        ends[place] = end if not dated or text[place].isdecimal() else -1
    return ends


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

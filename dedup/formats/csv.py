"""Comma or tab separated values: the first record names the fields, each other one is a document."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from dedup.formats.items import Item, Rejected, Source, record
from dedup.formats.jsonl import BYTE_ORDER_MARK
from dedup.formats.rewind import Rewind
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields

MOST_BYTES = 16 << 20  # not measured: a lost quote would else swallow the file
_SKIPPED_AT_ONCE = 1 << 20  # not measured: memory while a long line is passed over


class _Row(NamedTuple):
    """One record: the line it begins at, its values, how many lines it has, or the code and reason why it is none."""

    line: int
    values: list[str]
    lines: int
    code: str = ""
    reason: str = ""


def comma(stream: Stream, path: str, name: str, fields: Fields = USUAL) -> Iterator[Item]:
    """Yield a document or a reject for each record of comma separated values."""
    return _records(stream, path, name, fields, ",")


def tab(stream: Stream, path: str, name: str, fields: Fields = USUAL) -> Iterator[Item]:
    """Yield a document or a reject for each record of tab separated values."""
    return _records(stream, path, name, fields, "\t")


def _records(stream: Stream, path: str, _: str, fields: Fields, delimiter: str) -> Iterator[Item]:
    rows, line = _rows(Rewind(stream), delimiter), 1
    try:
        header = next(rows, _Row(1, [], 0))
        if wrong := _unusable(header, fields):
            yield Rejected(Source(path, header.line), "", *wrong)
            return
        for row in rows:
            line = row.line
            yield _item(Source(path, line), row, header.values, fields)
            line += row.lines
    except DAMAGE as error:
        yield unreadable(Source(path, line), error)


def _unusable(header: _Row, fields: Fields) -> tuple[str, str] | None:
    """Return the code and the reason why no record can be read under such a header."""
    if header.code:
        return header.code, f"{header.reason}; without the names of the fields nothing can be read"
    names = header.values
    found = ", ".join(names)[:200] or "none"
    if len(set(names)) < len(names):
        return "invalid_csv", f"two fields have the same name (there are {found}); rename one"
    if fields.id not in names:
        return "no_id", f"there is no field {fields.id!r}, but {found}; name one with --id-field"
    if fields.text not in names:
        return "no_text", f"there is no field {fields.text!r}, but {found}; name one with --text-field"
    return None


def _item(source: Source, row: _Row, names: list[str], fields: Fields) -> Item:
    if row.code:
        return Rejected(source, "", row.code, row.reason)
    if len(row.values) != len(names):
        reason = f"{len(row.values)} values where the first line names {len(names)}; check quotes and separators"
        return Rejected(source, "", "invalid_csv", reason)
    return record(source, dict(zip(names, row.values, strict=True)), fields)


def _rows(stream: Rewind, delimiter: str) -> Iterator[_Row]:
    """Yield each record that is not blank; behind one that is none go on at the line after its first."""
    line = 1
    while True:
        taken = _Lines(stream, first=line == 1)
        row = _row(taken, line, delimiter)
        if not taken.lines:
            return
        if row.code:
            stream.unread(bytes(taken.data[taken.first :]))
            row = row._replace(lines=1)
        if row.values or row.code:
            yield row
        line += row.lines


def _row(taken: "_Lines", line: int, delimiter: str) -> _Row:
    csv.field_size_limit(MOST_BYTES)
    try:
        values = next(csv.reader(taken, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return _Row(line, [], taken.lines, "invalid_csv", f"{error}; check the quotes")
    except _TooLong:
        return _Row(line, [], taken.lines, "long_line", f"more than {MOST_BYTES:,} bytes; check the quotes")
    if taken.wrong:
        return _Row(line, [], taken.lines, "invalid_utf8", f"not UTF-8 ({taken.wrong}); convert the file")
    return _Row(line, values, taken.lines)


class _TooLong(Exception):
    """A record of more bytes than are held."""


class _Lines:
    """The lines of one record as csv takes them, and their bytes, should they have to be read once more."""

    def __init__(self, stream: Rewind, *, first: bool) -> None:
        self._stream = stream
        self._start = first
        self.data = bytearray()
        self.first = 0
        self.lines = 0
        self.wrong = ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        room = MOST_BYTES - len(self.data)
        line = self._stream.readline(room + 1)
        if not line:
            raise StopIteration
        self.lines += 1
        self.data += line
        self.first = self.first or len(line)
        if len(self.data) > MOST_BYTES:
            if self.lines == 1:
                self._skip(line)
            raise _TooLong
        return self._decoded(line.removeprefix(BYTE_ORDER_MARK) if self._start and self.lines == 1 else line)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            self.wrong = error.reason
            return line.decode(errors="replace")

    def _skip(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(_SKIPPED_AT_ONCE)

"""Values separated by commas, semicolons, tabs or bars: the first record names the fields, each other is a document."""

import importlib.util
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any, NamedTuple

from dedup.errors import InvalidInput
from dedup.formats.encoding import not_utf8
from dedup.formats.items import Entry, Item, PassedOver, Rejected, Source, naming, numbers, record
from dedup.formats.rewind import Rewind
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields

MOST_BYTES = 16 << 20  # not measured: a lost quote would else swallow the file
DELIMITERS = ",;\t|"
DELIMITERS_NAMED = {"tab": "\t", r"\t": "\t"}
_TAKEN = set('"\r\n\0')
_SKIPPED_AT_ONCE = 1 << 20  # not measured: memory while a long line is passed over


def _csv_with_long_fields() -> Any:
    """Return the standard library's parser once more, for its limit of a field's length holds wherever it is used."""
    spec: Any = importlib.util.find_spec("_csv")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit(MOST_BYTES)
    return module


csv: Any = _csv_with_long_fields()


class _Row(NamedTuple):
    """One record: the line it begins at, its values, how many lines it has, or the code and reason why it is none."""

    line: int
    values: list[str]
    lines: int
    code: str = ""
    reason: str = ""


def records(stream: Stream, path: str, name: str, fields: Fields = USUAL, *, delimiter: str = "") -> Iterator[Entry]:
    """Yield a document or a reject for each record; by default its first record shows the delimiter.

    A record equal to the first is passed over: it is the header of a file that was appended.
    """
    rewind, line = Rewind(stream), 1
    try:
        rows = _rows(rewind, DELIMITERS_NAMED.get(delimiter, delimiter) or _shown(rewind, fields))
        header = next(rows, _Row(1, [], 0))
        if wrong := _unusable(header, fields):
            yield Rejected(Source(path, header.line), "", *wrong)
            return
        for row in rows:
            line = row.line
            if row.values == header.values:
                yield PassedOver("header repeated")
            else:
                yield _item(Source(path, line), row, header.values, name, fields)
            line += row.lines
    except DAMAGE as error:
        yield unreadable(Source(path, line), error)


def check_delimiter(delimiter: str) -> None:
    """Refuse what cannot stand between values.

    Raises:
        InvalidInput: it is no single character, or one that has another meaning.
    """
    if len(DELIMITERS_NAMED.get(delimiter, delimiter)) != 1 or delimiter in _TAKEN:
        raise InvalidInput(f"--delimiter {delimiter!r}: give a single character, or the word tab")


def _shown(stream: Rewind, fields: Fields) -> str:
    """Return the delimiter under which the first record names the fields wanted, else the most fields."""
    best = ",", (False, 1)
    for delimiter in DELIMITERS:
        taken = _Lines(stream)
        row = _row(taken, 1, delimiter)
        stream.unread(bytes(taken.data))
        usable = not row.code and not _unusable(row, fields)
        if (usable, len(row.values)) > best[1]:
            best = delimiter, (usable, len(row.values))
    return best[0]


def _unusable(header: _Row, fields: Fields) -> tuple[str, str] | None:
    """Return the code and the reason why no record can be read under such a header."""
    if header.code:
        return header.code, f"{header.reason}; without the names of the fields nothing can be read"
    names = [name for name in header.values if name]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return "invalid_csv", f'two fields are called "{twice}"; rename one of them'
    if fields.id not in names and not numbers(fields, names):
        return "no_id", f'there is no field "{fields.id}"; {naming(names, "--id-field")}'
    if fields.text not in names:
        return "no_text", f'there is no field "{fields.text}"; {naming(names, "--text-field")}'
    return None


def _item(source: Source, row: _Row, names: list[str], name: str, fields: Fields) -> Item:
    if row.code:
        return Rejected(source, "", row.code, row.reason)
    if len(row.values) != len(names):
        reason = f"{len(row.values)} values where the first line names {len(names)}; check the quotes and --delimiter"
        return Rejected(source, "", "invalid_csv", reason)
    return record(source, _named(names, row.values), fields, name)


def _named(names: list[str], values: list[str]) -> dict[str, Any]:
    """Return the values by name; one without a name is called `column N`, and left out if it is empty."""
    pairs = enumerate(zip(names, values, strict=True), 1)
    return {name or f"column {place}": value for place, (name, value) in pairs if name or value}


def _rows(stream: Rewind, delimiter: str) -> Iterator[_Row]:
    """Yield each record that is not blank; behind one that is none go on at the line after its first."""
    line = 1
    while True:
        taken = _Lines(stream)
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
    try:
        values: list[str] = next(csv.reader(taken, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return _Row(line, [], taken.lines, "invalid_csv", f"{error}; check the quotes")
    except _TooLong:
        return _Row(line, [], taken.lines, "long_line", f"more than {MOST_BYTES:,} bytes; check the quotes")
    if taken.wrong:
        return _Row(line, [], taken.lines, "invalid_utf8", not_utf8(taken.wrong))
    return _Row(line, values, taken.lines)


class _TooLong(Exception):
    """A record of more bytes than are held."""


class _Lines:
    """The lines of one record as csv takes them, and their bytes, should they have to be read once more."""

    def __init__(self, stream: Rewind) -> None:
        self._stream = stream
        self.data = bytearray()
        self.first = 0
        self.lines = 0
        self.wrong: UnicodeDecodeError | None = None

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
        return self._decoded(line.removeprefix(BOM_UTF8) if self.lines == 1 else line)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            self.wrong = error
            return line.decode(errors="replace")

    def _skip(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(_SKIPPED_AT_ONCE)

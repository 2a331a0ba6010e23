"""Parquet: a row is a document; row groups are read a few rows at a time."""

import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from dedup.formats.arrow import values_of
from dedup.formats.items import Item, Rejected, Source, naming, numbers, record
from dedup.formats.stream import BYTES_AT_ONCE, DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 16  # not measured: bounds memory where rows hold long texts
MOST_IN_A_PAGE = 128 << 20  # not measured: a page is held whole; two of the longest texts
_MOST_SHOWN = 200  # not measured: three lines of a terminal
_ROWS_IN_A_PAGE = 1024  # as most writers have it: the footer tells of row groups only, and a page is held whole


def records(stream: Stream, path: str, name: str, fields: Fields = USUAL) -> Iterator[Item]:
    """Yield a document or a reject for each row."""
    from pyarrow import ArrowException  # noqa: PLC0415 - an extra

    row = 0
    try:
        with tempfile.TemporaryFile() as spool:
            for row, item in enumerate(_rows(_seekable(stream, spool), path, name, fields), 1):  # noqa: B007 - told on damage
                yield item
    except (*DAMAGE, ArrowException, UnicodeDecodeError) as error:  # the last: a column's name
        yield unreadable(Source(path, row + 1), error)


def _seekable(stream: Stream, spool: IO[bytes]) -> IO[bytes] | io.BufferedReader:
    """Return the stream, or what it holds in a file: Parquet is read from its end."""
    if isinstance(stream, io.BufferedReader) and stream.seekable():
        return stream
    while data := stream.read(BYTES_AT_ONCE):
        spool.write(data)
    return spool


def _rows(file: IO[bytes] | io.BufferedReader, path: str, name: str, fields: Fields) -> Iterator[Item]:
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - an extra

    opened = ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
    if wrong := _unusable(opened.schema_arrow, fields):
        yield Rejected(Source(path), "", *wrong)
        return
    row = 0
    for place in range(opened.num_row_groups):
        group = opened.metadata.row_group(place)
        if group.total_byte_size * min(group.num_rows, _ROWS_IN_A_PAGE) > MOST_IN_A_PAGE * group.num_rows:
            reason = f"a page of this row group holds over {MOST_IN_A_PAGE:,} bytes; write fewer rows a page"
            yield Rejected(Source(path, row + 1), "", "long_row_group", reason)
            row += group.num_rows
            continue
        for batch in opened.iter_batches(ROWS_AT_ONCE, row_groups=[place], use_threads=False):
            for values in _each(batch):
                row += 1
                yield _item(Source(path, row), values, name, fields)


def _item(source: Source, values: dict[str, Any] | Exception, name: str, fields: Fields) -> Item:
    if isinstance(values, UnicodeDecodeError):
        return Rejected(source, "", "invalid_utf8", f"not UTF-8 ({values.reason}); write the column anew")
    if isinstance(values, Exception):
        reason = f"a value is nothing that JSON can hold ({str(values)[:_MOST_SHOWN]}); leave its column out"
        return Rejected(source, "", "invalid_metadata", reason)
    return record(source, values, fields, name)


def _each(batch: "pa.RecordBatch") -> Iterator[dict[str, Any] | Exception]:
    """Yield each row's values, or what is wrong with them."""
    try:
        yield from _plain(batch)
    except (ValueError, TypeError, OverflowError, NotImplementedError, RecursionError) as error:
        if len(batch) == 1:
            yield error
            return
        for row in range(len(batch)):
            yield from _each(batch.slice(row, 1))


def _unusable(schema: "pa.Schema", fields: Fields) -> tuple[str, str] | None:
    """Return the code and the reason why no row of such a file is a document."""
    from pyarrow import types  # noqa: PLC0415 - an extra

    for code, name, option in (("no_id", fields.id, "--id-field"), ("no_text", fields.text, "--text-field")):
        if code == "no_id" and numbers(fields, schema.names):
            continue
        if (count := schema.names.count(name)) != 1:
            there = "are several columns" if count else "is no column"
            return code, f'there {there} "{name}"; {naming(schema.names, option)}'
        kind = schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        number = code == "no_id" and types.is_integer(kind)
        if not (number or types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)):
            return code, f'column "{name}" is {kind}; give strings, or name another column with {option}'
    twice = next((name for name, count in Counter(schema.names).items() if count > 1), None)
    return ("invalid_metadata", f'several columns are called "{twice}"; rename them') if twice is not None else None


def _plain(batch: "pa.RecordBatch") -> list[dict[str, Any]]:
    """Return the rows with values that JSON can hold."""
    columns = [values_of(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]

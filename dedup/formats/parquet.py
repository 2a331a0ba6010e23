"""Parquet: a row is a document; row groups are read a few rows at a time."""

import io
import tempfile
from collections.abc import Iterator
from typing import IO

from dedup.formats.items import Item, Rejected, Source, numbers
from dedup.formats.rows import ROWS_AT_ONCE, items, numbered, unusable
from dedup.formats.stream import BYTES_AT_ONCE, DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields

MOST_IN_A_PAGE = 128 << 20  # not measured: a page is held whole; two of the longest texts
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
    if wrong := unusable(opened.schema_arrow, fields):
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
            sources = [Source(path, number) for number in range(row + 1, row + 1 + len(batch))]
            row += len(batch)
            if numbers(fields, batch.schema.names):
                batch = numbered(batch, [f"{name}:{source.line}" for source in sources])  # noqa: PLW2901 - the same rows
            yield from items(batch, sources, fields)

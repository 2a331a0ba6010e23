"""What stays of the input, in the input's own form: rows of its tables in Parquet, all else in JSON Lines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import zstandard

from dedup.corpus.intake import TableFile
from dedup.corpus.lines import Line
from dedup.corpus.results_folder import KEPT, KEPT_ROWS
from dedup.corpus.spool import read_rows, schema_of, stored
from dedup.record import dumps, loads

LEVEL = 3  # not measured: zstd's default
BYTES_AT_ONCE = 1 << 20  # not measured: of lines, handed to the packer together
BYTES_IN_A_GROUP = 64 << 20  # not measured: a group of rows is held whole by who writes it, and by who reads it


class Kept(Protocol):
    """Takes the documents that stay, in the order of the input; `count` says how many they are."""

    count: int

    def add(self, line: Line, text: str | None = None) -> None:
        """Keep a document, with another text if one is given."""

    def close(self) -> None:
        """Finish."""


def open_kept(work: Path, folder: Path, threads: int) -> Kept:
    """Return the file in `folder` for what stays: `kept.parquet` if `work` has rows of tables that go together."""
    schema = schema_of(work)
    if schema is None:
        return KeptLines(folder / KEPT, threads)
    return KeptRows(work, schema, RowFile(folder / KEPT_ROWS, schema))


class Lines:
    """A compressed file of lines."""

    def __init__(self, path: Path, threads: int) -> None:
        """Write to `path`, packed on so many threads of its own: the bytes are the same for any number of them."""
        self.count = 0
        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, threads=threads)
        self._file = zstandard.open(path, "wb", cctx=packer)
        self._waiting, self._bytes = list[bytes](), 0

    def write(self, data: bytes) -> None:
        """Append a line."""
        self.count += 1
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= BYTES_AT_ONCE:
            self._write()

    def close(self) -> None:
        """Finish the file."""
        self._write()
        self._file.close()

    def _write(self) -> None:
        self._file.write(b"".join(line + b"\n" for line in self._waiting))
        self._waiting, self._bytes = [], 0


class KeptLines(Lines):
    """The records that stay, in JSON Lines."""

    def add(self, line: Line, text: str | None = None) -> None:
        """Keep a document, with another text if one is given."""
        self.write(line.data if text is None else dumps(loads(line.data) | {line.fields.text: text}))


class Sink(Protocol):
    """Takes batches of rows."""

    def write(self, batch: pa.RecordBatch, size: int) -> None:
        """Append the rows, which take about so many bytes."""

    def close(self) -> None:
        """Finish."""


class RowFile:
    """A Parquet file whose groups of rows are bounded in bytes."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Write to `path`."""
        self._file = TableFile(path, schema, compression="zstd")
        self._schema = schema
        self._waiting, self._bytes = list[pa.RecordBatch](), 0

    def write(self, batch: pa.RecordBatch, size: int) -> None:
        """Append the rows, which take about so many bytes."""
        self._waiting.append(batch)
        self._bytes += size
        if self._bytes >= BYTES_IN_A_GROUP:
            self._write_group()

    def close(self) -> None:
        """Finish the file."""
        self._write_group()
        self._file.close()

    def _write_group(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._file.write_table(table, row_group_size=len(table) or 1)
        self._waiting, self._bytes = [], 0


class KeptRows:
    """The rows that stay, with all their columns and types."""

    def __init__(self, work: Path, schema: pa.Schema, sink: Sink) -> None:
        """Take the rows from the folder `work`, and give those that stay to `sink`."""
        self.count = 0
        self._sink = sink
        self._schema, self._stored = schema, stored(schema)
        self._rows = read_rows(work, self._stored)
        self._batch: Any = None
        self._places = dict[int, int]()
        self._chosen = list[int]()
        self._texts = dict[int, str]()
        self._text_field = ""

    def add(self, line: Line, text: str | None = None) -> None:
        """Keep a document, with another text if one is given."""
        self.count += 1
        while line.document not in self._places:
            self._hand_over()
            numbers, self._batch = next(self._rows)
            self._places = {number: place for place, number in enumerate(numbers)}
        place = self._places[line.document]
        self._chosen.append(place)
        if text is not None:
            self._texts[place], self._text_field = text, line.fields.text

    def close(self) -> None:
        """Finish."""
        self._hand_over()
        self._rows.close()
        self._sink.close()

    def _hand_over(self) -> None:
        """Give the sink what stays of the present batch."""
        if self._chosen:
            batch = with_texts(self._batch, self._text_field, self._texts) if self._texts else self._batch
            batch = batch if len(self._chosen) == len(batch) else batch.take(pa.array(self._chosen))
            own = batch if self._stored.equals(self._schema) else batch.cast(self._schema)
            self._sink.write(own, batch.nbytes)
        self._chosen, self._texts = [], {}


def with_texts(batch: pa.RecordBatch, name: str, texts: Mapping[int, str]) -> pa.RecordBatch:
    """Return the rows with these texts, by place, in the column of that name."""
    column = batch.schema.get_field_index(name)
    values = [texts.get(place, value) for place, value in enumerate(batch.column(column).to_pylist())]
    field = batch.schema.field(column)
    return batch.set_column(column, field, pa.array(values, field.type))

"""The rows of tables as they came, with all their types, kept aside until it is known which of them stay."""

from collections.abc import Generator, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from dedup.formats import Record

FILES = "rows-*.arrow"
_NUMBER = pa.field("", pa.int64())  # first, so that a column of the table may have any name
_OWN = b"own"  # the name in the metadata of the columns as they came, types and all


class Spool:
    """Writes the rows of documents; one that is no row of a table ends the spool, and nothing of it is left."""

    def __init__(self, work: Path) -> None:
        """Write into the folder `work`, a file for each run of rows with the same columns."""
        self._work = work
        self._files = 0
        self._writer: Any = None
        self._schema = self._stored = self._numbered = pa.schema([])
        self._ended = False

    def add(self, records: Sequence[Record], first: int) -> None:
        """Append the rows of documents, numbered from `first` on."""
        if self._ended:
            return
        rows = [(record.row, number) for number, record in enumerate(records, first) if record.row]
        if len(rows) < len(records):
            self._end()
            return
        for _, group in groupby(rows, key=lambda one: id(one[0].batch)):
            together = list(group)
            self._write(together[0][0].batch, [row.place for row, _ in together], [number for _, number in together])

    def close(self) -> None:
        """Finish the last file."""
        if self._writer:
            self._writer.close()

    def _end(self) -> None:
        self.close()
        self._writer, self._ended = None, True
        for file in self._work.glob(FILES):
            file.unlink()

    def _write(self, batch: pa.RecordBatch, places: Sequence[int], numbers: Sequence[int]) -> None:
        if self._writer is None or not batch.schema.equals(self._schema):
            self.close()
            self._schema, self._stored = batch.schema, stored(batch.schema)
            self._numbered = self._stored.insert(0, _NUMBER).with_metadata(
                {_OWN: batch.schema.serialize().to_pybytes()}
            )
            path = self._work / FILES.replace("*", f"{self._files:06}")
            self._writer = pa.ipc.new_stream(path, self._numbered)  # not packed: ADR 23
            self._files += 1
        rows = batch if self._stored.equals(batch.schema) else batch.cast(self._stored)
        rows = rows if len(places) == len(rows) else rows.take(pa.array(places, pa.int64()))
        columns = [pa.array(numbers, pa.int64()), *rows.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._numbered))


def stored(schema: pa.Schema) -> pa.Schema:
    """Return the columns as they are kept aside: Arrow can neither choose among views nor write a part of them."""
    return pa.schema([field.with_type(_without_views(field.type)) for field in schema], schema.metadata)


def _without_views(kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_string_view(kind):
        return pa.large_string()
    if types.is_binary_view(kind):
        return pa.large_binary()
    return _with_parts(kind) if types.is_nested(kind) or types.is_dictionary(kind) else kind


def _with_parts(kind: Any) -> pa.DataType:
    """Return a type of several values with parts that are no views."""
    types = pa.types
    if types.is_struct(kind):
        return pa.struct([field.with_type(_without_views(field.type)) for field in kind])
    if types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _without_views(kind.value_type), kind.ordered)
    if types.is_map(kind):
        return pa.map_(_without_views(kind.key_type), _without_views(kind.item_type), kind.keys_sorted)
    if types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_without_views(kind.value_type)), kind.list_size)
    for made, is_of in ((pa.list_, types.is_list), (pa.large_list, types.is_large_list)):
        if is_of(kind):
            return made(kind.value_field.with_type(_without_views(kind.value_type)))
    return kind


def schema_of(work: Path) -> pa.Schema | None:
    """Return the columns of all rows together; None where the input is no table, or tables that do not go together.

    Tables go together if each column has one type wherever it is; where it is missing its values are null.
    """
    schemas = [pa.ipc.read_schema(pa.py_buffer(reader.schema.metadata[_OWN])) for reader in _opened(work)]
    try:
        together = pa.unify_schemas(schemas, promote_options="default") if schemas else None
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    if together is None:
        return None
    shared = set(together.names).intersection(*(schema.names for schema in schemas))
    fields = [field if field.name in shared else field.with_nullable(True) for field in together]
    return pa.schema(fields, together.metadata)


def read_rows(work: Path, schema: pa.Schema) -> Generator[tuple[list[int], pa.RecordBatch]]:
    """Yield the rows in the order of the input, some at a time, each with its document's number.

    `schema` says how they are stored.
    """
    for reader in _opened(work):
        for batch in reader:
            columns = {name: batch.column(place) for place, name in enumerate(batch.schema.names) if place}
            arrays = [_column(columns.get(field.name), field.type, len(batch)) for field in schema]
            yield batch.column(0).to_pylist(), pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(column: "pa.Array[Any] | None", kind: pa.DataType, length: int) -> Any:
    if column is None:
        return pa.nulls(length, kind)
    return column if column.type == kind else column.cast(kind)  # from nulls, or lists of nulls


def _opened(work: Path) -> Iterator[Any]:
    for path in sorted(work.glob(FILES)):
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield reader

"""The batches of a frame, whichever program it is of; what is no frame is refused with what to give in its place."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from dedup.errors import InvalidInput

ROWS_OF_A_SET = 1_000  # not measured: what `datasets` itself takes for a batch
_FRAMES = "a table of PyArrow, pandas, Polars or DuckDB, or a data set of Hugging Face"


def opened(frame: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return the columns of a frame, as far as they are known before it is read, and its rows.

    Raises:
        InvalidInput: it is no frame; or, while rows are read, their columns do not go together.
    """
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            reader = pa.RecordBatchReader.from_stream(frame)
        except pa.ArrowException as error:
            raise InvalidInput(f"the frame is no table ({error}); give a table with a column of texts") from error
        return reader.schema, iter(reader)
    if not (hasattr(frame, "with_format") and hasattr(frame, "iter")):
        raise InvalidInput(_refusal(frame))
    batches = _batches(frame)
    first = next(batches, None)
    if first is None:
        return frame.features.arrow_schema if frame.features else pa.schema([]), iter(())
    return first.schema, chain([first], batches)


def _refusal(frame: Any) -> str:
    """Return why that is no frame, and what to give in its place."""
    if isinstance(frame, str | Path):
        return (
            f"{frame}: a path is no frame; find_duplicates(dedup.formats.read(PATH), OUT), or dedup corpus, reads files"
        )
    what = f"{type(frame).__module__}.{type(frame).__qualname__}"
    if hasattr(frame, "with_format"):  # a dictionary of splits
        return f"{what} holds several data sets; choose a split, as in data['train']"
    if hasattr(frame, "collect"):
        return f"{what} has no rows yet; call .collect()"
    if hasattr(frame, "execute"):
        return f"{what} is a connection; give a relation, as in connection.table(NAME) or connection.sql(QUERY)"
    return f"{what} exports no Arrow stream; give {_FRAMES}"


def _batches(dataset: Any) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a data set of Hugging Face.

    What a function has made for a stream has no types but those of its values, so that a list is one of nulls until it
    holds something. `datasets` (5.2) fails to put such rows together, even if a cast follows. So a stream is taken row
    by row, which takes 30 microseconds more for each; a document takes some 100.
    """
    streamed = not hasattr(dataset, "__len__")
    tables = dataset.with_format("arrow").iter(1 if streamed else ROWS_OF_A_SET)
    for table in _together(iter(tables)) if streamed else tables:
        yield from table.to_batches()


def _together(rows: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield tables of many rows, each with all columns and types that came so far."""
    known: list[pa.Table] = []
    while some := list(islice(rows, ROWS_OF_A_SET)):
        try:
            table = pa.concat_tables([*known, *some], promote_options="default").combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InvalidInput(_apart([one.schema for one in (*known, *some)])) from error
        known = [table.schema.empty_table()]
        yield table


def _apart(schemas: list[pa.Schema]) -> str:
    """Return which column has several types, and what to do."""
    said, types = "its columns have several types", dict[str, pa.DataType]()
    for field in chain.from_iterable(schemas):
        before = types.setdefault(field.name, field.type)
        try:
            types[field.name] = _unified(before, field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            said = f'column "{field.name}" is first {before}, then {field.type}'
            break
    return f"the frame: {said}; give the data set its types: .map(…, features=…) or .cast(…)"


def _unified(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    schemas = [pa.schema([pa.field("", kind)]) for kind in (one, other)]
    return pa.unify_schemas(schemas, promote_options="default").field(0).type

"""Rows of Arrow tables as documents: those of Parquet files, and those of other programs' frames."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dedup.formats.arrow import values_of
from dedup.formats.items import ROW, Item, Record, Rejected, Row, Source, naming, numbers, record
from dedup.record import Fields

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 16  # not measured: bounds memory where rows hold long texts
_MOST_SHOWN = 200  # not measured: three lines of a terminal


def items(batch: "pa.RecordBatch", sources: Sequence[Source], fields: Fields) -> Iterator[Item]:
    """Yield a document or a reject for each row of a batch; `sources` says where each stands."""
    for place, (source, values) in enumerate(zip(sources, _each(batch), strict=True)):
        item = _item(source, values, fields)
        yield replace(item, row=Row(batch, place)) if isinstance(item, Record) else item


def numbered(batch: "pa.RecordBatch", ids: Sequence[Any], name: str = ROW) -> "pa.RecordBatch":
    """Return the batch with a first column of these ids."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    return batch.add_column(0, name, pa.array(ids))


def unusable(schema: "pa.Schema", fields: Fields) -> tuple[str, str] | None:
    """Return the code and the reason why no row of such a table is a document."""
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


def _item(source: Source, values: dict[str, Any] | Exception, fields: Fields) -> Item:
    if isinstance(values, UnicodeDecodeError):
        return Rejected(source, "", "invalid_utf8", f"not UTF-8 ({values.reason}); write the column anew")
    if isinstance(values, Exception):
        reason = f"a value is nothing that JSON can hold ({str(values)[:_MOST_SHOWN]}); leave its column out"
        return Rejected(source, "", "invalid_metadata", reason)
    return record(source, values, fields)


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


def _plain(batch: "pa.RecordBatch") -> list[dict[str, Any]]:
    """Return the rows with values that JSON can hold."""
    columns = [values_of(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]

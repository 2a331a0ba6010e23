"""JSON Lines: an object a line with `id`, `text` and any other fields, which become the metadata."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec

from dedup.formats.record import Item, Record, Rejected, Source
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.model import Document

MOST_BYTES = 64 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KINDS = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object", type(None): "null"}


def records(
    stream: Stream,
    path: str,
    name: str = "",  # noqa: ARG001 - the lines have ids of their own
    *,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Item]:
    """Yield a document or a reject for each line that is not blank; memory is bounded by `most_bytes` a line."""
    line = 0
    try:
        for line, data in enumerate(_lines(stream, most_bytes), 1):
            source = Source(path, line)
            if data is None:
                yield Rejected(source, "", "long_line", f"more than {most_bytes:,} bytes; split the document")
            elif record := data.removeprefix(BYTE_ORDER_MARK if line == 1 else b"").strip():
                yield _item(source, record)
    except DAMAGE as error:
        yield unreadable(Source(path, line + 1), error)


def _lines(stream: Stream, most_bytes: int) -> Iterator[bytes | None]:
    """Yield each line, or None for one that is too long."""
    while line := stream.readline(most_bytes + 1):
        if len(line) <= most_bytes or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(most_bytes)
        yield None


def _item(source: Source, data: bytes) -> Item:
    try:
        fields = _decode(data)
    except UnicodeDecodeError as error:
        return Rejected(source, "", "invalid_utf8", f"not UTF-8 ({error.reason}); convert the file")
    except RecursionError:
        return Rejected(source, "", "invalid_json", "nested too deeply")
    except ValueError as error:
        return Rejected(source, "", "invalid_json", str(error))
    if not isinstance(fields, dict):
        return Rejected(source, "", "not_an_object", f"the line is {_kind(fields)}, not an object")
    return _document(source, fields)


def _document(source: Source, fields: dict[str, Any]) -> Item:
    name, text = fields.pop("id", None), fields.pop("text", None)
    if not isinstance(name, str):
        return Rejected(source, "", "no_id", f'"id" is {_kind(name)}; give a string')
    if not isinstance(text, str):
        return Rejected(source, name, "no_text", f'"text" is {_kind(text)}; give a string')
    return Record(source, Document(name, text, fields))


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        # msgspec refuses an escaped lone surrogate, which here is a code point like any other
        if b"\\u" not in data:
            raise
        return json.loads(data, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _kind(value: object) -> str:
    return "missing or null" if value is None else KINDS.get(type(value), "a string")

"""JSON Lines: an object a line with an id, a text and any other fields, which become the metadata."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator

import msgspec

from dedup.admission import kind
from dedup.formats.encoding import not_utf8
from dedup.formats.items import Item, Rejected, Source, record
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields, loads

MOST_BYTES = 64 << 20  # 2**24 code points of at most four bytes, the longest text
MOST_METADATA = 1 << 20  # not measured: they are kept with each document, read with each candidate
_SKIPPED_AT_ONCE = 1 << 20  # not measured: memory while a long line is passed over
_MOST_SHOWN = 200  # not measured: three lines of a terminal


def records(
    stream: Stream,
    path: str,
    name: str = "",
    fields: Fields = USUAL,
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
                continue
            whole = data.removeprefix(BOM_UTF8).strip()  # on any line: files with one are joined
            if whole in (b"[", b"{"):
                yield Rejected(source, "", "invalid_json", _over_lines(path, array=whole == b"["))
                return  # the lines of that one value would be rejected one by one
            if whole:
                yield _item(source, whole, name, fields)
    except DAMAGE as error:
        yield unreadable(Source(path, line + 1), error)


def _lines(stream: Stream, most_bytes: int) -> Iterator[bytes | None]:
    """Yield each line, or None for one that is too long."""
    while line := stream.readline(most_bytes + 1):
        if len(line) <= most_bytes or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(min(most_bytes, _SKIPPED_AT_ONCE))
        yield None


def _item(source: Source, data: bytes, name: str, fields: Fields) -> Item:
    try:
        if len(data) > MOST_METADATA and (reject := _unwieldy(source, data, fields)):
            return reject
        values = loads(data)
        _refuse_repeated_fields(data, values)
    except UnicodeDecodeError as error:
        return Rejected(source, "", "invalid_utf8", not_utf8(error))
    except RecursionError:
        return Rejected(source, "", "invalid_json", "nested too deeply; flatten the record")
    except ValueError as error:
        reason = f"{str(error)[:_MOST_SHOWN]}; mend the line, which must be an object"
        return Rejected(source, "", "invalid_json", reason)
    if not isinstance(values, dict):
        return Rejected(source, "", "not_an_object", _no_object(values))
    return record(source, values, fields, name)


def _refuse_repeated_fields(data: bytes, values: object) -> None:
    """Refuse a line in which an object has a field twice, of which the last value alone would be kept.

    Most lines have as many fields as they have quotes before a colon: to see that takes 3 us, to read a line again 15.
    """
    if data.count(b'":') != _fields_in(values):
        json.loads(data, object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str)


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    name, count = Counter(name for name, _ in pairs).most_common(1)[0] if pairs else ("", 0)
    if count > 1:
        raise ValueError(f"the field {name!r} comes {count} times")


def _fields_in(value: object) -> int:
    """Return how many fields the objects in a JSON value have, at every depth."""
    if isinstance(value, dict):
        return len(value) + sum(map(_fields_in, value.values()))
    return sum(map(_fields_in, value)) if isinstance(value, list) else 0


def _over_lines(path: str, *, array: bool) -> str:
    value, program = ("an array", "'.[]'") if array else ("an object", ".")
    return f"the file holds {value} over many lines; write an object a line: jq -c {program} {path}"


def _no_object(value: object) -> str:
    advice = "write an object a line, as jq -c '.[]' does" if isinstance(value, list) else "give an object a line"
    return f"the line is {kind(value)}, not an object; {advice}"


def _unwieldy(source: Source, data: bytes, fields: Fields) -> Rejected | None:
    """Reject a line that holds much beside a text, before objects are made of it: they take thirty times the memory."""
    if not data.startswith(b"{"):
        return Rejected(source, "", "not_an_object", "the line does not begin with a brace; give an object a line")
    # no escape means anything here, and msgspec refuses some of them
    plain = data.replace(rb"\\", b"..").replace(rb"\u", b"..")
    size = len(data) - len(msgspec.json.decode(plain, type=dict[str, msgspec.Raw]).get(fields.text, b""))
    if size <= MOST_METADATA:
        return None
    return Rejected(source, "", "long_metadata", f"{size:,} bytes beside the text; at most {MOST_METADATA:,} fit")

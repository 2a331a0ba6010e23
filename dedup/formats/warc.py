"""WARC: each page that a crawler was given is a document, its id the address; other records are passed over.

Where records end is found out here: a reader that trusts a record which lies about its length takes what follows it
for a part of it, and says nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedup.formats.html import MOST_BYTES, too_long
from dedup.formats.http import MOST_HEADER, MediaType, codings_of, decoded, headers_of, media_type
from dedup.formats.items import Entry, Page, PassedOver, Record, Rejected, Source
from dedup.formats.rewind import Rewind
from dedup.formats.stream import BYTES_AT_ONCE, DAMAGE, Stream, unreadable
from dedup.model import Document
from dedup.record import USUAL, Fields

if TYPE_CHECKING:
    from fastwarc.warc import HeaderMap

_MOST_SHOWN = 80  # not measured: a line of a terminal
_MOST_BLOCK = MOST_BYTES + MOST_HEADER
_BEGIN = re.compile(rb"WARC/[01]\.\d+[ \t]*\r?\n")
_END = re.compile(rb"\r?\n\r?\n|\r?\n?\r?\Z")
_NEXT = re.compile(rb"\n\r?\n(?=WARC/[01]\.)")
_NEXT_BYTES = len(b"\n\r\nWARC/1.")
_HTTP_HEAD = re.compile(rb"(HTTP/[^\n]*\n(?:[^\r\n][^\n]*\n)*)(?:\r?\n|\Z)")
_TEXT, _HTML = "text/plain", ("text/html", "application/xhtml+xml")
_LEFT_OUT = "the record is left out"


@dataclass(frozen=True, slots=True)
class _Block:
    """A record: its fields, and its bytes, only the first of them if it has more than a page may have.

    A `reason` if it is none.
    """

    headers: "HeaderMap | None" = None
    data: bytes = b""
    whole: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Payload:
    """What a record delivers: its media type, bytes, and the codings that are on them."""

    kind: MediaType
    data: bytes
    codings: tuple[str, ...] = ()


def records(
    stream: Stream,
    path: str,
    name: str,  # noqa: ARG001 - the records have addresses
    fields: Fields = USUAL,
) -> Iterator[Entry]:
    """Yield a page, a document, a reject or what is passed over for each record."""
    number = 0
    try:
        for number, block in enumerate(_blocks(Rewind(stream)), 1):
            yield _item(Source(path, number), block, fields)
    except DAMAGE as error:
        yield unreadable(Source(path, number + 1), error)


def _item(source: Source, block: _Block, fields: Fields) -> Entry:
    if block.headers is None:
        return Rejected(source, "", "invalid_warc", block.reason)
    url = (block.headers.get("WARC-Target-URI") or "").strip("<>")  # WARC 1.0 has them in its grammar, 1.1 not
    try:
        payload = _payload(block.headers, block.data)
        if isinstance(payload, PassedOver):
            return payload
        data = decoded(payload.data, payload.codings, MOST_BYTES + 1) if block.whole else b""
    except OSError as error:
        return Rejected(source, url, "invalid_warc", f"{str(error)[: 2 * _MOST_SHOWN]}; {_LEFT_OUT}")
    if not block.whole or len(data) > MOST_BYTES:
        return too_long(source, url)
    values = {"url": url or None, "date": block.headers.get("WARC-Date"), "record": block.headers.get("WARC-Record-ID")}
    return _document(source, payload.kind, data, values, fields)


def _payload(headers: "HeaderMap", data: bytes) -> _Payload | PassedOver:
    """Return the page or text that a record delivers, or why it is passed over.

    Raises:
        OSError: it is to hold an HTTP response, and does not.
    """
    type_ = (headers.get("WARC-Type") or "record without a type").strip().lower()
    kind = media_type(headers.get_multiple("Content-Type"))
    if type_ == "response" and (data.startswith(b"HTTP/") or kind.name == "application/http"):
        return _delivered(headers, data)
    if type_ not in ("response", "resource", "conversion"):
        return PassedOver(type_)
    return _wanted(_Payload(kind if kind.name else _identified(headers), data))


def _delivered(headers: "HeaderMap", data: bytes) -> _Payload | PassedOver:
    head = _HTTP_HEAD.match(data)
    http = headers_of(head[1] if head else b"")
    if not head or http.status_code is None:
        raise OSError("it begins with no HTTP response")
    if http.status_code not in range(200, 300):
        return PassedOver(f"status {http.status_code}")
    kind = media_type(http.get_multiple("Content-Type"))
    return _wanted(_Payload(kind if kind.name else _identified(headers), data[head.end() :], tuple(codings_of(http))))


def _identified(headers: "HeaderMap") -> MediaType:
    """Return what the crawler held a payload for whose server did not say."""
    return media_type(headers.get_multiple("WARC-Identified-Payload-Type"))


def _wanted(payload: _Payload) -> _Payload | PassedOver:
    if payload.kind.name in (*_HTML, _TEXT):
        return payload
    return PassedOver(payload.kind.name[:_MOST_SHOWN] or "without media type")


def _document(source: Source, kind: MediaType, data: bytes, values: dict[str, str | None], fields: Fields) -> Entry:
    url = values["url"] or ""
    name = values.pop("url" if fields.id == USUAL.id else fields.id, None)
    if name is None:
        return Rejected(source, "", "no_id", f"the record has no {fields.id!r}; --id-field may be url, date or record")
    if kind.name in _HTML:
        return Page(source, name, data, values, kind.charset, url)
    try:
        return Record(source, Document(name, data.decode(kind.charset or "utf-8"), values))
    except (ValueError, LookupError) as error:  # a name may hold NUL, and some encodings have errors of their own
        reason = error.reason if isinstance(error, UnicodeDecodeError) else "no known encoding"
        charset = kind.charset[:_MOST_SHOWN] or "utf-8"
        return Rejected(
            source, name, "invalid_utf8", f"the text is not {charset} ({reason[:_MOST_SHOWN]}); {_LEFT_OUT}"
        )


def _blocks(stream: Rewind) -> Iterator[_Block]:
    """Yield the records one after the other; behind what is none go on at the next one."""
    while lines := _header(stream):
        headers, length = _fields(lines)
        if headers is None:
            stream.unread(lines)
            _skip(stream)
            yield _Block(reason="no record begins here, or it has no length; reading goes on at the next one")
            continue
        data = stream.read(min(length, _MOST_BLOCK) + 4)
        end = _END.match(data, length) if length <= len(data) else None
        if end:
            stream.unread(data[end.end() :])
            yield _Block(headers, data[:length])
            continue
        following = _NEXT.search(data)
        stream.unread(data[following.start() if following else -_NEXT_BYTES :])
        _skip(stream)
        if length > _MOST_BLOCK and not following:
            yield _Block(headers, data, whole=False)
        else:
            yield _Block(reason="its Content-Length is wrong, or the file is cut off; reading goes on at the next one")


def _fields(lines: bytes) -> tuple["HeaderMap | None", int]:
    """Return a record's fields and its length; None if no record begins with such lines."""
    try:
        headers = headers_of(lines) if _BEGIN.match(lines) else None
    except OSError:
        return None, 0
    length = (headers.get("Content-Length") or "").strip() if headers else ""
    return (headers, int(length)) if re.fullmatch("[0-9]{1,15}", length) else (None, 0)


def _header(stream: Rewind) -> bytes:
    """Return the lines up to an empty one, without such before them; nothing at the end."""
    header = b""
    while len(header) <= MOST_HEADER and (line := stream.readline(MOST_HEADER)):
        if header and not line.strip():
            return header + line
        header += line if header else line.lstrip(b"\r\n")
    return header


def _skip(stream: Rewind) -> None:
    """Read up to the beginning of the next record."""
    rest = b""
    while data := stream.read(BYTES_AT_ONCE):
        rest += data
        if following := _NEXT.search(rest):
            stream.unread(rest[following.end() :])
            return
        rest = rest[1 - _NEXT_BYTES :]

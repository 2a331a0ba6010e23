"""WARC: each page that a crawler was given is a document, its id the address; other records are passed over.

Where records end is found out here, and fastwarc reads them one by one: its own iterator takes what follows a record
that lies about its length for a part of it, and says nothing.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedup.formats.html import MOST_BYTES, too_long
from dedup.formats.items import Item, Page, Record, Rejected, Source
from dedup.formats.rewind import Rewind
from dedup.formats.stream import BYTES_AT_ONCE, DAMAGE, Stream, unreadable
from dedup.model import Document
from dedup.record import USUAL, Fields

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

MOST_HEADER = 1 << 16  # not measured: what the service allows too
_MOST_SHOWN = 80  # not measured: a line of a terminal
_MOST_BLOCK = MOST_BYTES + MOST_HEADER
_END = b"\r\n\r\n"
_NEXT = _END + b"WARC/1."
_LENGTH = re.compile(rb"WARC/1\.[^\n]*\n(?:.*\n)*?content-length:[ \t]*([0-9]{1,15})[ \t]*\r?\n", re.IGNORECASE)
_TEXT, _HTML = "text/plain", ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class _Block:
    """A record's bytes, only the first of them if it has more than a page may have; a `reason` if it is none."""

    data: bytes = b""
    whole: bool = True
    reason: str = ""


def records(
    stream: Stream,
    path: str,
    name: str,  # noqa: ARG001 - the records have addresses
    fields: Fields = USUAL,
) -> Iterator[Item | Page]:
    """Yield a page, a document or a reject for each record that holds HTML or plain text."""
    number = 0
    try:
        for number, block in enumerate(_blocks(Rewind(stream)), 1):
            if item := _item(Source(path, number), block, fields):
                yield item
    except DAMAGE as error:
        yield unreadable(Source(path, number + 1), error)


def _item(source: Source, block: _Block, fields: Fields) -> Item | Page | None:
    from fastwarc.warc import ArchiveIterator  # noqa: PLC0415 - an extra

    if block.reason:
        return Rejected(source, "", "invalid_warc", block.reason)
    try:
        record = next(iter(ArchiveIterator(io.BytesIO(block.data), auto_decode="all")))
        kind = _kind(record)
        data = record.reader.read(MOST_BYTES + 1) if kind else b""
    except (OSError, ValueError, StopIteration) as error:
        reason = str(error)[:_MOST_SHOWN] or "no record"  # a message may hold the whole record
        return Rejected(source, "", "invalid_warc", f"{reason}; the record is left out")
    if not kind:
        return None
    values = {"url": record.headers.get("WARC-Target-URI"), "date": record.headers.get("WARC-Date")}
    values["record"] = record.record_id
    if not block.whole or len(data) > MOST_BYTES:
        return too_long(source, values["url"] or "")
    return _page(source, kind, data, record.http_charset or "", values, fields)


def _kind(record: "WarcRecord") -> str:
    """Return the content type if the record holds a page or a text, successfully delivered."""
    from fastwarc.warc import WarcRecordType  # noqa: PLC0415 - an extra

    if record.record_type == WarcRecordType.response and record.http_headers:
        delivered = record.http_headers.status_code in range(200, 300)
        kind = record.http_content_type or ""
    else:
        delivered = record.record_type in (WarcRecordType.resource, WarcRecordType.conversion)
        kind = (record.headers.get("Content-Type") or "").split(";")[0].strip().lower()
    return kind if delivered and kind in (*_HTML, _TEXT) else ""


def _page(
    source: Source, kind: str, data: bytes, charset: str, values: dict[str, str | None], fields: Fields
) -> Item | Page:
    url = values["url"] or ""
    name = values.pop("url" if fields.id == USUAL.id else fields.id, None)
    if name is None:
        return Rejected(source, "", "no_id", f"the record has no {fields.id!r}; --id-field may be url, date or record")
    if kind in _HTML:
        return Page(source, name, data, values, charset, url)
    try:
        return Record(source, Document(name, data.decode(charset or "utf-8"), values))
    except (UnicodeDecodeError, LookupError) as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else "no known encoding"
        told = f"the text is not {charset[:_MOST_SHOWN] or 'utf-8'} ({reason[:_MOST_SHOWN]}); the record is left out"
        return Rejected(source, name, "invalid_utf8", told)


def _blocks(stream: Rewind) -> Iterator[_Block]:
    """Yield the records one after the other; behind what is none go on at the next one."""
    while header := _header(stream):
        found = _LENGTH.match(header)
        if not found:
            stream.unread(header)
            _skip(stream)
            yield _Block(reason="no record begins here, or it has no length; reading goes on at the next one")
            continue
        length = int(found[1])
        data = stream.read(min(length, _MOST_BLOCK) + len(_END))
        if length <= len(data) and _END.startswith(data[length:]):
            yield _Block(header + data[:length] + _END)
            continue
        place = data.find(_NEXT)
        stream.unread(data[place if place >= 0 else -len(_NEXT) :])
        _skip(stream)
        if length > _MOST_BLOCK and place < 0:
            yield _Block(header + data, whole=False)
        else:
            yield _Block(reason="its Content-Length is wrong, or the file is cut off; reading goes on at the next one")


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
        if (place := rest.find(_NEXT)) >= 0:
            stream.unread(rest[place + len(_END) :])
            return
        rest = rest[1 - len(_NEXT) :]

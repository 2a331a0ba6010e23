"""WARC as crawlers wrote it: letter case, line ends, codings, versions; what is passed over is counted by its kind."""

import gzip
import io
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
import zstandard

from dedup.formats import Item, Meter, Record, Rejected, read, warc
from dedup.formats.items import PassedOver

TEXT = "The head of the general staff met the commander in the capital on Thursday, the first such meeting. " * 3
BODY = TEXT.encode()
PLAIN = "Content-Type: text/plain; charset=utf-8"
URL = "http://a.example/1"


def http(body: bytes, *fields: str, status: str = "HTTP/1.1 200 OK", end: str = "\r\n") -> bytes:
    """Return an HTTP response."""
    return "".join(f"{line}{end}" for line in (status, *fields, "")).encode() + body


def record(block: bytes, version: str = "WARC/1.0", end: str = "\r\n", **fields: str) -> bytes:
    """Return a WARC record: a response, unless the fields say otherwise; underscores stand for hyphens."""
    usual = {
        "WARC-Type": "response",
        "WARC-Target-URI": URL,
        "WARC-Date": "2024-01-02T03:04:05Z",
        "WARC-Record-ID": "<urn:uuid:00000000-0000-0000-0000-000000000001>",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    replaced = {name.lower() for name in given}
    lines = {name: value for name, value in usual.items() if name.lower() not in replaced} | given
    head = [version, *(f"{name}: {value}" for name, value in lines.items()), ""]
    return "".join(f"{line}{end}" for line in head).encode() + block + f"{end}{end}".encode()


def items_of(folder: Path, data: bytes, meter: Meter | None = None) -> list[Item]:
    """Return what an archive gives."""
    (folder / "a.warc").write_bytes(data)
    return list(read(str(folder / "a.warc"), meter=meter))


def raw_deflate(data: bytes) -> bytes:
    """Return what deflate gives without the frame of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def chunked(data: bytes, extension: bytes = b"", end: bytes = b"\r\n") -> bytes:
    """Return the data in chunks of 100 bytes."""
    pieces = [data[place : place + 100] for place in range(0, len(data), 100)] + [b""]
    return b"".join(b"%x%s%s%s%s" % (len(piece), extension, end, piece, end) for piece in pieces)


AS_WRITTEN: dict[str, bytes] = {
    "as the standard has it": record(http(BODY, PLAIN)),
    "media type in capitals": record(http(BODY, "CONTENT-TYPE: Text/PLAIN; Charset=UTF-8")),
    "media type doubled by a comma": record(http(BODY, "Content-Type: text/plain, text/plain; charset=utf-8")),
    "media type doubled by a field": record(http(BODY, "Content-Type: image/png", PLAIN)),
    "any media type behind it": record(http(BODY, PLAIN, "Content-Type: */*")),
    "media type told by the crawler alone": record(http(BODY, "Server: x"), WARC_Identified_Payload_Type="text/plain"),
    "type's name in lower case": record(http(BODY, PLAIN), **{"warc-type": "Response"}),
    "length's name in lower case": record(http(BODY, PLAIN), **{"content-length": str(len(http(BODY, PLAIN)))}),
    "record's media type in capitals": record(http(BODY, PLAIN), Content_Type="Application/HTTP; msgtype=response"),
    "record without media type": record(http(BODY, PLAIN), Content_Type=""),
    "LF in the response": record(http(BODY, PLAIN, end="\n")),
    "LF in the record": record(http(BODY, PLAIN), end="\n"),
    "LF everywhere": record(http(BODY, PLAIN, end="\n"), end="\n"),
    "LF in version 0.18": record(http(BODY, PLAIN, end="\n"), version="WARC/0.18", end="\n"),
    "version 0.17": record(http(BODY, PLAIN), version="WARC/0.17"),
    "version 1.1": record(http(BODY, PLAIN), version="WARC/1.1"),
    "address in angle brackets": record(http(BODY, PLAIN), WARC_Target_URI=f"<{URL}>"),
    "HTTP/2": record(http(BODY, PLAIN, status="HTTP/2 200")),
    "field without a colon": record(http(BODY, "no colon in here", PLAIN)),
    "resource": record(BODY, WARC_Type="resource", Content_Type="Text/Plain"),
    "chunks": record(http(chunked(BODY), PLAIN, "Transfer-Encoding: chunked")),
    "chunks with extensions": record(http(chunked(BODY, b";ieof=1"), PLAIN, "Transfer-Encoding: chunked")),
    "chunks ended by LF": record(http(chunked(BODY, end=b"\n"), PLAIN, "Transfer-Encoding: chunked")),
    "chunks told and undone": record(http(BODY, PLAIN, "Transfer-Encoding: chunked")),
    "gzip": record(http(gzip.compress(BODY), PLAIN, "Content-Encoding: GZIP")),
    "gzip twice": record(http(gzip.compress(gzip.compress(BODY)), PLAIN, "Content-Encoding: gzip, gzip")),
    "gzip's old name": record(http(gzip.compress(BODY), PLAIN, "Content-Encoding: x-gzip")),
    "gzip told and undone": record(http(BODY, PLAIN, "Content-Encoding: gzip")),
    "gzip in chunks": record(
        http(chunked(gzip.compress(BODY)), PLAIN, "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    ),
    "gzip in chunks that were undone": record(
        http(gzip.compress(BODY), PLAIN, "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    ),
    "deflate": record(http(zlib.compress(BODY), PLAIN, "Content-Encoding: deflate")),
    "deflate without a frame": record(http(raw_deflate(BODY), PLAIN, "Content-Encoding: deflate")),
    "brotli": record(http(brotli.compress(BODY), PLAIN, "Content-Encoding: br")),
    "brotli told and undone": record(http(BODY, PLAIN, "Content-Encoding: br")),
    "zstandard": record(http(zstandard.compress(BODY), PLAIN, "Content-Encoding: zstd")),
    "zstandard told and undone": record(http(BODY, PLAIN, "Content-Encoding: zstd")),
    "a coding called none": record(http(BODY, PLAIN, "Content-Encoding: none")),
    "a charset for a coding": record(http(BODY, PLAIN, "Content-Encoding: UTF-8")),
    "no coding": record(http(BODY, PLAIN, "Content-Encoding: identity", "Transfer-Encoding:")),
}


@pytest.mark.parametrize("way", AS_WRITTEN)
def test_page_is_read_however_its_record_was_written(tmp_path: Path, way: str) -> None:
    """Between two usual records, one that is written otherwise gives the same text under the same address."""
    others = [record(http(BODY, PLAIN), WARC_Target_URI=f"http://a.example/{name}") for name in ("before", "behind")]
    items = items_of(tmp_path, others[0] + AS_WRITTEN[way] + others[1])
    assert [(item.document.id, item.document.text) for item in items if isinstance(item, Record)] == [
        ("http://a.example/before", TEXT),
        (URL, TEXT),
        ("http://a.example/behind", TEXT),
    ]


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data)[:40] + bytes(40),
    "br": lambda data: brotli.compress(data)[:-9],
    "zstd": lambda data: zstandard.compress(data)[:-9] + bytes(9),
    "deflate": lambda data: b"\0" + zlib.compress(data),
    "compress": gzip.compress,
}


@pytest.mark.parametrize("coding", PACKED)
def test_body_that_cannot_be_unpacked_is_no_text(tmp_path: Path, coding: str) -> None:
    """Packed bytes that are damaged, or packed as nobody knows, are a reject and not taken for a text."""
    data = record(http(PACKED[coding](BODY), PLAIN, f"Content-Encoding: {coding}"))
    [item] = items_of(tmp_path, data)
    assert isinstance(item, Rejected)
    assert (item.code, item.id, item.source.line) == ("invalid_warc", URL, 1)
    assert coding in item.reason


@pytest.mark.parametrize("charset", ["no-such", "utf-8\0", "undefined", "hex", "us-ascii"])
def test_text_whose_charset_is_wrong_is_rejected_alone(tmp_path: Path, charset: str) -> None:
    """A charset that is unknown, none, or not that of the text is a reject; the next record is read."""
    data = record(http("żółć".encode(), f"Content-Type: text/plain; charset={charset}")) + record(http(BODY, PLAIN))
    assert [getattr(item, "code", URL) for item in items_of(tmp_path, data)] == ["invalid_utf8", URL]


def test_message_of_a_reject_is_short_whatever_the_record_holds(tmp_path: Path) -> None:
    """Neither a page of a megabyte nor a name of a thousand letters becomes a part of the message."""
    page = b"\0" + BODY * 5000
    data = record(http(page, PLAIN, "Transfer-Encoding: chunked"))
    data += record(http(page, PLAIN, f"Content-Encoding: {'x' * 1000}"))
    data += record(http(BODY, f"Content-Type: text/plain; charset={'x' * 1000}"))
    data += record(page, Content_Type="application/http")
    data += record(http(BODY, PLAIN, f"Content-Encoding: {'br,' * 1000}"))
    data += record(http(BODY, PLAIN, f"X: {'x' * 100_000}"))
    items = items_of(tmp_path, data)
    assert [item.code for item in items if isinstance(item, Rejected)] == [
        "invalid_warc",
        "invalid_warc",
        "invalid_utf8",
        "invalid_warc",
        "invalid_warc",
        "invalid_warc",
    ]
    assert max(len(item.reason) for item in items if isinstance(item, Rejected)) < 300


def test_records_passed_over_are_counted_by_kind(tmp_path: Path) -> None:
    """Nothing that an archive holds goes missing: it is a document, a reject, or counted by what it is."""
    meter = Meter()
    data = record(b"software: x", WARC_Type="warcinfo", Content_Type="application/warc-fields")
    data += record(b"GET / HTTP/1.1\r\n\r\n", WARC_Type="request")
    data += record(http(b"", PLAIN), WARC_Type="revisit") * 2
    data += record(http(BODY, PLAIN, status="HTTP/1.1 404 Not Found"))
    data += record(http(b"\x89PNG", "Content-Type: Image/PNG"))
    data += record(http(BODY))
    data += record(b"a.example 1.2.3.4", Content_Type="text/dns")
    data += record(b"", WARC_Type="")
    data += record(http(BODY, PLAIN))
    [item] = items_of(tmp_path, data, meter)
    assert (isinstance(item, Record), item.source.line) == (True, 10)
    assert meter.records_passed_over == {
        "warcinfo": 1,
        "request": 1,
        "revisit": 2,
        "status 404": 1,
        "image/png": 1,
        "without media type": 1,
        "text/dns": 1,
        "record without a type": 1,
    }


def test_page_of_one_address_is_one_document(tmp_path: Path) -> None:
    """An address is the same id with the angle brackets of WARC 1.0's grammar and without; a record's id keeps them."""
    data = record(http(BODY, PLAIN)) + record(http(BODY, PLAIN), WARC_Target_URI=f"<{URL}>")
    items = [item for item in items_of(tmp_path, data) if isinstance(item, Record)]
    assert {item.document.id for item in items} == {URL}
    assert items[0].document.metadata["record"] == "<urn:uuid:00000000-0000-0000-0000-000000000001>"


def test_last_media_type_counts_with_the_charset_of_its_kind(tmp_path: Path) -> None:
    """Of several media types the last counts; a charset named for the same type before it holds."""
    body = "żółć".encode("iso-8859-2")
    data = record(http(body, "Content-Type: text/plain; charset=iso-8859-2, text/plain"))
    data += record(
        http(body, "Content-Type: text/html; charset=utf-8", 'Content-Type: text/plain;charset="ISO-8859-2"')
    )
    texts = [item.document.text for item in items_of(tmp_path, data) if isinstance(item, Record)]
    assert texts == ["żółć", "żółć"]


PIECES = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"WARC/1.0\r\n",
    b"Content-Length: 9\r\n",
    b"HTTP/1.1 200 OK",
    b"0\r\n",
    b"\0",
    b"\xff",
]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_archive_ends_no_reading(seed: int) -> None:
    """Whatever is cut out, put in or changed, each record is a document, a reject or counted, and nothing is raised."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(500):
        data = bytearray(b"".join(rng.choices([*AS_WRITTEN.values()], k=3)))
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data))
            data[place : place + rng.choice([0, 1, 10, 200])] = rng.choice([b"", bytes([rng.randrange(256)]), *PIECES])
        entries = list(warc.records(io.BytesIO(bytes(data)), "a.warc", "a"))
        assert entries
        assert all(isinstance(entry, Record | Rejected | PassedOver) for entry in entries)

"""HTML and WARC: main text is extracted by processes that may be killed; archives that lie are read on."""

import gzip
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from dedup.formats import Fields, Item, Reading, Record, Rejected, extraction, html, read

# warcio leaves the closing of its temporary files to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Exception ignored in. <(function SpooledTemporaryFile|_io.FileIO name=.* mode='rb\+')"
)

STORY = "The head of the general staff met the commander in the capital on Thursday, the first such meeting in a year."
PAGE = (
    f"<html><head><title>Two\n soldiers</title></head><body><nav><a href='/'>Start</a></nav><article><p>{STORY}</p>"
    f"<p>Nothing else was said about żółć and other matters, and nothing was asked by any of those who came.</p>"
    "</article><footer>All rights reserved</footer></body></html>"
)
SLOW = "<html><body>" + "<p>word " * 300_000
"""Ten seconds' work for the extractor."""


def codes(items: Sequence[Item]) -> list[str]:
    """Return the id of each document and the code of each reject, in order."""
    return [item.document.id if isinstance(item, Record) else item.code for item in items]


Response = tuple[str, str, bytes, dict[str, str]]


def archive(*pages: Response, gzipped: bool = False) -> bytes:
    """Return a WARC file of responses: address, status, body and headers of each."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=gzipped)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "a test"}))
    for url, status, body, headers in pages:
        lines = [("Content-Type", "text/html; charset=utf-8"), *headers.items()]
        http = StatusAndHeaders(status, [(n, v) for n, v in dict(lines).items()], protocol="HTTP/1.1")
        times = {"WARC-Date": "2020-01-02T03:04:05Z"}
        writer.write_record(
            writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=http, warc_headers_dict=times)
        )
    return buffer.getvalue()


def page(
    url: str, body: bytes = PAGE.encode(), status: str = "200 OK", **headers: str
) -> tuple[str, str, bytes, dict[str, str]]:
    """Return what `archive` takes; underscores in headers stand for hyphens."""
    return url, status, body, {name.replace("_", "-"): value for name, value in headers.items()}


def test_page_gives_its_main_text(tmp_path: Path) -> None:
    """Menu and footer are left out, the title is metadata; the id is the file's name."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.html").write_text(PAGE)
    (tmp_path / "b.htm.gz").write_bytes(gzip.compress(PAGE.encode()))
    b, a = read(str(tmp_path))
    assert isinstance(a, Record)
    assert isinstance(b, Record)
    assert (a.document.id, b.document.id) == ("sub/a", "b")
    assert STORY in a.document.text
    assert "żółć" in a.document.text
    assert "Start" not in a.document.text
    assert "rights" not in a.document.text
    assert a.document.metadata == {"title": "Two soldiers"}


def test_hanging_page_is_killed_and_the_rest_is_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that takes too long ends its process; those before and behind it are read, in order."""
    monkeypatch.setattr(extraction, "SECONDS", 3.0)
    for name in "abdefghijklm":
        (tmp_path / f"{name}.html").write_text(PAGE)
    (tmp_path / "c.html").write_text(SLOW)
    items = list(read(str(tmp_path)))
    assert codes(items) == ["a", "b", "extraction_timeout", *"defghijklm"]
    assert isinstance(items[2], Rejected)
    assert (items[2].id, items[2].source.path) == ("c", str(tmp_path / "c.html"))


def test_page_that_ends_the_extractor_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that needs more memory than there is, or kills the process, is rejected; the next is read."""
    monkeypatch.setattr(extraction, "MOST_MEMORY", 330 << 20)
    (tmp_path / "a.html").write_text(SLOW)
    (tmp_path / "b.html").write_text(PAGE)
    assert codes(list(read(str(tmp_path)))) == ["extraction_failed", "b"]


def test_page_without_text_or_too_long_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that has no main text, or more bytes than a page may have, is a reject."""
    monkeypatch.setattr(html, "MOST_BYTES", len(PAGE.encode()))
    (tmp_path / "a.html").write_text("")
    (tmp_path / "b.html").write_text(PAGE)
    (tmp_path / "c.html").write_text(PAGE + " ")
    (tmp_path / "d.html").write_bytes(b"\x00\xff" * 40)
    assert codes(list(read(str(tmp_path)))) == ["no_main_text", "b", "long_page", "no_main_text"]


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


@pytest.mark.parametrize("ending", PACKERS)
def test_archive_gives_the_pages_delivered(tmp_path: Path, ending: str) -> None:
    """A response is a document named by its address; what was not found, is no page, or says nothing is passed over."""
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE.encode()), PAGE.encode())
    data = archive(
        page("http://a/1"),
        page("http://a/2", status="404 Not Found"),
        page("http://a/3", b"\x89PNG", Content_Type="image/png"),
        page("http://a/4", gzip.compress(PAGE.encode()), Content_Encoding="gzip"),
        page("http://a/5", chunks, Transfer_Encoding="chunked"),
        page("http://a/6", STORY.encode(), Content_Type="text/plain"),
        page("http://a/7", PAGE.encode("iso-8859-2"), Content_Type="text/html; charset=iso-8859-2"),
    )
    (tmp_path / f"a.warc{ending}").write_bytes(PACKERS[ending](data))
    items = list(read(str(tmp_path)))
    assert codes(items) == ["http://a/1", "http://a/4", "http://a/5", "http://a/6", "http://a/7"]
    assert [item.source.line for item in items] == [2, 5, 6, 7, 8]
    for item in items:
        assert isinstance(item, Record)
        assert STORY in item.document.text
        assert ("żółć" in item.document.text) == (item.document.id != "http://a/6")
        assert item.document.metadata["date"] == "2020-01-02T03:04:05Z"
        assert re.fullmatch("<urn:uuid:[-0-9a-f]{36}>", item.document.metadata["record"])


def test_archive_of_members_may_be_named_by_record(tmp_path: Path) -> None:
    """An archive whose records are compressed one by one is read; the id may be that of the record."""
    (tmp_path / "a.warc.gz").write_bytes(archive(page("http://a/1"), page("http://a/1"), gzipped=True))
    items = list(read(str(tmp_path), how=Reading(Fields(id="record"))))
    assert len({item.document.id for item in items if isinstance(item, Record)}) == 2
    assert {item.document.metadata["url"] for item in items if isinstance(item, Record)} == {"http://a/1"}
    assert codes(list(read(str(tmp_path), how=Reading(Fields(id="name"))))) == ["no_id", "no_id"]


def test_text_archive_is_read(tmp_path: Path) -> None:
    """The plain texts that Common Crawl offers (WET) are documents as they are."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    body = io.BytesIO(STORY.encode())
    writer.write_record(writer.create_warc_record("http://a/1", "conversion", body, warc_content_type="text/plain"))
    (tmp_path / "a.warc.wet.gz").write_bytes(buffer.getvalue())
    [item] = read(str(tmp_path))
    assert isinstance(item, Record)
    assert (item.document.id, item.document.text) == ("http://a/1", STORY)


def plain(url: str) -> Response:
    """Return a plain text that was delivered: no process has to extract it."""
    return page(url, STORY.encode(), Content_Type="text/plain")


LIES: dict[str, Callable[[int], bytes]] = {
    "a little long": lambda length: b"%d" % (length + 7),
    "long": lambda length: b"%d" % (length + 5000),
    "endless": lambda _: b"999999999999",
    "a little short": lambda length: b"%d" % (length - 2),
    "short": lambda _: b"20",
    "none": lambda _: b"",
    "negative": lambda _: b"-1",
    "no number": lambda _: b"many",
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_record_that_lies_about_its_length_is_rejected_alone(tmp_path: Path, lie: str, ending: str) -> None:
    """Whatever length a record claims to have, it is told by its number and the ones behind it are read."""
    parts = [archive(plain(f"http://a/{i}")) for i in range(4)]
    parts = [parts[0], *(part[part.index(b"WARC/1.0", 9) :] for part in parts[1:])]
    length = re.search(rb"http://a/1\r\n(?:.*\r\n)*?Content-Length: (\d+)", parts[1])
    assert length
    start, end = length.span(1)
    parts[1] = parts[1][:start] + LIES[lie](int(length[1])) + parts[1][end:]
    (tmp_path / f"a.warc{ending}").write_bytes(b"".join(map(PACKERS[ending], parts)))
    items = list(read(str(tmp_path)))
    assert [(code, item.source.line) for code, item in zip(codes(items), items, strict=True)] == [
        ("http://a/0", 2),
        ("invalid_warc", 3),
        ("http://a/2", 4),
        ("http://a/3", 5),
    ]


@pytest.mark.parametrize("cut", [30, 200])
def test_archive_cut_off_is_told(tmp_path: Path, cut: int) -> None:
    """Of an archive that ends within a record, the records before it are read."""
    (tmp_path / "a.warc").write_bytes(archive(plain("http://a/1"), plain("http://a/2"))[:-cut])
    (tmp_path / "b.warc.gz").write_bytes(archive(plain("http://a/3"), plain("http://a/4"), gzipped=True)[:-cut])
    assert codes(list(read(str(tmp_path)))) == ["http://a/1", "invalid_warc", "http://a/3", "unreadable_file"]


def test_garbage_between_records_is_told_once(tmp_path: Path) -> None:
    """What is no record is one reject, and reading goes on at the next record."""
    one, two = archive(plain("http://a/1")), archive(plain("http://a/2"))
    (tmp_path / "a.warc").write_bytes(one + b"garbage\n" * 100_000 + b"\r\n\r\n" + two)
    assert codes(list(read(str(tmp_path)))) == ["http://a/1", "invalid_warc", "http://a/2"]
    (tmp_path / "a.warc").write_bytes(b"not an archive")
    assert codes(list(read(str(tmp_path)))) == ["invalid_warc"]


def test_giant_record_is_told_if_it_is_a_page(tmp_path: Path) -> None:
    """A page beyond the limit is a reject, small as it may be while packed; a giant video is passed over."""
    giant = PAGE.encode() + b" " * html.MOST_BYTES
    data = archive(
        page("http://a/1", b"\0" * (10 << 20), Content_Type="video/mp4"),
        page("http://a/2", giant),
        page("http://a/3", gzip.compress(giant * 20), Content_Encoding="gzip"),
        page("http://a/4"),
    )
    (tmp_path / "a.warc").write_bytes(data)
    assert codes(list(read(str(tmp_path)))) == ["long_page", "long_page", "http://a/4"]

"""Documents by the line: JSON Lines in, JSON Lines out."""

import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from servers.service import Serving, Start, code, prose

from dedup.formats import Record, read
from dedup.model import Document

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}
HEAD = b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
HEAD += b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return a piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    """Read until a mark has come, or the connection ends."""
    data = b""
    while mark not in data and (more := connection.recv(65536)):
        data += more
    return data


def line(name: str, **more: Any) -> bytes:
    """Return a line that is a document."""
    return json.dumps({"id": name, "text": prose(20), **more}).encode() + b"\n"


def test_each_line_has_its_result_in_order(service: Serving) -> None:
    """Lines that are documents are put, others rejected with a code; blank ones are passed over; a summary ends it."""
    body = b"\n".join(
        [
            line("l1").strip(),
            b"{oops",
            line("l2", source="wire").strip(),
            b"",
            b"[]",
            b'{"text": "t"}',
            b'{"id": "l3"}',
            b'{"id": "l4", "text": "\\ud800"}',
            b"\xff",
            b'{"id": "l5", "text": "..."}',
            line("l1").strip(),
            line("l6", metadata={"a": 1}).strip(),
            line("l7", metadata={"a": 1}, b=2),
        ]
    )
    *results, last = service.lines(body)
    assert [(one["line"], one["id"], one["status"], one.get("code")) for one in results] == [
        (1, "l1", "put", None),
        (2, None, "rejected", "invalid_json"),
        (3, "l2", "put", None),
        (5, None, "rejected", "not_an_object"),
        (6, None, "rejected", "no_id"),
        (7, "l3", "rejected", "no_text"),
        (8, None, "rejected", "invalid_json"),
        (9, None, "rejected", "invalid_json"),
        (10, "l5", "rejected", "no_words"),
        (11, "l1", "replaced", None),
        (12, "l6", "put", None),
        (13, "l7", "put", None),
    ]
    assert last == {"summary": {"put": 4, "unchanged": 0, "replaced": 1, "rejected": 7, "complete": True}}
    metadata = [service.http.get(f"/v1/documents/{name}").json()["metadata"] for name in ("l2", "l6", "l7")]
    assert metadata == [{"source": "wire"}, {"a": 1}, {"metadata": {"a": 1}, "b": 2}]
    assert service.http.get("/v1/documents/l1").json()["version"] == results[9]["version"]


@pytest.mark.parametrize(
    "record",
    [
        {"source": "wire"},
        {"metadata": {"source": "wire"}},
        {"metadata": {"id": "x", "text": 1, "metadata": {}}},
        {"metadata": {"source": "wire"}, "lang": "en"},
        {"metadata": "source"},
        {"id": 10**20},
    ],
)
def test_a_line_is_the_same_document_by_every_way_in(service: Serving, tmp_path: Path, record: dict[str, Any]) -> None:
    """One line of JSON gives the same id, text and metadata over HTTP as `ingest` reads from a file."""
    body = json.dumps({"id": "same", "text": prose(20)} | record).encode()
    (tmp_path / "in.jsonl").write_bytes(body)
    [item] = read(str(tmp_path / "in.jsonl"))
    assert isinstance(item, Record)
    [result, _] = service.lines(body)
    assert result["id"] == item.document.id
    answer = service.http.get(f"/v1/documents/{item.document.id}").json()
    assert Document(answer["id"], answer["text"], answer["metadata"]) == item.document


def test_equal_lines_again_change_nothing(service: Serving) -> None:
    """The same body a second time is unchanged, line by line."""
    body = line("again1") + line("again2")
    assert [one["status"] for one in service.lines(body)[:-1]] == ["put", "put"]
    assert [one["status"] for one in service.lines(body)[:-1]] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("encoding", PACKERS)
def test_bodies_may_be_compressed(service: Serving, encoding: str) -> None:
    """Gzip and zstd bodies, also of several members or frames, are unpacked on the way."""
    pack = PACKERS[encoding]
    body = b"".join(pack(line(f"{encoding}{i}")) for i in range(3))
    *results, last = service.lines(body, **{"Content-Encoding": encoding})
    assert [one["id"] for one in results] == [f"{encoding}{i}" for i in range(3)]
    assert last["summary"]["complete"]
    one = service.http.post(
        "/v1/resemble",
        content=pack(json.dumps({"text": prose(20)}).encode()),
        headers={"Content-Encoding": encoding, "Content-Type": "application/json"},
    )
    assert one.status_code == 200


def test_results_come_while_the_body_is_still_sent(service: Serving) -> None:
    """The first line's result arrives, and the document is found, before the second line is sent."""
    with service.connect() as connection:
        connection.sendall(HEAD + chunk(line("early")))
        assert b'"id":"early","status":"put"' in read_until(connection, b'"early"')
        assert service.http.get("/v1/documents/early").status_code == 200
        connection.sendall(chunk(line("late")) + b"0\r\n\r\n")
        rest = read_until(connection, b"0\r\n\r\n")
    assert b'"id":"late","status":"put"' in rest
    assert b'"complete":true' in rest


def test_an_interrupted_body_leaves_what_was_acknowledged(service: Serving) -> None:
    """When the connection breaks, whole lines before are in, and the half line is not."""
    with service.connect() as connection:
        connection.sendall(HEAD + chunk(line("whole") + line("half")[:20]))
        read_until(connection, b'"whole"')
    assert service.http.get("/v1/documents/whole").status_code == 200
    assert service.http.get("/v1/documents/half").status_code == 404
    assert service.http.get("/livez").status_code == 200


def test_a_body_that_turns_out_damaged_says_how_far_it_came(service: Serving) -> None:
    """A compressed stream cut off ends in a summary that is not complete and names the reason."""
    compressor = zstandard.ZstdCompressor().compressobj()
    first = compressor.compress(line("cut")) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    head = HEAD.replace(b"Transfer", b"Content-Encoding: zstd\r\nTransfer")
    with service.connect() as connection:
        connection.sendall(head + chunk(first))
        read_until(connection, b'"cut"')
        connection.sendall(chunk(compressor.compress(line("lost") * 20)[:3] or b"\xff\xff") + b"0\r\n\r\n")
        rest = read_until(connection, b"\r\n0\r\n\r\n")
    assert b'"put":1,"unchanged":0,"replaced":0,"rejected":0,"complete":false,"error":{"code":"damaged_body"' in rest


def test_a_body_too_large_says_how_far_it_came(start: Start) -> None:
    """A stream that passes the cap ends in a summary that is not complete."""
    with start(body_bytes=2000) as service, service.connect() as connection:
        connection.sendall(HEAD + chunk(line("fits")))
        read_until(connection, b'"fits"')
        connection.sendall(chunk(b" " * 2000))
        assert b'"complete":false,"error":{"code":"body_too_large"' in read_until(connection, b"\r\n0\r\n\r\n")


def test_many_lines_go_in_in_order(service: Serving) -> None:
    """Three thousand lines have three thousand results in order."""
    body = b"".join(line(f"many{i}") for i in range(3000))
    *results, last = service.lines(body)
    assert [one["id"] for one in results] == [f"many{i}" for i in range(3000)]
    assert last["summary"]["put"] == 3000


def test_byte_order_mark_is_no_part_of_a_line(service: Serving) -> None:
    """Lines of files that begin with a byte order mark, and were joined, are read; a line of nothing else is blank."""
    mark = b"\xef\xbb\xbf"
    *results, last = service.lines(mark + line("mark1") + mark + line("mark2") + mark + b"\r\n")
    assert [(one["id"], one["status"]) for one in results] == [("mark1", "put"), ("mark2", "put")]
    assert last["summary"]["rejected"] == 0


def test_an_empty_body_is_an_empty_answer(service: Serving) -> None:
    """No line, no result: only the summary."""
    assert service.lines(b"") == [
        {"summary": {"put": 0, "unchanged": 0, "replaced": 0, "rejected": 0, "complete": True}}
    ]


def test_only_json_lines_are_taken(service: Serving) -> None:
    """Another media type is 415: a web page elsewhere cannot send one without asking."""
    answer = service.http.post("/v1/documents", content=line("form"), headers={"Content-Type": "text/plain"})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")

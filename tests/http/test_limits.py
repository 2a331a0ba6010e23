"""Every published limit at n - 1, n and n + 1; what is too large, too deep, too much or too slow does no harm."""

import gzip
import json
import resource
import socket
import threading
import time
from typing import Any

import httpx2
import pytest
import zstandard
from servers.service import Serving, Start, code, prose
from waiting import until

from service.middleware.protocol import HEADER_SECONDS

JSON = {"Content-Type": "application/json"}


def sized(size: int) -> bytes:
    """Return a valid body of so many bytes."""
    return b'{"text": "x"}'.ljust(size)


def outcome(answer: httpx2.Response) -> str:
    """Return "ok" or the refusal's code."""
    return "ok" if answer.is_success else code(answer)


@pytest.mark.parametrize("chunked", [False, True])
def test_body_bytes(start: Start, chunked: bool) -> None:
    """A body may have as many bytes as set, announced or not, and not one more."""
    with start(body_bytes=2000) as service:

        def post(size: int) -> str:
            content: Any = iter([sized(size)]) if chunked else sized(size)
            return outcome(service.http.post("/v1/resemble", content=content, headers=JSON))

        assert [post(1999), post(2000), post(2001)] == ["ok", "ok", "body_too_large"]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)], ids=["gzip", "zstd"]
)
def test_decompressed_bytes(start: Start, encoding: str, pack: Any) -> None:
    """A compressed body may unpack to as many bytes as set, and not one more."""
    with start(decompressed_bytes=50_000) as service:

        def post(size: int) -> str:
            headers = {**JSON, "Content-Encoding": encoding}
            return outcome(service.http.post("/v1/resemble", content=pack(sized(size)), headers=headers))

        assert [post(49_999), post(50_000), post(50_001)] == ["ok", "ok", "decompressed_too_large"]


@pytest.mark.parametrize(("more", "expected"), [(-1, "ratio_too_high"), (0, "ok"), (1, "ok")])
def test_ratio(start: Start, more: int, expected: str) -> None:
    """Beyond a mebibyte a body may unpack to as many times its size as set, and not one byte more."""
    packed = gzip.compress(sized(2_000_000))
    with start(ratio=(2_000_000 + more) / len(packed)) as service:
        headers = {**JSON, "Content-Encoding": "gzip"}
        assert outcome(service.http.post("/v1/resemble", content=packed, headers=headers)) == expected


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("path", ["/v1/resemble", "/v1/documents"])
def test_a_bomb_is_refused_at_once(service: Serving, path: str, encoding: str) -> None:
    """128 MiB in a few kilobytes are refused within a second, by their ratio, and memory stays bounded."""
    zeros = b" " * (128 << 20)
    bomb = gzip.compress(zeros) if encoding == "gzip" else zstandard.compress(zeros, 19)
    assert encoding == "gzip" or len(bomb) < 16_384
    del zeros
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    kind = "application/json" if path == "/v1/resemble" else "application/x-ndjson"
    answer = service.http.post(path, content=bomb, headers={"Content-Type": kind, "Content-Encoding": encoding})
    assert time.monotonic() - begun < 1
    assert (answer.status_code, code(answer)) == (413, "ratio_too_high")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_a_wide_zstd_window_is_refused(service: Serving) -> None:
    """A frame that asks for a window of 128 MiB is damaged to us: memory is not given out on request."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(prose(200).encode() * 9000) + compressor.flush()
    headers = {**JSON, "Content-Encoding": "zstd"}
    assert code(service.http.post("/v1/resemble", content=body, headers=headers)) == "damaged_body"


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
def test_an_unknown_encoding_is_refused(service: Serving, encoding: str) -> None:
    """A content encoding that is not gzip or zstd, or one within another, is 415."""
    answer = service.http.post("/v1/resemble", content=b"x", headers={**JSON, "Content-Encoding": encoding})
    assert (answer.status_code, code(answer)) == (415, "unsupported_encoding")


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b'{"text": "x"}')[:-4]], ids=["none", "cut"])
def test_a_damaged_body_is_refused(service: Serving, body: bytes) -> None:
    """A body that is not what its encoding says, or is cut off, is 400."""
    answer = service.http.post("/v1/resemble", content=body, headers={**JSON, "Content-Encoding": "gzip"})
    assert (answer.status_code, code(answer)) == (400, "damaged_body")


def test_document_bytes(start: Start) -> None:
    """A text may have as many bytes of UTF-8 as set, wherever it is sent; a line as many with all its fields."""
    with start(document_bytes=400) as service:
        for size, expected in ((399, "ok"), (400, "ok"), (401, "long_text")):
            text = "ü" * (size // 2) + " " * (size % 2)
            post = service.http.post
            assert outcome(service.http.put("/v1/documents/d", json={"text": text})) == expected
            assert outcome(post("/v1/resemble", json={"text": text})) == expected
            assert outcome(post("/v1/compare", json={"a": "x", "b": text})) == expected
            assert (
                post("/v1/resemble:batch", json={"queries": [{"text": text}]}).json()["answers"][0].get("code", "ok")
                == expected
            )
            line = b'{"id": "l", "text": "word"}'.ljust(size)
            (result, _) = service.lines(line)
            assert result.get("code", "ok") == ("ok" if expected == "ok" else "long_line")


def test_a_long_line_costs_only_itself(start: Start) -> None:
    """A line far beyond the limit is rejected and forgotten; the lines around it go in."""
    with start(document_bytes=1000) as service:
        lines = [json.dumps({"id": name, "text": "a word"}).encode() for name in ("a", "b")]
        body = lines[0] + b"\n" + b"x" * 5_000_000 + b"\n" + lines[1]
        *results, last = service.lines(body)
        assert [one.get("code", one["status"]) for one in results] == ["put", "long_line", "put"]
        assert last["summary"]["rejected"] == 1


def test_batch(start: Start) -> None:
    """A batch may have as many queries as set, and not one more."""
    with start(batch=3) as service:
        answers = [
            outcome(service.http.post("/v1/resemble:batch", json={"queries": [{"text": "x"}] * n})) for n in (2, 3, 4)
        ]
        assert answers == ["ok", "ok", "long_batch"]


def test_json_depth(start: Start) -> None:
    """JSON may be nested as deep as set, in a body and in a line, and not one level more."""
    with start(json_depth=5) as service:
        for depth, expected in ((4, "ok"), (5, "ok"), (6, "invalid_json")):
            value: Any = 1
            for _ in range(depth - 2):
                value = [value]
            body = {"text": "a word", "metadata": {"deep": value}}
            assert outcome(service.http.put("/v1/documents/d", json=body)) == expected
            (result, _) = service.lines(json.dumps({"id": "l", **body}).encode())
            assert result.get("code", "ok") == expected


@pytest.mark.parametrize("under_way", [1, 2, 3])
def test_lookups_beyond_the_limit_are_told_to_come_again(start: Start, under_way: int) -> None:
    """Fewer look-ups than set under way: one more is answered; else it is 503 with Retry-After, and /livez lives."""
    with start(lookups=3, threads=1) as service:
        index, go = service.app.state.service.index, threading.Event()
        answer = index.look_up

        def held(*given: Any) -> Any:
            go.wait(20)
            return answer(*given)

        index.look_up = held
        threads = [
            threading.Thread(
                target=httpx2.post, args=(f"{service.url}/v1/resemble",), kwargs={"json": {"text": "x"}, "timeout": 30}
            )
            for _ in range(under_way)
        ]
        for thread in threads:
            thread.start()
        while service.app.state.service._asked < under_way:
            time.sleep(0.001)
        assert service.http.get("/livez").status_code == 200
        timer = threading.Timer(0.2, go.set)
        timer.start()
        last = service.http.post("/v1/resemble", json={"text": "x"})
        for thread in [*threads, timer]:
            thread.join()
        assert outcome(last) == ("ok" if under_way < 3 else "too_busy")
        assert under_way < 3 or last.headers["retry-after"] == "1"
        assert outcome(service.http.post("/v1/resemble", json={"text": "x"})) == "ok"


def test_rate(start: Start) -> None:
    """As many requests a second are answered as set; the next is 429 with Retry-After; then it goes on."""
    with start(rate=5) as service:
        begun, answered = time.monotonic(), 0
        while (answer := service.http.get("/v1/stats")).status_code == 200:
            answered += 1
        assert 5 <= answered <= 5 + 5 * (time.monotonic() - begun)
        assert (answer.status_code, code(answer)) == (429, "too_many_requests")
        assert answer.headers["retry-after"] == "1"
        assert service.http.get("/livez").status_code == 200
        until(lambda: service.http.get("/v1/stats").status_code == 200, seconds=10)


def dribble(connection: socket.socket, first: bytes, seconds: float) -> tuple[float, bytes]:
    """Send a byte every tenth of a second until the other side ends it; return when that was, and what it said."""
    connection.sendall(first)
    connection.settimeout(0.1)
    begun, answer = time.monotonic(), b""
    while time.monotonic() - begun < seconds:
        try:
            connection.send(b"a")
            more = connection.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            break
        if not more:
            break
        answer += more
    return time.monotonic() - begun, answer


@pytest.mark.parametrize(
    ("path", "kind"), [("/v1/resemble", "application/json"), ("/v1/documents", "application/jsonl")]
)
def test_a_slow_body_is_cut(start: Start, path: str, kind: str) -> None:
    """A body that dribbles in is cut off with 408 after the time set, and others are served meanwhile."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 9999\r\n\r\n"
    with start(body_seconds=1) as service, service.connect() as connection:
        seconds, answer = dribble(connection, head.encode(), 8)
        assert 0.9 < seconds < 3
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"slow_body"' in answer
        assert service.http.get("/livez").status_code == 200


def test_a_long_body_that_keeps_coming_is_not_cut(start: Start) -> None:
    """A body that takes longer than the time set, but comes in steadily, is taken."""
    with start(body_seconds=0.5) as service:

        def steadily() -> Any:
            for _ in range(8):
                time.sleep(0.2)
                yield b" " * 20_000
            yield b'{"text": "x"}'

        assert service.http.post("/v1/resemble", content=steadily(), headers=JSON).status_code == 200


@pytest.mark.parametrize("limit", [1, pytest.param(HEADER_SECONDS, marks=pytest.mark.slow)])
def test_slow_headers_are_cut_within_ten_seconds(
    service: Serving, limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers that dribble in, or never come, end the connection within ten seconds; others are served meanwhile."""
    assert HEADER_SECONDS < 10
    monkeypatch.setattr("service.middleware.protocol.HEADER_SECONDS", limit)
    with service.connect() as silent, service.connect() as slow:
        seconds, answer = dribble(slow, b"GET /livez HTTP/1.1\r\nX: ", limit + 2)
        assert limit - 0.5 < seconds < limit + 1.5
        assert answer.startswith(b"HTTP/1.1 408 ")
        silent.settimeout(3)
        assert silent.recv(100) == b""
        assert service.http.get("/livez").status_code == 200


def test_headers_without_end_are_refused(service: Serving) -> None:
    """Headers of more than 64 KiB are 431."""
    with service.connect() as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nX: " + b"a" * 70_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_does_not_read_is_let_go(start: Start) -> None:
    """An answer that nobody reads does not hold the service: the connection is dropped after the time set."""
    with start(send_seconds=0.5, document_bytes=8 << 20) as service:
        service.put("big", "long words " * 700_000)
        with service.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /v1/documents/big HTTP/1.1\r\nHost: localhost\r\n\r\n")
            begun = time.monotonic()
            while service.server.server_state.tasks and time.monotonic() - begun < 5:
                time.sleep(0.05)
            assert time.monotonic() - begun < 5

"""Starting and stopping."""

import json
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from servers.service import Start, code, prose, serving
from waiting import until

import dedup


@pytest.mark.parametrize("cycles", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_starts_and_stops_leak_nothing(tmp_path: Path, cycles: int) -> None:
    """Services started, used and stopped one after the other leave no thread and no descriptor behind."""

    def cycle() -> tuple[int, int]:
        with serving(tmp_path, rate=100) as service:
            service.put("a", "seven wizards box with liquor jugs")
            assert service.http.post("/v1/resemble", json={"text": "seven wizards box"}).status_code == 200
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    counts = [cycle() for _ in range(cycles)]
    threads, descriptors = zip(*counts, strict=True)
    assert threads[-1] <= max(threads[:5])
    assert descriptors[-1] <= max(descriptors[:5])


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    """A service started again on the same index has its documents."""
    with serving(tmp_path) as service:
        version = service.put("a", "seven wizards")
    with serving(tmp_path) as service:
        assert service.http.get("/v1/documents/a").json()["version"] == version


def test_ready_means_the_index_that_was_opened(tmp_path: Path) -> None:
    """Another index in the place of the one served, or none, is 503 at /readyz, and nothing is put any more."""
    with serving(tmp_path) as service:
        assert service.http.get("/readyz").status_code == 200
        (tmp_path / "index").rename(tmp_path / "away")
        assert code(service.http.get("/readyz")) == "store_gone"
        with dedup.open(f"lmdb:{tmp_path / 'index'}", dedup.Scheme(k=5)):
            assert code(service.http.get("/readyz")) == "store_gone"
            assert code(service.http.put("/v1/documents/a", json={"text": "one two three four"})) == "store_gone"
        assert service.http.get("/livez").status_code == 200


def test_a_request_under_way_finishes_when_the_service_stops(start: Start) -> None:
    """A look-up that began before the stop is answered after it."""
    answers = list[httpx2.Response]()
    with start() as service:
        index, begun, go = service.app.state.service.index, threading.Event(), threading.Event()
        answer = index.look_up

        def held(*given: Any) -> Any:
            begun.set()
            go.wait(20)
            return answer(*given)

        index.look_up = held
        ask = threading.Thread(
            target=lambda: answers.append(
                httpx2.post(f"{service.url}/v1/resemble", json={"text": prose(9)}, timeout=30)
            )
        )
        ask.start()
        begun.wait(10)
        service.server.should_exit = True
        until(lambda: not any(one.is_serving() for one in service.server.servers))  # it is stopping
        go.set()
        ask.join()
    assert answers[0].status_code == 200


def test_a_stream_under_way_is_told_how_far_it_came(start: Start) -> None:
    """A stream that does not end by itself is told, when the service stops, what was put and that it broke off."""
    head = b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
    body = json.dumps({"id": "a", "text": "seven wizards"}).encode() + b"\n"
    with start(stop_seconds=1) as service, service.connect() as connection:
        connection.sendall(head + b"Content-Length: 9999\r\n\r\n" + body)
        answer = b""
        while b'"status":"put"' not in answer:
            answer += connection.recv(4096)
        service.server.should_exit = True
        while more := connection.recv(4096):
            answer += more
    assert b'"put":1' in answer
    assert b'"complete":false,"error":{"code":"stopping"' in answer

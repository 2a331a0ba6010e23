"""Hits as server-sent events: in order, resumed behind the last one, and no burden for others."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from servers.service import Serving, Start, code, prose
from waiting import until

from service import streams

STORY = prose(60, "story")
EVENTS = {"Accept": "text/event-stream"}


def events(response: httpx2.Response) -> Iterator[dict[str, str]]:
    """Yield the fields of each event; comments are none."""
    event = dict[str, str]()
    for line in response.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


def told(event: dict[str, str]) -> str:
    """Return the id of the document that an event tells of."""
    data: dict[str, Any] = json.loads(event["data"])
    return str(data["match"]["id"])


def watching(service: Serving, documents: int = 0) -> None:
    """Put a watch, and documents that it is hit by."""
    assert service.http.put("/v1/watches/a", json={"text": STORY}).is_success
    for number in range(documents):
        service.put(str(number), f"{STORY} {number}")


def test_hits_are_sent_as_they_come(start: Start) -> None:
    """First those that are there, then each new one; an event has an id, a name, and the hit as JSON."""
    with start() as service:
        watching(service, 3)
        with service.http.stream("GET", "/v1/watches/hits", headers=EVENTS) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            read = events(response)
            assert [told(next(read)) for _ in range(3)] == ["0", "1", "2"]
            service.put("new", STORY)
            event = next(read)
        assert (told(event), event["event"]) == ("new", "hit")
        page = service.http.get("/v1/watches/hits").json()["hits"]
        assert (json.loads(event["data"]), event["id"]) == (page[-1], page[-1]["id"])


@pytest.mark.parametrize("name", ["a", "ü\n%3A:\r\x00 💩"])
def test_a_stream_goes_on_behind_the_last_event(start: Start, name: str) -> None:
    """`Last-Event-ID`, else the cursor, says where; also where the watch's name is one that no header could hold."""
    with start() as service:
        service.app.state.service.index.watch(name, STORY)
        for number in range(5):
            service.put(str(number), f"{STORY} {number}")
        with service.http.stream("GET", "/v1/watches/hits", headers=EVENTS) as response:
            second = [next(read)["id"] for read in [events(response)] for _ in range(2)][-1]
        again = EVENTS | {"Last-Event-ID": second}
        with service.http.stream("GET", "/v1/watches/hits?cursor=x", headers=again) as response:
            read = events(response)
            assert [told(next(read)) for _ in range(3)] == ["2", "3", "4"]
        page = service.http.get("/v1/watches/hits", params={"limit": 4}).json()
        with service.http.stream(
            "GET", "/v1/watches/hits", params={"cursor": page["next"]}, headers=EVENTS
        ) as response:
            assert told(next(events(response))) == "4"


def test_a_silent_stream_has_a_heartbeat(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing comes in a comment is sent now and then, so that no proxy takes the connection for dead."""
    monkeypatch.setattr(streams, "HEARTBEAT", 0.2)
    with start() as service, service.http.stream("GET", "/v1/watches/hits", headers=EVENTS) as response:
        lines = response.iter_lines()
        assert [next(lines) for _ in range(6)] == [":", ""] * 3


def test_so_many_streams_are_open_at_once(start: Start) -> None:
    """One more than the setting is 503; a client that goes makes room."""
    with start(streams=2) as service:
        held = [service.http.stream("GET", "/v1/watches/hits", headers=EVENTS) for _ in range(2)]
        for one in held:
            one.__enter__()
        assert code(service.http.get("/v1/watches/hits", headers=EVENTS)) == "too_busy"
        assert service.http.get("/v1/watches/hits").json() == {"hits": [], "next": ""}
        assert "resembles_streams 2.0" in service.http.get("/metrics").text
        for one in held:
            one.__exit__(None, None, None)
        until(lambda: service.app.state.service.streams == 0)


def test_a_stream_ends_when_the_service_stops(start: Start) -> None:
    """The stream's answer is whole, and nobody waits for `stop_seconds`."""
    ended = list[float]()

    def listen(url: str) -> None:
        with httpx2.stream("GET", f"{url}/v1/watches/hits", headers=EVENTS, timeout=30) as response:
            begun.set()
            for _ in response.iter_bytes():
                pass
        ended.append(time.monotonic())

    begun = threading.Event()
    with start(stop_seconds=20) as service:
        listener = threading.Thread(target=listen, args=(service.url,))
        listener.start()
        begun.wait(10)
        stopping = time.monotonic()
    listener.join(10)
    assert ended[0] - stopping < 5
    assert time.monotonic() - stopping < 10


def test_a_client_that_does_not_read_holds_nobody_up(start: Start) -> None:
    """It is let go after `send_seconds`; documents go in and another stream gets its hits all the while."""
    with start(send_seconds=0.5) as service:
        watching(service)
        with socket.create_connection(("127.0.0.1", service.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(b"GET /v1/watches/hits HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
            until(lambda: service.app.state.service.streams == 1)
            with service.http.stream("GET", "/v1/watches/hits", headers=EVENTS) as response:
                service.lines(
                    b"\n".join(
                        json.dumps({"id": str(number), "text": f"{STORY} {number}", "padding": "x" * 20_000}).encode()
                        for number in range(400)
                    )
                )
                read = events(response)
                assert [told(next(read)) for _ in range(400)] == [str(number) for number in range(400)]
            until(lambda: service.app.state.service.streams == 0)

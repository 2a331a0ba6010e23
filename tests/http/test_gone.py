"""A client that goes away stops its work."""

import json
import socket
import threading
import time
from typing import Any

import pytest
from servers.service import Serving, Start, prose
from waiting import until

from dedup.search import explain, lookup
from dedup.search.candidates import rank
from dedup.sketching.sketches import sketch_tokens
from service.middleware.observed import GONE


def ask(service: Serving, line: str, body: dict[str, Any]) -> socket.socket:
    """Send a request and do not wait for its answer; return the connection."""
    connection, content = service.connect(), json.dumps(body).encode()
    head = f"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    connection.sendall(head.encode() + b"\r\n\r\n" + content)
    return connection


def hold(owner: Any, name: str) -> tuple[list[Any], threading.Event]:
    """Let calls of a method wait until they are let go; return what it is called with, and what lets them go."""
    calls, go, answer = list[Any](), threading.Event(), getattr(owner, name)

    def wait(*given: Any, **named: Any) -> Any:
        calls.append(given)
        go.wait(20)
        return answer(*given, **named)

    setattr(owner, name, wait)
    return calls, go


def figure(service: Serving, name: str) -> float:
    """Return one figure of /metrics, 0 if it is not there."""
    lines = (line.rpartition(" ") for line in service.http.get("/metrics").text.splitlines())
    return next((float(value) for given, _, value in lines if given == name), 0)


def gone(service: Serving, method: str, route: str) -> float:
    """Return how many requests ended because their clients had gone."""
    return figure(service, f'resembles_requests_total{{method="{method}",route="{route}",status="{GONE}"}}')


def test_a_queued_look_up_of_a_client_that_is_gone_never_begins(start: Start) -> None:
    """Of look-ups that wait behind another, those whose clients have gone are not carried out, the others are."""
    with start(threads=1) as service:
        shared = service.app.state.service
        calls, go = hold(shared.index, "look_up")
        with ask(service, "POST /v1/resemble", {"text": "first"}):
            until(lambda: len(calls) == 1)
            leaving = [ask(service, "POST /v1/resemble", {"text": "leaves"}) for _ in range(5)]
            with ask(service, "POST /v1/resemble", {"text": "stays"}) as stays:
                until(lambda: shared._asked == 7)
                for connection in leaving:
                    connection.close()
                until(lambda: shared._asked == 2)
                go.set()
                assert stays.recv(100).startswith(b"HTTP/1.1 200 ")
        assert [text for text, *_ in calls] == ["first", "stays"]
        assert gone(service, "POST", "/v1/resemble") == 5


def test_a_write_of_a_client_that_is_gone_is_whole_or_never_begins(start: Start) -> None:
    """A PUT that has begun is carried out though its client has gone; one that waits for its turn never begins."""
    with start() as service:
        calls, go = hold(service.app.state.service.index, "put_each")
        with ask(service, "PUT /v1/documents/begun", {"text": "seven wizards"}):
            until(lambda: len(calls) == 1)
            with ask(service, "PUT /v1/documents/waits", {"text": "seven wizards"}):
                until(lambda: service.app.state.service._writers.statistics().tasks_waiting == 1)
        until(lambda: service.app.state.service._writers.statistics().tasks_waiting == 0)
        go.set()
        until(lambda: service.http.get("/v1/documents/begun").status_code == 200)
        assert gone(service, "PUT", "/v1/documents/{id:document}") == 1
        assert service.http.get("/v1/documents/waits").status_code == 404
        assert len(calls) == 1


@pytest.mark.parametrize("line", ["POST /v1/resemble", "GET /v1/documents/a/resembles"])
def test_a_look_up_ends_at_its_next_stage(start: Start, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """A look-up whose client goes while candidates are ranked does not go on to read documents, by GET or by POST."""
    monkeypatch.setattr(lookup, "rank", rank)  # and put back in the end
    calls, go = hold(lookup, "rank")
    with start() as service:
        service.put("a", prose(300))
        with ask(service, line, {"text": prose(300)} if line.startswith("POST") else {}):
            until(lambda: len(calls) == 1)
        until(lambda: len(service.server.server_state.connections) == 1)  # the test's own
        time.sleep(0.1)  # what heard of it tells the look-up
        go.set()
        until(lambda: service.app.state.service._asked == 0)
        counted = 'resembles_lookup_seconds_count{{stage="{}"}}'
        assert [figure(service, counted.format(stage)) for stage in ("sketch", "lookup", "rank")] == [1, 1, 0]


def test_a_comparison_ends_at_its_next_stage(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two texts whose client goes while they are sketched no passages are looked for."""
    compared = list[Any]()
    monkeypatch.setattr(explain, "figure", lambda *given: compared.append(given))
    monkeypatch.setattr(explain, "sketch_tokens", sketch_tokens)  # and put back in the end
    calls, go = hold(explain, "sketch_tokens")
    with start() as service:
        with ask(service, "POST /v1/compare", {"a": prose(300), "b": prose(300)}):
            until(lambda: len(calls) == 1)
        until(lambda: not service.server.server_state.connections)
        time.sleep(0.1)  # the same
        go.set()
        until(lambda: service.app.state.service._asked == 0)
        assert gone(service, "POST", "/v1/compare") == 1
    assert not compared

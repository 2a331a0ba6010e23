"""One request, whatever it holds, does not keep the others waiting; what a bound allows goes in, and not one more."""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Thread

import httpx2
import pytest
import zstandard
from servers.server import free_port
from servers.service import Serving, Start, answering, code, prose

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = 'a, [word] {": '


def outcome(answer: httpx2.Response) -> str:
    """Return "ok" or the refusal's code."""
    return "ok" if answer.is_success else code(answer)


def test_json_values(start: Start) -> None:
    """A body, and a line, may have as many values and names as set, whatever its strings hold, and not one more."""
    with start(json_values=10) as service:
        for size, expected in ((2, "ok"), (3, "ok"), (4, "too_many_values")):
            body = {"text": TEXT, "metadata": {"a": [0] * size}}  # seven, and so many
            assert outcome(service.http.put("/v1/documents/d", json=body)) == expected
            (result, _) = service.lines(json.dumps({"id": "l", "text": TEXT, "a": [0] * size}).encode())
            assert result.get("code", "ok") == expected


def test_lines(start: Start) -> None:
    """A body may have as many lines as set, empty ones too; one more ends the stream, and what has a result is in."""
    with start(lines=600) as service:
        line = b'{"id": "%d", "text": "seven wizards"}\n'
        for empty, complete in ((598, True), (599, True), (600, False)):
            *results, last = service.lines(line % 1 + b"\n" * empty)
            assert last["summary"]["complete"] is complete
            assert len(results) == (1 if complete else 0)
        *results, last = service.lines(b"".join(line % i for i in range(601)))
        assert last["summary"]["error"]["code"] == "too_many_lines"
        known = service.http.get("/v1/documents?limit=1000").json()["documents"]
        assert {one["id"] for one in results} == {one["id"] for one in known}
        assert len(results) == 500


@pytest.mark.parametrize("size", [4_095, 4_096, 4_097])
@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)], ids=["gzip", "zstd"]
)
def test_members(service: Serving, encoding: str, pack: type, size: int) -> None:
    """A body may come in 4,096 gzip members or zstd frames, and not in one more."""
    body = pack(b'{"text": "x"}') + pack(b"") * (size - 1)
    answer = service.http.post("/v1/resemble", content=body, headers={**JSON, "Content-Encoding": encoding})
    assert outcome(answer) == ("too_many_members" if size > 4_096 else "ok")


def test_conditions(service: Serving) -> None:
    """A filter may have 1,000 conditions and values, however they are divided, and not one more."""
    for size, expected in ((999, "ok"), (1000, "ok"), (1001, "too_many_conditions")):
        many = list(range(size - 3))
        for filtered in (
            {str(i): i for i in range(size)},
            {"a": many, "b": {"not": [1, 2]}, "c": True},
            {"a": {"not": many}, "b": {">": 1, "<": 2}, "c": []},
        ):
            asked = {"text": "x", "filter": filtered}
            assert outcome(service.http.post("/v1/resemble", json=asked)) == expected
            (one,) = service.http.post("/v1/resemble:batch", json={"queries": [asked]}).json()["answers"]
            assert one.get("code", "ok") == expected


def test_fields_and_queries(service: Serving) -> None:
    """Very many fields are refused together; a batch beyond every setting is refused before its queries are read."""
    answer = service.http.post("/v1/resemble", json={str(i): 1 for i in range(101)})
    assert (code(answer), len(answer.json()["errors"])) == ("invalid_request", 1)
    assert code(service.http.post("/v1/resemble:batch", json={"queries": [1] * 1001})) == "long_batch"
    answer = service.http.post("/v1/resemble:batch", json={"queries": [1] * 1000})
    assert (code(answer), len(answer.json()["errors"])) == ("invalid_request", 1)


ATTACKS = {
    "lists": ("/v1/resemble", b'{"text":"x","filter":{"a":[' + b"[]," * 5_000_000 + b"[]]}}", JSON, "too_many_values"),
    "names": (
        "/v1/resemble",
        json.dumps({"text": "x", "filter": {str(i): 1 for i in range(1_000_000)}}).encode(),
        JSON,
        "too_many_values",
    ),
    "depth": ("/v1/resemble", b'{"text":"x","filter":' + b"[" * 15_000_000, JSON, "invalid_json"),
    "members": (
        "/v1/resemble",
        gzip.compress(b"") * 700_000,
        {**JSON, "Content-Encoding": "gzip"},
        "too_many_members",
    ),
    "newlines": ("/v1/documents", b"\n" * 16_000_000, LINES, "too_many_lines"),
    "form": ("/matches", b"text=" + b"%41" * 2_000_000, FORM, "<!doctype html>"),
}


@contextmanager
def command(folder: Path) -> Iterator[tuple[str, int]]:
    """Run `dedup serve`; yield its address and its process id."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    serve: list[str | Path] = [Path(sys.executable).parent / "dedup", "serve", "--port", str(port)]
    with subprocess.Popen(serve, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            answering(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A service in a process of its own."""
    with command(tmp_path_factory.mktemp("served")) as address:
        yield address


def spent(process: int) -> float:
    """Return the seconds of CPU time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rsplit(")")[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
@pytest.mark.parametrize("attack", ATTACKS)
def test_one_request_stops_nobody(served: tuple[str, int], attack: str) -> None:
    """What once took seconds of the event loop is refused; /livez is answered meanwhile, again and again."""
    url, process = served
    path, body, headers, expected = ATTACKS[attack]
    answers, times = list[str](), [spent(process)]

    def send() -> None:
        answers.append(httpx2.post(url + path, content=body, headers=headers, timeout=60).text)

    thread = Thread(target=send)
    with httpx2.Client(base_url=url, timeout=30) as http:
        thread.start()
        while thread.is_alive():
            assert http.get("/livez").status_code == 200
            times.append(spent(process))
    thread.join()
    assert expected in answers[0]
    assert (
        spent(process) - times[0] < 2
    )  # seconds of CPU, which other programs do not lengthen; of lists it took 5 to 7
    assert max(later - earlier for earlier, later in pairwise(times)) < 0.5  # of it between two answers


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
def test_the_work_of_clients_that_are_gone_stops(served: tuple[str, int]) -> None:
    """Twelve long comparisons whose clients go cost less than half of twelve that are answered."""
    url, process = served
    body = json.dumps({"a": prose(300_000, "a"), "b": prose(300_000, "b")}).encode()
    head = (
        f"POST /v1/compare HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    before = spent(process)
    assert httpx2.post(f"{url}/v1/compare", content=body, headers=JSON, timeout=60).status_code == 200
    answered, before = spent(process) - before, spent(process)
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    connections = [socket.create_connection(address, timeout=60) for _ in range(12)]
    for connection in connections:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
    for connection in connections:
        connection.close()
    idle(process)
    assert spent(process) - before < 6 * answered


def idle(process: int) -> None:
    """Wait until a process has taken no CPU time to speak of for a second."""
    last = -1.0
    while (now := spent(process)) - last > 0.03:
        last = now
        time.sleep(1)


def test_the_collector_passes_over_what_the_start_made(served: tuple[str, int]) -> None:
    """The modules, classes and functions of a process that serves are frozen: no collection goes through them."""
    found = re.search(r"^resembles_frozen_objects (\S+)$", httpx2.get(f"{served[0]}/metrics").text, re.MULTILINE)
    assert found
    assert float(found[1]) > 50_000

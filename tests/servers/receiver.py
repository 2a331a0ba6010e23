"""A receiver of webhooks on a free loopback port: it keeps what it gets, and answers as it is told."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request that came in: when, with which headers (in lower case), and its body."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def hit(self) -> dict[str, Any]:
        """The hit that it tells of."""
        told: dict[str, Any] = json.loads(self.body)
        assert told["type"] == "watch.hit"
        data: dict[str, Any] = told["data"]
        return data


@dataclass
class Receiver:
    """What the receiver got, and how it answers.

    Attributes:
        url: where it listens.
        got: every request, in order.
        status: of every answer.
        statuses: of the next answers, before `status`.
        headers: of every answer.
        body: of every answer.
        seconds: how long it waits before each answer.
        drip: seconds between the bytes of an answer.
    """

    url: str = ""
    got: list[Received] = field(default_factory=list)
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    seconds: float = 0
    drip: float = 0

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.url.rpartition(":")[2])

    @property
    def documents(self) -> list[str]:
        """The ids of the documents that it was told of, in order."""
        return [one.hit["match"]["id"] for one in self.got]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.receiver
        receiver.got.append(Received(time.time(), self.path, headers, body))
        time.sleep(receiver.seconds)
        status = receiver.statuses.pop(0) if receiver.statuses else receiver.status
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(receiver.body)}"]
        lines += [f"{name}: {value}" for name, value in receiver.headers.items()]
        self._send("\r\n".join([*lines, "", ""]).encode() + receiver.body)

    def do_GET(self) -> None:
        self.receiver.got.append(Received(time.time(), self.path, {}, b""))
        self._send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""

    def _send(self, data: bytes) -> None:
        if not self.receiver.drip:
            self.wfile.write(data)
            return
        for place in range(len(data)):
            self.wfile.write(data[place : place + 1])
            time.sleep(self.receiver.drip)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a sender that went away."""


@contextmanager
def receiving(certificate: Any = None, **answers: Any) -> Iterator[Receiver]:
    """Run a receiver, over TLS if it has a certificate of trustme's."""
    receiver = Receiver(**answers)
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with _Server(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()

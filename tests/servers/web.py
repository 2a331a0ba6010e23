"""A web server on a free loopback port that sends parts of files, over TLS if asked, and breaks connections."""

import gzip
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Web:
    """What the server holds, and what it was asked.

    Attributes:
        files: contents by path.
        ranges: whether it sends parts of files.
        sizes: whether it says how long a file is before it sends it.
        status: the status that every request gets, if any.
        busy: how many requests are still refused with 503, and `wait`, the seconds that these ask for.
        silent: how many requests get no answer for a second.
        packs: whether it sends files packed to whoever takes that, with the length of what is packed.
        break_at: how many bytes of an answer go out before its connection breaks; each breaks one connection.
        tag, modified: what it says of the version of all files, the second in seconds since 1970.
        asked: how often each method was used.
        sent: the bytes of contents that went out.
        url: where it listens.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self.files = dict[str, bytes]()
        self.ranges, self.sizes = True, True
        self.status: int | None = None
        self.busy, self.wait, self.silent, self.packs = 0, 0, 0, False
        self.break_at = list[int]()
        self.tag, self.modified = "1", 0
        self.asked, self.sent, self.url = Counter[str](), 0, ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        web = self.web
        web.asked[self.command] += 1
        if web.silent:
            web.silent -= 1
            time.sleep(1)
        if web.busy:
            web.busy -= 1
            self.send_response(503)
            self.send_header("Retry-After", str(web.wait))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = web.files.get(self.path.partition("?")[0])
        packed = web.packs and content and "gzip" in self.headers.get("Accept-Encoding", "")
        content = gzip.compress(content) if packed and content else content
        if web.status or content is None:
            self.send_response(web.status or 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start, stop = 0, len(content)
        if web.ranges and "Range" in self.headers:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last) + 1, stop)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        else:
            self.send_response(200)
        if web.sizes:
            self.send_header("Content-Length", str(stop - start))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("ETag", f'"{web.tag}"')
        self.send_header("Last-Modified", formatdate(web.modified, usegmt=True))
        self.end_headers()
        if body:
            self._send(content[start:stop])

    def _send(self, data: bytes) -> None:
        web = self.web
        if web.break_at and len(data) > web.break_at[0]:
            data = data[: web.break_at.pop(0)]
            self.close_connection = True
        web.sent += len(data)
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def running_web(certificate: Any = None) -> Iterator[Web]:
    """Run a server, over TLS if it has a certificate of trustme's."""
    web = Web()
    handler = type("Handler", (_Handler,), {"web": web})
    with _Server(("127.0.0.1", 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        web.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()

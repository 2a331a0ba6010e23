"""uvicorn's HTTP/1.1, with what it leaves open: headers that come slowly or without end, and how it refuses."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.problems import Problem
from service.streams import STOPPING

HEADER_SECONDS = 8  # not measured: as in the proxy's configuration
HEADER_BYTES = 1 << 16  # not measured: the proxy's 4 × 16 kB


class Protocol(HttpToolsProtocol):
    """Cuts a connection whose request's headers are not there after 8 seconds or have more than 64 KiB."""

    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Start the clock: the first request's headers are due."""
        super().connection_made(transport)
        # asyncio does so itself, but not where workers share a socket: head and body of an answer would lie 40 ms apart
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wait()

    def shutdown(self) -> None:
        """Say that the service stops to the answers that would not end by themselves."""
        self.app_state[STOPPING].set()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes while headers are due."""
        if self._timer:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._timer and self._header_bytes > HEADER_BYTES:
            self._refuse(Problem(431, "long_headers", f"the headers have more than {HEADER_BYTES:,} bytes; send fewer"))

    def on_message_begin(self) -> None:
        """Start the clock for one more request of this connection."""
        super().on_message_begin()
        if not self._timer:
            self._wait()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with a problem like every other refusal."""
        self._refuse(Problem(400, "bad_request", f"{msg.rstrip('.')}; send HTTP/1.1"))

    def _wait(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self._late)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._header_bytes:
            self._refuse(
                Problem(408, "slow_headers", f"the headers took more than {HEADER_SECONDS} s; send them faster")
            )
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        self._stop_waiting()
        answer = problem.response()
        headers = [*answer.raw_headers, (b"connection", b"close")]
        lines = [f"HTTP/1.1 {problem.status_code} {problem.body['title']}".encode()]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()


def logging_config() -> dict[str, Any]:
    """Return how uvicorn's own messages become JSON lines, without an exception's message, which may quote a text."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.telemetry.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
    }

"""Server-sent events: hits as they come, to so many clients at once, without a thread for each."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dedup.model import Hit
from dedup.record import dumps, hit_json
from service.backend import Service
from service.problems import busy

MEDIA_TYPE = "text/event-stream"
PAGE = 100  # not measured: hits read and sent together
SECONDS = 0.5  # how often a stream looks for more: so 64 silent streams take 3 % of a core, 256 take 11
HEARTBEAT = 15.0  # not measured: proxies close what is silent for 30 or 60 seconds
STOPPING = "stopping"


class Events(Response):
    """The hits behind a cursor, and those that follow until the client or the service goes."""

    media_type = MEDIA_TYPE

    def __init__(self, service: Service, after: str) -> None:
        """Go on behind `after`."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._service, self._after = service, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Gone listens
        """Send events.

        Raises:
            Problem: 503 `too_busy`, if there are as many streams as are allowed.
        """
        stopping: asyncio.Event = scope["state"][STOPPING]
        with _place(self._service):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            silent = HEARTBEAT
            while not stopping.is_set():
                data, silent = await self._next(), silent + SECONDS
                if data or silent >= HEARTBEAT:
                    await send({"type": "http.response.body", "body": data or b":\n\n", "more_body": True})
                    silent = 0
                if not data:
                    await _sleep(stopping)
            await send({"type": "http.response.body", "body": b""})

    async def _next(self) -> bytes:
        hits = await self._service.aside(self._service.index.hits, None, self._after, PAGE)
        self._after = hits.next
        return b"".join(map(_event, hits))


async def _sleep(stopping: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await stopping.wait()
    except TimeoutError:
        pass


@contextmanager
def _place(service: Service) -> Iterator[None]:
    most = service.settings.streams
    if service.streams >= most:
        raise busy(f"{most} streams of hits are open, which is the limit; read /v1/watches/hits by cursor")
    service.streams += 1
    service.metrics.streams.inc()
    try:
        yield
    finally:
        service.streams -= 1
        service.metrics.streams.dec()


def _event(hit: Hit) -> bytes:
    return b"id: " + event_id(hit.id).encode() + b"\nevent: hit\ndata: " + dumps(hit_json(hit)) + b"\n\n"


def event_id(cursor: str) -> str:
    """Return a cursor as an event's id, which may hold no line end: percent-encoded, so most stay as they are."""
    return quote(cursor, safe=":/")


def cursor_of(event: str) -> str:
    """Return the cursor that `event_id` was given."""
    return unquote(event)

"""Stops the work of a request whose client has gone."""

import asyncio

from anyio import CancelScope
from starlette.types import Message, Receive, Scope, Send

from service.middleware.base import Middleware

BODILESS = frozenset({"GET", "HEAD", "DELETE"})


class Gone(Middleware):
    """Cancels a request when its connection ends.

    What waits for a thread then never begins. What runs in a thread asks `anyio.from_thread.check_cancelled` between
    its stages; a kernel, and a write, runs to its end.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        with CancelScope() as work:
            listening = _Listening(receive, work)
            if scope["method"] in BODILESS:
                listening.begin()
            try:
                await self._app(scope, listening.receive, send)
            finally:
                listening.end()


class _Listening:
    """Passes a body on, and once it is whole waits for the connection's end."""

    def __init__(self, receive: Receive, work: CancelScope) -> None:
        self._receive, self._work = receive, work
        self._task: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """Return the next message."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self.begin()
        return message

    def begin(self) -> None:
        """Wait for the connection's end from now on."""
        self._task = self._task or asyncio.create_task(self._wait())

    def end(self) -> None:
        """Wait no longer."""
        if self._task:
            self._task.cancel()

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the body of a request that should have none
        self._work.cancel()

"""One POST to a receiver: to an address that was checked, within a time, and without following where it points."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httptools

from service.problems import Problem
from service.webhooks.targets import Resolve, Target, addresses, resolved

SECONDS = 10.0  # not measured: for all of a request, from the name's address to the end of the answer
MOST_READ = 1 << 14  # not measured: bytes of an answer, headers and all; what it says beyond its status is not used
Outcome = Literal["delivered", "refused", "failed", "unreachable", "forbidden"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request.

    Attributes:
        outcome: "delivered" (2xx), "refused" (other than 2xx and 5xx), "failed" (5xx, or too late), "unreachable" (no
            connection, no certificate, no HTTP) or "forbidden" (the operator does not allow the target).
        status: the answer's; 0 if there is none.
        retry_after: the header of that name; empty if there is none.
    """

    outcome: Outcome
    status: int = 0
    retry_after: str = ""


class Sender:
    """Sends bodies; `resolve` finds the addresses of hosts."""

    def __init__(self, resolve: Resolve = resolved, seconds: float = SECONDS) -> None:
        """Send each body within `seconds`."""
        self._resolve, self._seconds = resolve, seconds
        self._tls = ssl.create_default_context()

    async def send(self, goal: Target, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a body and return what came of it, whatever it was."""
        answer = _Answer()
        try:
            async with asyncio.timeout(self._seconds):
                await self._exchange(goal, _request(goal, headers, body), answer)
        except Problem:
            return Reply("forbidden")
        except TimeoutError:
            return answer.reply() or Reply("failed")
        except (OSError, UnicodeError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            return answer.reply() or Reply("unreachable")
        return answer.reply() or Reply("unreachable")

    async def _exchange(self, goal: Target, request: bytes, answer: "_Answer") -> None:
        reader, writer = await self._connect(goal)
        try:
            writer.write(request)
            await writer.drain()
            left = MOST_READ
            while left > 0 and not answer.whole and (data := await reader.read(left)):
                left -= len(data)
                answer.feed(data)
        finally:
            writer.transport.abort()

    async def _connect(self, goal: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address that answers, of those that were checked; all have half of the time together."""
        tls: dict[str, Any] = {"ssl": self._tls, "server_hostname": goal.host} if goal.tls else {}
        checked = await addresses(goal, self._resolve)
        refusal = OSError()
        for address in checked:
            try:
                async with asyncio.timeout(self._seconds / 2 / len(checked)):
                    return await asyncio.open_connection(address, goal.port, **tls)
            except OSError as error:  # being too late is one
                refusal = error
        raise refusal


class _Answer:
    """What a receiver says, as it comes in; the parser calls the methods that begin with `on_`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._status, self._retry_after, self.whole = 0, "", False

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def reply(self) -> Reply | None:
        """Return what it means; None if its headers have not come in."""
        if not self._status:
            return None
        if 200 <= self._status < 300:
            return Reply("delivered", self._status)
        return Reply("failed" if self._status >= 500 else "refused", self._status, self._retry_after)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._status = status if status >= 200 else 0  # what comes before the answer, as 103, is none

    def on_message_complete(self) -> None:
        self.whole = bool(self._status)


def _request(goal: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    sent = {
        "Host": goal.authority,
        "User-Agent": "resembles",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {goal.path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body

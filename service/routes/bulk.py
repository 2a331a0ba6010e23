"""JSON Lines in, JSON Lines out: a document a line, a result a line, in order, while both are under way."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dedup.errors import ResemblesError
from dedup.model import Document, Placed, Reject
from dedup.record import document_of, dumps, placed_json
from service import json
from service.backend import Service
from service.problems import Problem, of_error
from service.settings import MiB, Settings
from service.skipping import Skipping

PAUSE = 0.02
"""Seconds without more of the body after which what is there is indexed."""
TOGETHER = 500  # not measured: lines in a commit; the client's batches hold as many
MEDIA_TYPE = "application/x-ndjson"
_COUNTED = {"duplicate": "duplicates"}  # the others are called alike
PARTS = "the lines that have a result are in the index; send the rest in further requests"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the body: a document, or what is wrong with it."""

    number: int
    id: str | None
    document: Document | None
    code: str = ""
    detail: str = ""


class Splitter:
    """Pieces of a body in, lines out; never holds more of a line than a document may have."""

    def __init__(self, settings: Settings) -> None:
        """Begin."""
        self._settings, self._rest, self._number, self._skipping = settings, bytearray(), 0, False

    def feed(self, data: bytes) -> Iterator[Line]:
        """Yield the lines that `data` complete."""
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            yield from self._end(data[start:end])
            start = end + 1
        self._keep(data[start:])

    def end(self) -> Iterator[Line]:
        """Yield the last line, if it has no newline."""
        if self._rest or self._skipping:
            yield from self._end(b"")

    def _end(self, piece: bytes) -> Iterator[Line]:
        self._keep(piece)
        data, long = bytes(self._rest), self._skipping
        self._rest, self._skipping = bytearray(), False
        self._number += 1
        if self._number > self._settings.lines:
            raise Problem(413, "too_many_lines", f"the body has more than {self._settings.lines:,} lines; {PARTS}")
        if long:
            detail = f"the line has more than {self._settings.document_bytes:,} bytes; split the document"
            yield Line(self._number, None, None, "long_line", detail)
        elif data.removeprefix(BOM_UTF8).strip():
            yield self._line(data)

    def _keep(self, piece: bytes) -> None:
        if self._skipping or len(self._rest) + len(piece) > self._settings.document_bytes:
            self._skipping, self._rest = True, bytearray()
        else:
            self._rest += piece

    def _line(self, data: bytes) -> Line:
        try:
            fields = json.load(data, self._settings.json_values, self._settings.json_depth)
        except json.TooManyValues as error:
            return Line(self._number, None, None, "too_many_values", f"the line cannot be read: {error}")
        except ValueError as error:
            return Line(self._number, None, None, "invalid_json", f"the line cannot be read: {error}")
        if not isinstance(fields, dict):
            return Line(
                self._number,
                None,
                None,
                "not_an_object",
                "the line is not an object; give id and text",
            )
        document = document_of(fields)
        return Line(self._number, document.id if isinstance(document.id, str) else None, document)


class Lines(Response):
    """The answer to a stream of documents; it reads the body while it is sent."""

    def __init__(self, service: Service, receive: Receive, skip: Skipping) -> None:
        """Read the body from `receive`."""
        self._skip = skip
        super().__init__(media_type=MEDIA_TYPE, headers=json.NOSNIFF)
        del self.headers["content-length"]
        self._service, self._body = service, receive
        self._splitter = Splitter(service.settings)
        self._counts = {"put": 0, "unchanged": 0, "replaced": 0, "rejected": 0}
        if skip.skip_like:
            self._counts["duplicates"] = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the body's is at hand
        """Send a result for each line, then a summary that says whether it came to its end."""
        first = await anext(pieces := self._pieces())  # a body refused at once is refused with its own status
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        end: dict[str, Any] = {"complete": True}
        try:
            await self._answer(first, send)
            async for piece in pieces:
                await self._answer(piece, send)
        except ResemblesError as error:
            end = _interrupted(of_error(error))
        except Problem as refusal:
            end = _interrupted(refusal)
        except asyncio.CancelledError:
            end = _interrupted(Problem(503, "stopping", "the service is stopping; send the rest again"))
            await self._send(send, [{"summary": {**self._counts, **end}}], more=False)
            raise
        await self._send(send, [{"summary": {**self._counts, **end}}], more=False)

    async def _pieces(self) -> AsyncIterator[Iterator[Line]]:
        """Yield the lines of each piece of the body, not read yet; a piece is longer where the body comes fast."""
        piece, more = bytearray(), True
        while more:
            message = await self._next(waiting=b"\n" in piece)
            if message is not None:
                if message["type"] == "http.disconnect":
                    raise Problem(400, "interrupted", "the connection ended before the body did; send the rest again")
                piece += message.get("body", b"")
                more = message.get("more_body", False)
                if more and len(piece) < MiB and piece.count(b"\n") < TOGETHER:
                    continue
            lines = self._splitter.feed(bytes(piece))
            yield lines if more else chain(lines, self._splitter.end())
            piece.clear()

    async def _next(self, *, waiting: bool) -> Any:
        """Return the next message, or None if lines are waiting and nothing comes."""
        if not waiting:
            return await self._body()
        try:
            async with asyncio.timeout(PAUSE) as clock:
                return await self._body()
        except TimeoutError:
            if not clock.expired():
                raise
            return None

    async def _answer(self, lines: Iterator[Line], send: Send) -> None:
        """Index lines, so many at a time that others are served in between."""
        results: list[dict[str, Any]] | None = None
        while results is None or len(results) == TOGETHER:
            results = await self._service.write(self._put, lines)
            await self._send(send, results)

    def _put(self, unread: Iterator[Line]) -> list[dict[str, Any]]:
        lines = list(islice(unread, TOGETHER))
        documents = [line.document for line in lines if line.document]
        skip = self._skip
        put = self._service.index.put_each(documents, skip_like=skip.skip_like, measure=skip.measure)
        outcomes = iter(list(put))
        results = [_result(line, next(outcomes) if line.document else None) for line in lines]
        for result in results:
            self._counts[_COUNTED.get(result["status"], result["status"])] += 1
            self._service.metrics.documents.labels(result["status"]).inc()
        return results

    async def _send(self, send: Send, values: list[dict[str, Any]], *, more: bool = True) -> None:
        body = b"".join(dumps(value) + b"\n" for value in values)
        await send({"type": "http.response.body", "body": body, "more_body": more})


def _result(line: Line, outcome: Placed | Reject | None) -> dict[str, Any]:
    if isinstance(outcome, Placed):
        return {"line": line.number, **placed_json(outcome)}
    code, detail = (outcome.code, outcome.reason) if outcome else (line.code, line.detail)
    return {"line": line.number, "id": line.id, "status": "rejected", "code": code, "detail": detail}


def _interrupted(problem: Problem) -> dict[str, Any]:
    return {"complete": False, "error": {"code": problem.code, "detail": problem.detail}}

"""How routes read requests: JSON that is strict, ids that may hold anything."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Path, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from service import json
from service.problems import Problem
from service.state import Shared

DOCUMENTS = "/v1/documents/"
EXAMPLE = "wire/2026-11-22"


class DocumentPath(Convertor[str]):
    """An id in a path: anything but what asks what a document resembles."""

    regex = r"(?!.*/resembles$).*"

    def convert(self, value: str) -> str:
        """Return it as it is."""
        return value

    to_string = convert


register_url_convertor("document", DocumentPath())


class StrictRequest(Request):
    """A request whose JSON could be given back as it is."""

    async def json(self) -> Any:
        """Return the body's value.

        Raises:
            Problem: it is no JSON, too deep, or holds what JSON cannot carry faithfully.
        """
        try:
            return json.load(await self.body(), self.app.state.service.settings.json_depth)
        except ValueError as error:
            raise Problem(422, "invalid_json", f"the body cannot be read: {error}") from None


class StrictRoute(APIRoute):
    """A route that reads its body as JSON, and only if it is said to be."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI makes, given a stricter request."""
        handle, wants_json = super().get_route_handler(), self.body_field is not None

        async def strict(request: Request) -> Response:
            if wants_json and media_type(request) != "application/json":
                raise unsupported("application/json")
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def media_type(request: Request) -> str:
    """Return the body's type without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(wanted: str) -> Problem:
    """Return the refusal of a body of another type."""
    return Problem(415, "unsupported_media_type", f"send Content-Type: {wanted}", headers={"Accept-Post": wanted})


class Addressed:
    """Lets requests be routed as they were meant.

    An id keeps its percent-encoding until the route is found: `a%2Fresembles` is an id, `a/resembles` asks. HEAD is
    answered as GET is; uvicorn leaves the body out.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(DOCUMENTS):
            raw = scope["raw_path"].decode("ascii", "replace")
            scope["path"] = raw if raw.startswith(DOCUMENTS) else scope["path"]
        routed = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self._app(routed, receive, send)
        finally:
            scope["route"] = routed.get("route")


async def _document_id(
    id: Annotated[str, Path(description="1 to 480 bytes of UTF-8, percent-encoded; a slash too", examples=[EXAMPLE])],  # noqa: A002
) -> str:
    try:
        return unquote_to_bytes(id).decode()
    except UnicodeDecodeError:
        raise Problem(422, "invalid_id", "the id in the path is not UTF-8; percent-encode it") from None


DocumentId = Annotated[str, Depends(_document_id)]


def bounded(service: Shared, *texts: str | None) -> None:
    """Refuse a text that is too long.

    Raises:
        Problem: 413.
    """
    most = service.settings.document_bytes
    if any(text is not None and len(text) * 4 > most and len(text.encode()) > most for text in texts):
        raise Problem(413, "long_text", f"a text has more than {most:,} bytes of UTF-8; split it")

"""Requests whose JSON is strict: it could be given back as it is, and its texts are not too long."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service import json
from service.backend import Shared
from service.problems import Problem


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


def bounded(service: Shared, *texts: str | None) -> None:
    """Refuse a text that is too long.

    Raises:
        Problem: 413.
    """
    most = service.settings.document_bytes
    if any(text is not None and len(text) * 4 > most and len(text.encode()) > most for text in texts):
        raise Problem(413, "long_text", f"a text has more than {most:,} bytes of UTF-8; split it")

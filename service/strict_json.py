"""Requests whose JSON is strict: it could be given back as it is, and its texts are not too long."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service import json
from service.backend import Shared
from service.parameters import known_parameters, refuse_odd
from service.problems import Problem

MOST_CONDITIONS = 1_000  # not measured: each is held against up to thousands of documents
ASIDE = 1 << 16  # a body of 64 KiB is read in 1 ms at most; a thread costs 0.1


class StrictRequest(Request):
    """A request whose JSON could be given back as it is."""

    async def json(self) -> Any:
        """Return the body's value.

        Raises:
            Problem: it is no JSON, too deep, of too many values, or holds what JSON cannot carry faithfully.
        """
        body, service = await self.body(), self.app.state.service
        bounds = service.settings.json_values, service.settings.json_depth
        try:
            if len(body) > ASIDE:
                return await service.unpack(json.load, body, *bounds)
            return json.load(body, *bounds)
        except json.TooManyValues as error:
            raise Problem(413, "too_many_values", str(error)) from None
        except ValueError as error:
            raise Problem(422, "invalid_json", f"the body cannot be read: {error}") from None


class StrictRoute(APIRoute):
    """A route that takes the parameters it has, and a body that is said to be JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI makes, given a stricter request."""
        handle, wants_json = super().get_route_handler(), self.body_field is not None
        known = known_parameters(self.dependant)

        async def strict(request: Request) -> Response:
            refuse_odd(request, known)
            if wants_json and media_type(request) != "application/json":
                raise unsupported("application/json")
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


def media_type(request: Request) -> str:
    """Return the body's type without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(wanted: str) -> Problem:
    """Return the refusal of a body of another type."""
    detail = f"this path reads only bodies of the type {wanted}; send it with Content-Type: {wanted}"
    return Problem(415, "unsupported_media_type", detail, headers={"Accept-Post": wanted})


def few_conditions(conditions: Mapping[str, Any] | None) -> None:
    """Refuse a filter of too many values: each is held against every document considered.

    Raises:
        Problem: 413.
    """
    values = sum(map(_operands, (conditions or {}).values()))
    if values > MOST_CONDITIONS:
        detail = f"the filter has {values:,} conditions and values; at most {MOST_CONDITIONS:,} are allowed: shorten it"
        raise Problem(413, "too_many_conditions", detail)


def _operands(condition: Any) -> int:
    """Return how many values a condition compares with."""
    if isinstance(condition, Mapping):
        return max(1, sum(map(_operands, condition.values())))
    return max(1, len(condition)) if isinstance(condition, list) else 1


def bounded(service: Shared, *texts: str | None) -> None:
    """Refuse a text that is too long.

    Raises:
        Problem: 413.
    """
    most = service.settings.document_bytes
    if any(text is not None and is_longer(text, most) for text in texts):
        raise Problem(413, "long_text", f"a text has more than {most:,} bytes of UTF-8; split the text")


def is_longer(text: str, most: int) -> bool:
    """Return whether a text has more bytes of UTF-8; one that is surely shorter is not encoded."""
    return len(text) * 4 > most and len(text.encode()) > most

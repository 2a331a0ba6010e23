"""Every answer that is no success: `application/problem+json` (RFC 9457) with a stable `code`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from dedup.errors import InvalidInput, ResemblesError, StoreError, SystemRefused
from service.json import JsonAnswer

_BY_STATUS = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
}
_BY_CODE = {"store_full": 507, "store_read_only": 403}
_UNKNOWN = {
    "unknown_id": "no document has this id; check the id",
    "unknown_story": "no document belongs to a story of this name, or none from the cursor on; check the name, which "
    "each of its documents tells as `story`",
    "unknown_watch": "no watch has this name; check the name",
}
RETRY_SECONDS = 1  # not measured: the least that the header can say


class Problem(HTTPException):
    """A refusal: raised anywhere below a route, or sent as it is by what stands before the routes."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        """Say what happened (`code`, stable), to what, and what to do; `headers` and other members in `more`."""
        headers: dict[str, str] = more.pop("headers", {})
        super().__init__(status, detail, headers)
        self.code, self.more = code, more

    @property
    def body(self) -> dict[str, Any]:
        """What the problem document says."""
        title = HTTPStatus(self.status_code).phrase
        named = {"type": "about:blank", "title": title, "status": self.status_code}
        return {**named, "code": self.code, "detail": self.detail, **self.more}

    def response(self) -> JsonAnswer:
        """Return it as an answer."""
        headers = {**(self.headers or {}), "Content-Type": "application/problem+json"}
        return JsonAnswer(self.body, self.status_code, headers)


def busy(detail: str, code: str = "too_busy") -> Problem:
    """Return the refusal of what can be asked again in a moment."""
    return Problem(503, code, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def unknown(code: str = "unknown_id") -> Problem:
    """Return the refusal of an id or a name that there is not; a refusal never repeats what was sent."""
    return Problem(404, code, _UNKNOWN[code])


def of_error(error: ResemblesError) -> Problem:
    """Return what an error of the library means over HTTP."""
    if isinstance(error, StoreError | SystemRefused) and error.code not in _BY_CODE:
        return busy(
            "the index cannot be read or written now; try again, or see the log of the service",
            error.code,
        )
    if error.code in _UNKNOWN:
        return unknown(error.code)
    status = _BY_CODE.get(error.code, 422 if isinstance(error, InvalidInput) else 500)
    return Problem(status, error.code, str(error))


def install(app: FastAPI) -> None:
    """Let every error that reaches the routes' edge leave as a problem."""
    app.add_exception_handler(ResemblesError, _library)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(StarletteHTTPException, _http)


async def _library(_: Request, error: Exception) -> JsonAnswer:
    return of_error(cast("ResemblesError", error)).response()


async def _validation(_: Request, error: Exception) -> JsonAnswer:
    """Name the fields and what is wrong with each, never their values: the default repeats the whole body."""
    errors = cast("RequestValidationError", error).errors()
    detail = "a field or parameter is wrong: `errors` names it; /openapi.json describes all"
    return Problem(422, "invalid_request", detail, errors=fields(errors)).response()


def fields(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return where each validation error stands and what is wrong there, without the value."""
    return [{"at": _pointer(one["loc"]), "code": one["type"], "detail": one["msg"]} for one in errors[:20]]


def _pointer(location: Sequence[str | int]) -> str:
    return "/" + "/".join(str(step)[:80] for step in location)


async def _http(request: Request, error: Exception) -> JsonAnswer:
    """Answer for what FastAPI and Starlette refuse themselves."""
    error = cast("StarletteHTTPException", error)
    if isinstance(error, Problem):
        return error.response()
    code = _BY_STATUS.get(error.status_code, "error")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return Problem(
        error.status_code, code, f"{error.detail}; /openapi.json lists all paths and methods", headers=headers
    ).response()


def _allowed(request: Request) -> list[str]:
    """Return the methods that a path has: each is a route of its own, and Starlette tells the first one's only."""
    methods = set[str]()
    for route in request.app.state.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods | ({"HEAD"} if "GET" in route.methods else set())
    return sorted(methods)

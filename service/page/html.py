"""HTML answers: rendered, escaped, and under a policy that runs nothing but the page's own files."""

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from dedup.errors import InvalidInput, ResemblesError
from dedup.report.render import asset, digest, environment
from service.json import NOSNIFF
from service.problems import Problem, of_error

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    **NOSNIFF,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
_HAS_STORIES = ContextVar("_HAS_STORIES", default=False)
"""Whether the index of the request has stories, which every page's navigation names."""
ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def show(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template of the page; one with two texts takes time, so not on the event loop."""
    values |= {"version": version, "stories": _HAS_STORIES.get()}
    html = environment("service").get_template(template).render(**values)
    return HTMLResponse(html, status, HEADERS)


def version(file: str) -> str:
    """Return a token that changes when the file does: browsers may keep it for good."""
    return digest(asset(file))[-9:-1]


class PageRoute(APIRoute):
    """Refuses in HTML if the client reads HTML, else as every other path does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            _HAS_STORIES.set(bool(request.app.state.service.index.scheme.stories))
            try:
                return await handle(request)
            except (ResemblesError, Problem, RequestValidationError) as error:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                return _explain(error)

        return handle_or_explain


def _explain(error: Exception) -> HTMLResponse:
    told = str(error) if isinstance(error, InvalidInput) else ""  # a person may read the id that was asked for
    if isinstance(error, ResemblesError):
        error = of_error(error)
    if isinstance(error, HTTPException):
        response = show("problem.html", error.status_code, detail=told or error.detail)
        response.headers.update(error.headers or {})
        return response
    return show("problem.html", 422, detail="the address has parts that the page does not know; start again")

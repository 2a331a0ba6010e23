"""Names, times, counts and logs each request."""

import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.middleware.base import Middleware
from service.problems import Problem
from service.telemetry import Metrics, log, places

GONE = 499  # what nginx writes for a client that went away before its answer
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Observed(Middleware):
    """Names, times, counts and logs each request, and answers for what went wrong inside."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before `app`."""
        super().__init__(app)
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        start, status = time.perf_counter(), 0
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception as error:  # whatever it was, the client gets an answer and the log a line
            log.error("failed", request_id=request_id, error=type(error).__name__, at=places(error))
            if status:
                raise  # the answer has begun: all that is left is to cut it off
            await failed(request_id).response()(scope, receive, named)
        finally:
            self._note(scope, status or GONE, time.perf_counter() - start, request_id)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # the path itself would name documents
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "PUT", "POST", "DELETE"} else "other"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            key=scope["state"].get("key"),
        )


def failed(request_id: str) -> Problem:
    """Return the answer for a defect of ours."""
    return Problem(500, "internal_error", f"the service failed; its log says where, under request_id {request_id}")


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex

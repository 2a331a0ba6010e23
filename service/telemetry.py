"""What the service tells of itself: one log line a request, counts and times. Never texts, metadata or keys."""

import logging
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import Processor

from dedup.errors import MissingExtra
from service.problems import Problem
from service.settings import Settings

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STAGES = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1, 4)
_REQUESTS = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.5, 1, 4, 16)

_SHARED: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]


class _Stderr:
    """Prints on standard error, whatever that is by then."""

    def msg(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - the log is there

    info = error = msg


log = structlog.wrap_logger(
    _Stderr(),
    processors=[*_SHARED, structlog.processors.JSONRenderer()],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
)


def formatter() -> structlog.stdlib.ProcessorFormatter:
    """Return what turns the messages of other packages into such lines too."""
    render = structlog.processors.JSONRenderer()
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(processors=[_exception, meta, render], foreign_pre_chain=_SHARED)


def _exception(_: Any, __: str, event: Any) -> Any:
    """Keep of an exception its type and place; not its message, which may quote a text."""
    found = event.pop("exc_info", None)
    record = event["_record"]
    if found and found is not True and found[1]:
        event |= {"error": found[0].__name__, "at": _places(found[1])}
        record.exc_info = record.exc_text = None
    return event


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        counter, histogram = partial(Counter, registry=self._registry), partial(Histogram, registry=self._registry)
        gauge = partial(Gauge, registry=self._registry)
        self.requests = counter("resembles_requests", "Requests answered", ["method", "route", "status"])
        self.seconds = histogram("resembles_request_seconds", "Time to the answer's end", ["route"], buckets=_REQUESTS)
        self.stages = histogram("resembles_lookup_seconds", "Time of a look-up's stage", ["stage"], buckets=_STAGES)
        self.seen = counter("resembles_lookup_seen", "Buckets, postings, chunks, documents, matches", ["stage"])
        self.documents = counter("resembles_documents", "Documents given to be indexed, or removed", ["status"])
        self.waiting = gauge("resembles_lookups_under_way", "Look-ups that run or wait", multiprocess_mode="livesum")
        self.size = gauge("resembles_index_size", "Size of the index", ["of"], multiprocess_mode="mostrecent")

    def stopwatch(self) -> Callable[[str, int], None]:
        """Return what a look-up tells of its stages to."""
        last = time.perf_counter()

        def ended(stage: str, count: int) -> None:
            nonlocal last
            now = time.perf_counter()
            self.stages.labels(stage).observe(now - last)
            self.seen.labels(stage).inc(count)
            last = now

        return ended

    def text(self) -> bytes:
        """Return all, of all workers, as Prometheus reads it."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def require_exporter(settings: Settings) -> None:
    """Refuse to go on without what sends spans, if they are wanted.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
    """
    if settings.telemetry:
        try:
            import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        except ImportError as error:
            advice = "pip install 'resembles[telemetry]', or turn telemetry off"
            raise MissingExtra(f"serve: telemetry needs {error.name}, which is not installed; {advice}") from error


class Observed:
    """Names, times, counts and logs each request, and answers for what went wrong inside."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before `app`."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
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
            log.error(  # noqa: TRY400 - the message may quote a text
                "failed", request_id=request_id, error=type(error).__name__, at=_places(error)
            )
            if status:
                raise  # the answer has begun: all that is left is to cut it off
            await failed(request_id).response()(scope, receive, named)
        finally:
            self._note(scope, status, time.perf_counter() - start, request_id)

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
    return Problem(500, "internal_error", f"the service failed; the log tells more of request {request_id}")


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _places(error: BaseException) -> list[Any]:
    """Return where it was raised; not its message, which may quote a text."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]

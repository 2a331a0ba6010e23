"""What the service tells of itself: one log line a request, counts and times. Never texts, metadata or keys."""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import structlog
from anyio import from_thread
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.typing import Processor

from dedup.extras import extra
from service.settings import Settings

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
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
        event |= {"error": found[0].__name__, "at": places(found[1])}
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
        self.deliveries = counter("resembles_webhook_deliveries", "Hits sent to webhooks, each attempt", ["outcome"])
        self.undelivered = gauge(
            "resembles_webhook_queue", "Watches with hits that their webhooks lack", multiprocess_mode="livesum"
        )
        self.streams = gauge("resembles_streams", "Streams of hits that are open", multiprocess_mode="livesum")
        self.waiting = gauge("resembles_lookups_under_way", "Look-ups that run or wait", multiprocess_mode="livesum")
        self.frozen = gauge(
            "resembles_frozen_objects", "Objects that garbage collection passes over", multiprocess_mode="livemin"
        )
        self.size = gauge("resembles_index_size", "Size of the index", ["of"], multiprocess_mode="mostrecent")

    def stopwatch(self) -> Callable[[str, int], None]:
        """Return what a look-up tells of its stages to; it ends a look-up whose client has gone."""
        last = time.perf_counter()

        def ended(stage: str, count: int) -> None:
            nonlocal last
            from_thread.check_cancelled()
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
        with extra("telemetry", "telemetry (the setting `telemetry`)"):
            import_module("opentelemetry.sdk.trace")
            import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")


def places(error: BaseException) -> list[Any]:
    """Return where it was raised; not its message, which may quote a text."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]

"""The application factory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio import to_thread
from fastapi import FastAPI

import dedup
from dedup.kernels import warm
from service import problems
from service.auth import refuse_open_doors
from service.backend import Service
from service.middleware.addressed import Addressed
from service.middleware.bodies import Bodies
from service.middleware.gone import Gone
from service.middleware.keys import Keys
from service.middleware.observed import Observed
from service.openapi import described
from service.page import stories as story_page
from service.page.routes import router as page
from service.page.watches import router as watches_page
from service.routes import documents, operations, resemble, stories, watches
from service.saved import opened
from service.settings import Settings
from service.streams import STOPPING
from service.telemetry import Metrics, require_exporter
from service.watching import watching


def create_app(settings: Settings, ready: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the application; it opens its indexes when it starts, calls `ready`, and closes them when it stops.

    Raises:
        InvalidInput: it would be open to other machines without an API key, or a package is missing.
    """
    refuse_open_doors(settings)
    require_exporter(settings)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        await to_thread.run_sync(_warm)
        with dedup.open(settings.index) as index, opened(settings) as saved:
            app.state.service = service = Service(settings, index, metrics, saved)
            async with watching(service):
                ready()
                yield {STOPPING: asyncio.Event()}
            service.close()

    app = _Application(
        title="resembles",
        version=version("resembles"),
        summary="What does this text resemble, and which lines?",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry={
            "tracing": settings.telemetry,
            "metrics": settings.telemetry,
            "logs": False,  # they would repeat what was sent
            "operation_spans": False,
            "auto_configure": settings.telemetry,
        },
    )
    problems.install(app)
    api = (  # `{id}/resembles` before `{id}`
        resemble.router,
        documents.router,
        stories.router,
        watches.router,
        operations.router,
    )
    routers = (*api, page, story_page.router, watches_page)
    for router in routers:
        app.include_router(router)
    app.state.routes = [route for router in routers for route in router.routes]
    app.add_middleware(Addressed)
    app.add_middleware(Gone)
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(Keys, settings=settings)
    app.add_middleware(Observed, metrics=metrics)  # the last one added stands first
    return app


class _Application(FastAPI):
    """FastAPI, whose description of itself knows the problems."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if not self.openapi_schema:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def _warm() -> None:
    """Load the kernels, compiled before if need be, so that the first request is as quick as the others."""
    tasks = warm.known_tasks()
    warm.compile_all([task for task in tasks if not task.kept])
    for task in tasks:
        task.load()

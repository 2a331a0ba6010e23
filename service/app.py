"""The application factory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

import dedup
from dedup.kernels import ready
from dedup.model import Document
from service import problems
from service.routes import operations
from service.settings import Settings
from service.state import Service


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it opens the index when it starts and closes it when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(_warm)
        with dedup.open(settings.index) as index:
            app.state.service = Service(settings, index)
            yield

    app = FastAPI(
        title="resembles",
        version="1",
        summary="What does this text resemble, and which lines?",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry={
            "tracing": settings.telemetry,
            "metrics": settings.telemetry,
            "logs": False,
            "operation_spans": False,
        },
    )
    problems.install(app)
    app.include_router(operations.router)
    return app


def from_environment() -> FastAPI:
    """Return the application that the environment and the settings file describe: what each worker starts."""
    return create_app(Settings())


def _warm() -> None:
    """Load the kernels, so that the first request is as quick as the others."""
    ready(lambda _: None)
    with dedup.open("memory:") as index:
        texts = (
            "a look-up of an indexed text runs through each kernel",
            "in “others” too: a look-up of an indexed text",
        )
        index.put(Document(str(place), text) for place, text in enumerate(texts))
        index.resemble(texts[1])

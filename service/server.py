"""Starts the application under uvicorn: one process, or several that share the port."""

import os
import sys
import tempfile
from typing import Any

import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.protocol import Protocol, logging_config
from service.settings import Settings
from service.telemetry import MULTIPROCESS


def run(settings: Settings) -> None:
    """Serve until told to stop; requests under way then have `stop_seconds` to finish."""
    if settings.workers == 1:
        sys.setswitchinterval(SWITCH_SECONDS)
        uvicorn.Server(config(settings, create_app(settings))).run()
        return
    with tempfile.TemporaryDirectory(prefix="resembles-") as counters:
        os.environ[MULTIPROCESS] = counters  # each worker keeps its counters there; any of them tells all
        os.environ |= {f"DEDUP_{name.upper()}": str(getattr(settings, name)) for name in ("index", "host", "port")}
        uvicorn.run(**_options(settings), app="service.server:worker", factory=True, workers=settings.workers)


SWITCH_SECONDS = 0.0005
"""A thread that comes back from a kernel waits so long for another to let it go on: Python's 5 ms is a look-up."""


def worker() -> FastAPI:
    """Return the application that the environment and the settings file describe: what each worker starts."""
    sys.setswitchinterval(SWITCH_SECONDS)
    return create_app(Settings())


def config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """Return how uvicorn serves an application in this process."""
    return uvicorn.Config(app, **_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "http": Protocol,
        "ws": "none",
        "lifespan": "on",
        "log_config": logging_config(),
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": settings.stop_seconds,
    }

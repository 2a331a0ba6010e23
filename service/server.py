"""Starts the application under uvicorn: one process, or several that share the port."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from dedup.errors import InvalidInput
from service.app import create_app
from service.middleware.protocol import Protocol, logging_config
from service.process import settle
from service.settings import Settings
from service.telemetry import MULTIPROCESS


@contextmanager
def listening(settings: Settings) -> Iterator[list[socket.socket]]:
    """Listen at the address before anything else is begun.

    Raises:
        InvalidInput: there is no such address, or another program listens there.
    """
    host, port = settings.host, settings.port
    with ExitStack() as stack:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            places = dict.fromkeys((family, address[:2]) for family, _, _, _, address in found)
            sockets = [stack.enter_context(socket.create_server(at, family=family)) for family, at in places]
        except OSError as error:
            why = str(error.strerror).partition(" (")[0]
            raise InvalidInput(
                f"serve: cannot listen at {host} port {port}: {why}; "
                "end what listens there, or choose another with --host and --port"
            ) from error
        yield sockets


def run(settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve until told to stop; requests under way then have `stop_seconds` to finish."""
    if settings.workers == 1:
        uvicorn.Server(config(settings, create_app(settings, settle))).run(sockets)
        return
    with tempfile.TemporaryDirectory(prefix="resembles-") as counters:
        os.environ[MULTIPROCESS] = counters  # each worker keeps its counters there; any of them tells all
        given = ("index", "host", "port", "workers")
        os.environ |= {f"DEDUP_{name.upper()}": str(getattr(settings, name)) for name in given}
        os.environ["DEDUP_WEBHOOK_HOSTS"] = json.dumps(settings.webhook_hosts)
        options = {**_options(settings), "factory": True, "workers": settings.workers}
        Multiprocess(uvicorn.Config("service.server:worker", **options), sockets).run()


def worker() -> FastAPI:
    """Return the application that the environment and the settings file describe: what each worker starts."""
    return create_app(Settings(), settle)


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
        "proxy_headers": False,  # whoever asks could name another address and have a rate of its own
        "server_header": False,
        "timeout_graceful_shutdown": settings.stop_seconds,
    }

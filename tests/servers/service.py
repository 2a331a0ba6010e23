"""The service as it runs: uvicorn on a free port, an index on disk, asked over a socket."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.server import config
from service.settings import Settings

RANDOM = random.Random()  # noqa: S311 - reproducible texts, no secrets; each test begins with a seed of its own
SYLLABLES = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "an", "er")]
PROBLEM = "application/problem+json"


def prose(words: int, seed: str = "") -> str:
    """Return so many random words: the test's next ones, or those of a seed, which are the same whenever asked for."""
    generator = random.Random(seed) if seed else RANDOM  # noqa: S311 - the same
    return " ".join("".join(generator.choices(SYLLABLES, k=3)) for _ in range(words))


@dataclass
class Serving:
    """A service that runs."""

    server: uvicorn.Server
    app: FastAPI
    http: httpx2.Client
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def put(self, name: str, text: str, **metadata: Any) -> str:
        """Index a document; return its version."""
        response = self.http.put(f"/v1/documents/{name}", json={"text": text, "metadata": metadata})
        assert response.is_success, response.text
        return str(response.json()["version"])

    def lines(self, body: bytes, **headers: str) -> list[dict[str, Any]]:
        """Post JSON Lines; return the lines of the answer."""
        named = {"Content-Type": "application/x-ndjson", **headers}
        response = self.http.post("/v1/documents", content=body, headers=named)
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    def connect(self) -> socket.socket:
        """Open a plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


Start = Callable[..., AbstractContextManager[Serving]]


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Serving]:
    """Start a service, stop it in the end."""
    index = {"index": f"lmdb:{folder / 'index'}"} if "index" not in settings else {}
    chosen = Settings(**{"port": 0, **index, **settings})
    app = create_app(chosen)
    server = uvicorn.Server(config(chosen, app))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.002)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            yield Serving(server, app, http, port)
    finally:
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()


def answering(url: str) -> None:
    """Wait until there is an answer that is no refusal."""
    for _ in range(600):
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("the service does not answer")


def code(response: httpx2.Response) -> str:
    """Return a refusal's code, having seen that it is a problem document."""
    assert response.headers["content-type"] == PROBLEM, response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return str(body["code"])

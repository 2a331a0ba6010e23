"""The image and the compose file, without an engine to run them: both parse, and the very command runs here."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from programs import needed
from servers.server import free_port
from servers.service import Serving, answering
from test_compose import VARIABLES, filled_in, on_this_machine
from typer.testing import CliRunner

from dedup.cli.app import app

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
LINES = "application/x-ndjson"
POST = b"POST /v1/resemble HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
KEY = '[{"name": "k", "sha256": "' + "0" * 64 + '"}]'


def instruction(name: str) -> list[str]:
    """Return the JSON array of the last such instruction."""
    found: list[str] = json.loads(re.findall(rf"^{name}.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    return found


def environment() -> dict[str, str]:
    """Return what the image sets."""
    [line] = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in shlex.split(line))


@pytest.fixture
def variables(redis_path: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Redis, started by Compose's command, and the environment that image and Compose give the service beside it."""
    redis, port = free_port(), str(free_port())
    command = [redis_path, *map(on_this_machine, COMPOSE["redis"]["command"][1:]), "--port", str(redis)]
    given = COMPOSE["service"]["environment"] | {"DEDUP_KEYS": KEY, "DEDUP_WORKERS": "1"}
    given["DEDUP_INDEX"] = filled_in(given["DEDUP_INDEX"]).replace("redis:6379", f"127.0.0.1:{redis}")
    image = {name: value for name, value in environment().items() if name.startswith("DEDUP_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen([*command, "--dir", tmp_path], stdout=subprocess.DEVNULL) as server:
        yield {**os.environ, **image, **given, "DEDUP_PORT": port, "PATH": path}
        server.kill()


def test_the_image_s_command_serves_and_is_healthy(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image's command and health check work natively, on Compose's Redis; without a key the command refuses."""
    command, check = instruction("CMD"), instruction("HEALTHCHECK")

    def healthy() -> bool:
        return subprocess.run(check, env=variables, stderr=subprocess.DEVNULL, check=False).returncode == 0

    with subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            answering(f"http://127.0.0.1:{variables['DEDUP_PORT']}/readyz")
            assert healthy()
        finally:
            process.terminate()
        _, log = process.communicate(timeout=30)
    assert VARIABLES["REDIS_PASSWORD"] not in log
    assert "***" in log.splitlines()[0]
    assert not healthy()
    for name, value in {**variables, "DEDUP_KEYS": "[]"}.items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(app, command[1:]).exit_code == 2


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The last stage has a user without rights, and all that it copies from the context is there."""
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001$", last, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    kept = (ROOT / ".dockerignore").read_text("utf-8")
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
        assert f"!{name}\n" in kept
    assert "curl" not in DOCKERFILE
    assert re.findall(r" -r (\S+)", DOCKERFILE) == ["locks/service.txt"]


def test_compose_gives_the_service_little() -> None:
    """The service's root is read-only, it has no capabilities, is published on loopback only, and waits for Redis."""
    service = COMPOSE["service"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["depends_on"]["redis"]["condition"] == "service_healthy"
    assert COMPOSE["proxy"]["profiles"] == ["proxy"]


@pytest.mark.parametrize("name", ["service", "proxy"])
def test_compose_mounts_and_sets_what_there_is(name: str) -> None:
    """Each file mounted exists, and each setting is one that docs/http.md explains."""
    page = (ROOT / "docs/http.md").read_text("utf-8")
    one = COMPOSE[name]
    for volume in one.get("volumes", ()):
        assert not volume.startswith("./") or (ROOT / volume.split(":")[0]).exists()
    for setting in one.get("environment", ()):
        assert f"`{setting}`" in page


def test_the_proxy_cuts_slow_clients_within_ten_seconds() -> None:
    """The proxy's limits of time are those promised, and its limit of size is the service's default."""
    proxy = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    for name in ("client_header_timeout", "client_body_timeout"):
        assert int(re.findall(rf"{name} (\d+)s;", proxy)[0]) <= 10
    assert "client_max_body_size 16m;" in proxy
    assert "proxy_pass http://service:8080;" in proxy


@pytest.fixture
def proxy(service: Serving, tmp_path: Path) -> Iterator[int]:
    """The proxy before the service, with times of one second instead of eight; its port."""
    program, port = needed("nginx"), free_port()
    described = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    here = described.replace("service:8080", f"127.0.0.1:{service.port}").replace("listen 8080", f"listen {port}")
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    here = here.replace(" 8s;", " 1s;").replace("http {", "http {" + folders)
    (tmp_path / "nginx.conf").write_text(f"daemon off; pid {tmp_path}/pid;\n{here}")
    with subprocess.Popen([program, "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]) as process:
        try:
            answering(f"http://127.0.0.1:{port}/livez")
            yield port
        finally:
            process.terminate()


def test_the_proxy_passes_on_what_is_quick(proxy: int, service: Serving) -> None:
    """Through the proxy's own configuration ids arrive as they were sent, and lines stream both ways."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{proxy}", headers={"Host": "localhost"}) as client:
        put = client.put("/v1/documents/proxied%2F%2Fa%20b", json={"text": "seven wizards"})
        assert put.json()["id"] == "proxied//a b"
        lines = client.post("/v1/documents", content=b'{"id": "l", "text": "seven"}\n', headers={"Content-Type": LINES})
        assert json.loads(lines.text.splitlines()[-1])["summary"]["complete"]
        assert client.get("/v1/documents/proxied//a b").json()["id"] == "proxied//a b"


@pytest.mark.parametrize("begun", [b"GET /livez HTTP/1.1\r\nX: ", POST + b"Content-Length: 999\r\n\r\n"])
def test_the_proxy_ends_what_is_slow(proxy: int, begun: bytes) -> None:
    """Headers that dribble in are cut by the proxy in its time, as is a body that does not come."""
    with socket.create_connection(("127.0.0.1", proxy), timeout=10) as connection:
        start, answer = time.monotonic(), b""
        connection.sendall(begun)
        while more := connection.recv(4096):
            answer += more
    assert 0.9 < time.monotonic() - start < 4
    assert not answer or answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400"))

"""The image and the compose file, without an engine to run them: both parse, and the very command runs here."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
KEY = '[{"name": "k", "sha256": "' + "0" * 64 + '"}]'


def instruction(name: str) -> list[str]:
    """Return the JSON array of the last such instruction."""
    found: list[str] = json.loads(re.findall(rf"^{name}.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    return found


def environment() -> dict[str, str]:
    """Return what the image sets."""
    [line] = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in shlex.split(line))


def test_the_image_s_command_serves_and_is_healthy(tmp_path: Path) -> None:
    """The image's own command, environment and health check work natively; without a key the command refuses."""
    image = {name: value for name, value in environment().items() if name.startswith("DEDUP_")}
    own = {"DEDUP_INDEX": f"lmdb:{tmp_path}/index", "DEDUP_PORT": "18469", "DEDUP_KEYS": KEY}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, **image, **own, "PATH": path}
    command, check = instruction("CMD"), instruction("HEALTHCHECK")
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.DEVNULL) as process:
        try:
            healthy = 1
            for _ in range(300):
                healthy = subprocess.run(check, env=variables, stderr=subprocess.DEVNULL, check=False).returncode
                if healthy == 0:
                    break
                time.sleep(0.1)
        finally:
            process.terminate()
    assert healthy == 0
    assert subprocess.run(check, env=variables, stderr=subprocess.DEVNULL, check=False).returncode != 0
    keyless = {**variables, "DEDUP_KEYS": "[]"}
    assert subprocess.run(command, cwd=tmp_path, env=keyless, stderr=subprocess.DEVNULL, check=False).returncode == 2


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

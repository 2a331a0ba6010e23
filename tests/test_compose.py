"""What docker-compose.yml starts is what the documents promise, started here by the same command without Docker."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from programs import needed
from servers.server import Server, free_port, wait_for

ROOT = Path(__file__).parents[1]
VARIABLES = {"REDIS_PASSWORD": "of this test", "REDIS_MAXMEMORY": "64mb"}


def service() -> dict[str, Any]:
    """Return the Redis service."""
    described: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["redis"]
    return described


def filled_in(text: str) -> str:
    """Return a text with its variables filled in, as Compose does."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda named: VARIABLES[named[1]], text)


def on_this_machine(argument: str) -> str:
    """Return an argument of the container's command with the mounted file's own path."""
    mounted = {inside: outside for outside, inside, *_ in (volume.split(":") for volume in service()["volumes"])}
    return str(ROOT / mounted[argument]) if argument in mounted else filled_in(argument)


def test_redis_is_not_published_and_needs_a_password() -> None:
    """No port leaves the services' network, and without a password Compose refuses to start."""
    assert "ports" not in service()
    assert any(part.startswith("${REDIS_PASSWORD:?") for part in service()["command"])


def test_the_same_command_starts_redis_as_it_should_be(redis_path: str, tmp_path: Path) -> None:
    """Compose's command, run here: log synced each second, nothing evicted, memory bounded, password asked for."""
    program, *arguments = map(on_this_machine, service()["command"])
    assert program == "redis-server"
    port = free_port()
    command = [redis_path, *arguments, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            with redis.Redis(port=port, password=VARIABLES["REDIS_PASSWORD"], decode_responses=True) as client:
                wait_for(client)
                settings = client.config_get("*")
            with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
                stranger.ping()
        finally:
            server.kill()
    expected = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
    assert expected.items() <= settings.items()
    assert settings["maxmemory"] == str(64 << 20)


def test_health_is_asked_with_the_password(own_server: Server) -> None:
    """The health check's command succeeds on a server that answers, and fails on one that does not."""
    program, *arguments = service()["healthcheck"]["test"][1:]
    needed(program)
    assert "REDISCLI_AUTH" in service()["environment"]

    def healthy() -> bool:
        command = [program, "-p", str(own_server.port), *arguments]
        return subprocess.run(command, env=own_server.environment, capture_output=True, check=False).returncode == 0

    assert healthy()
    own_server.kill()
    assert not healthy()

"""Settings: where they come from, and that each is explained."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from pydantic import ValidationError
from servers.service import answering
from typer.testing import CliRunner

from dedup.cli.app import app
from service.settings import Settings

ROOT = Path(__file__).parents[2]


def test_arguments_beat_the_environment_which_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting is the argument's, else the environment's, else the file's, else the default."""
    file = tmp_path / "own.toml"
    file.write_text('index = "lmdb:from-file"\nlimit = 3\n[serve]\nbatch = 1\nrate = 1\nport = 1\n')
    monkeypatch.setenv("DEDUP_CONFIG", str(file))
    monkeypatch.setenv("DEDUP_RATE", "2")
    monkeypatch.setenv("DEDUP_PORT", "2")
    settings = Settings(port=3)
    assert (settings.index, settings.batch, settings.rate, settings.port) == ("lmdb:from-file", 1, 2, 3)
    assert settings.lookups == 64


def test_a_setting_that_makes_no_sense_is_refused() -> None:
    """A value out of range is refused; a key whose hash is no hash too."""
    for wrong in ({"batch": 0}, {"body_seconds": 11}, {"keys": [{"name": "a", "sha256": "short"}]}, {"port": -1}):
        with pytest.raises(ValidationError):
            Settings(**wrong)


def test_every_setting_is_explained_with_its_default() -> None:
    """docs/http.md names each setting, its variable, and its default."""
    page = (ROOT / "docs/http.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`{name}`" in page
        assert f"`DEDUP_{name.upper()}`" in page
        row = next(line for line in page.splitlines() if f"`DEDUP_{name.upper()}`" in line)
        mebibytes = isinstance(field.default, int) and field.default >= 1 << 20
        listed = ", ".join(field.default) or "none" if isinstance(field.default, tuple) else str(field.default)
        default = f"{field.default >> 20} MiB" if mebibytes else listed
        assert default.removesuffix(".0").lower() in row.lower(), row


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, workers: str) -> None:
    """`dedup serve` announces its address, serves, tells of all workers' requests, and ends with 0 on SIGTERM."""
    port = "18467" if workers == "1" else "18468"
    command: list[str | Path] = [Path(sys.executable).parent / "dedup", "serve", "--port", port, "--workers", workers]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            answering(f"{url}/readyz")
            for i in range(20):
                with httpx2.Client(base_url=url) as client:
                    assert client.put(f"/v1/documents/{i}", json={"text": "a word"}).status_code == 201
            assert httpx2.get(f"{url}/v1/stats").json()["documents"] == 20
            assert 'status="put"} 20.0' in httpx2.get(f"{url}/metrics").text
            assert _median_seconds(url) < 0.03  # 0.04 more where heads and bodies wait for each other (Nagle)
        finally:
            process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    assert process.returncode in {0, -signal.SIGTERM}
    new, first, *lines = log.splitlines()
    assert new == "there was no index at lmdb:./index: a new one was made, which is empty"
    assert first == f"serving lmdb:./index at http://127.0.0.1:{port}/"
    assert all(json.loads(line)["timestamp"] for line in lines)


def _median_seconds(url: str) -> float:
    """Return how long an answer takes on a connection that is kept."""
    with httpx2.Client(base_url=url) as client:
        return statistics.median(client.get("/livez").elapsed.total_seconds() for _ in range(15))


def test_the_command_refuses_what_it_cannot_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open address without a key or one in use is exit code 2, an index that cannot be opened 4; each says why."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        for options, expected, reason in (
            (["--host", "0.0.0.0"], 2, "API key"),  # noqa: S104 - that is what is refused
            (["--port", taken], 2, "Address already in use"),
            (["--port", taken, "--workers", "2"], 2, "Address already in use"),
            (["--host", "no.such.host.invalid"], 2, "API key"),
            (["--index", "lmdb:file"], 4, "error["),
            (["--index", "nonsense:x"], 2, "error[invalid_url]"),
        ):
            done = CliRunner().invoke(app, ["serve", "--port", "0", *options])
            assert (done.exit_code, len(done.stderr.splitlines())) == (expected, 1), done.stderr
            assert reason in done.stderr

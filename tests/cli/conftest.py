"""Ways to run the command: in this process where many cases need speed, in one of its own where that matters."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.running import SEEDS, Records, Run
from typer.testing import CliRunner, Result

from dedup.cli.app import app
from dedup.kernels import warm


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile the kernels, so that no test finds their announcement among its messages."""
    warm.compile_all([task for task in warm.all_tasks() if not task.kept])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DEDUP_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def run(here: Path) -> Run:
    """Run the command in this process, in an empty folder."""

    def run(*arguments: object, stdin: bytes = b"", code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
        return result

    return run


@pytest.fixture
def seeded(run: Run) -> Run:
    """Run the command in a folder whose index holds the seeds."""
    run("ingest", SEEDS)
    return run


@pytest.fixture
def write(here: Path) -> Records:
    """Write JSON Lines and return the file's name."""

    def write(*records: dict[str, Any], name: str = "data.jsonl") -> str:
        Path(name).write_text("".join(json.dumps(record) + "\n" for record in records))
        return name

    return write


@pytest.fixture
def command(here: Path) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Start the real command as a process of its own, in an empty folder, with pipes."""
    # a runner in the background hands down that interrupts are ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*arguments: object, **environment: str) -> "subprocess.Popen[bytes]":
        pipe = subprocess.PIPE
        argv = [sys.executable, "-m", "dedup", *map(str, arguments)]
        return subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, **environment})

    return start

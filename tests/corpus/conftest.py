"""The command, in an empty folder: in this process, or where that matters in one of its own; and a session of Spark."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from corpus.sessions import SETTINGS
from programs import needed
from typer.testing import CliRunner, Result

from dedup.cli.app import app

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Command = Callable[..., Result]
Process = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process, and expect an exit code."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DEDUP_")]:
        monkeypatch.delenv(name)

    def command(*arguments: object, code: int = 0, env: dict[str, str] | None = None) -> Result:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)
        assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
        return done

    return command


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Run a command in a process of its own, after some statements, and expect an exit code."""

    def process(before: str, *arguments: str, code: int) -> "subprocess.CompletedProcess[str]":
        script = f"{before}\nfrom dedup.__main__ import main\nmain()"
        argv = [sys.executable, "-W", "error", "-c", script, *arguments]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    return process


@pytest.fixture(scope="session")
def spark() -> "Iterator[SparkSession]":
    """Return a session of two cores, whose workers run this Python; the tests of all files share it."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - the other tests need no Spark

    if "JAVA_HOME" not in os.environ:
        needed("java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = SparkSession.builder.master("local[2]").config(map=SETTINGS).getOrCreate()
        yield session
        session.stop()

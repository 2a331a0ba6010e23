"""The shim of shim.c: compiled once, and preloaded into a program that is to be watched or disturbed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from programs import needed

TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim, compiled; without a C compiler the tests that need it are left out."""
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run([needed("cc"), "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source], check=True)
    return library


def run_watched(shim: Path, folder: Path, module: str, *args: object, log: Path | None = None) -> str:
    """Run a module of the tests with the shim around all files below `folder`; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "LD_PRELOAD": str(shim), "TRUST_FOLDER": str(folder)}
    if log:
        environment["TRUST_LOG"] = str(log)
    command = [sys.executable, "-m", module, *map(str, args)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout

"""Help is at hand at once and says what there is."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import TEXTS, Run


def test_help_imports_nothing_heavy(run: Run) -> None:
    """`dedup --help` and a subcommand's help load neither Numba, NumPy, LMDB, msgspec, zstandard nor Rich."""
    script = """
import sys
from dedup.cli.app import app
for arguments in (["--help"], ["ingest", "--help"], ["resemble", "--help"]):
    app(arguments, prog_name="dedup", standalone_mode=False)
heavy = {"numba", "numpy", "lmdb", "msgspec", "zstandard", "rapidfuzz", "rich"}
print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "Usage: dedup" in done.stdout


def test_help_names_every_command_in_full(run: Run) -> None:
    """`dedup -h` lists each command with an explanation that is not cut off."""
    shown = run("-h").stdout
    for name in ("ingest", "resemble", "compare", "get", "remove", "stats", "check"):
        assert f"\n  {name} " in shown
    assert "..." not in shown.split("Commands:")[1]


def test_both_names_start_the_command() -> None:
    """`dedup` and `python -m dedup` are the same command."""
    module = subprocess.run([sys.executable, "-m", "dedup", "--version"], capture_output=True, check=True)
    script = subprocess.run([Path(sys.executable).parent / "dedup", "--version"], capture_output=True, check=True)
    assert module.stdout == script.stdout


def test_package_loads_its_names_when_they_are_used() -> None:
    """`import dedup` loads neither Numba nor NumPy; a public name does."""
    heavy = "print('numba' in sys.modules, 'numpy' in sys.modules)"
    script = f"import sys, dedup; {heavy}; dedup.Index; {heavy}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\nTrue True\n"


@pytest.mark.slow
def test_compilation_is_announced_once(command: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path) -> None:
    """On a machine that has compiled nothing the first command says so, compiles everything, and the next is silent."""
    announced = rb"compiling \d+ kernels for this processor, once\n"
    for arguments, expected in (
        (["ingest", TEXTS], announced),
        (["resemble", "--id", "000_afc7266689876ce6"], b""),
        (["warm", "--json"], b""),
    ):
        with command(*arguments, NUMBA_CACHE_DIR=str(tmp_path / "cache")) as process:
            answer, messages = process.communicate()
        assert process.returncode == 0
        assert re.fullmatch(expected, messages)
    report = json.loads(answer)
    assert (report["compiled"], report["kernels"]) == (0, len(list(Path(report["folder"]).iterdir())))

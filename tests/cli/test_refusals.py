"""The command in a process that may have little of something: one line, a code, no traceback."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.cli.refusals import told
from dedup.engine import open_index
from dedup.model import Document

DEDUP = Path(sys.executable).with_name("dedup")
MIB = 1 << 20
FEW = {
    "no room for the index": (resource.RLIMIT_AS, 380 * MIB, "memory"),
    "no room for machine code": (resource.RLIMIT_AS, 274 * MIB, "memory"),
    "no room for Numba": (resource.RLIMIT_AS, 200 * MIB, "memory"),
    "no room for what NumPy reserves": (resource.RLIMIT_AS, 96 * MIB, "memory"),
    "no room for NumPy": (resource.RLIMIT_AS, 64 * MIB, "memory"),
    "little stack": (resource.RLIMIT_STACK, 128 << 10, "stack"),
    "few files": (resource.RLIMIT_NOFILE, 5, "open files"),
}


@pytest.mark.parametrize("name", FEW)
def test_what_the_system_refuses_is_one_line(tmp_path: Path, name: str) -> None:
    """Where a limit stops the command, it names what is short and exits with 4; the index is as it was."""
    with open_index(str(tmp_path / "index")) as index:
        index.put([Document("a", "a text of some words that is put into an index")])
    kind, most, noun = FEW[name]
    done = subprocess.run(
        [DEDUP, "check", "--index", "index"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(kind, (most, most)),
    )
    [line] = done.stderr.splitlines()
    assert line.startswith("error[system_refused]: ")
    assert f"give this process more {noun}; its limit is " in line
    assert (done.returncode, done.stdout) == (4, "")
    with open_index(str(tmp_path / "index")) as index:
        assert index.check().sound


def test_a_collection_with_few_files_says_so(tmp_path: Path) -> None:
    """`dedup corpus` opens files beside each other; where it may not, that is said, not that a folder is wrong."""
    (tmp_path / "a.txt").write_text("a text of some words that is compared with itself alone")
    done = subprocess.run(
        [DEDUP, "corpus", "a.txt", "--out", "results"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)),
    )
    assert done.stderr.startswith("error[system_refused]: ")
    assert "give this process more open files; its limit is 16 (ulimit -n)" in done.stderr
    assert done.returncode == 4
    assert not (tmp_path / "results").exists()


def test_python_without_memory_for_its_own_error_is_a_refusal() -> None:
    """An error that CPython could not make is a refusal where memory is bounded, and an error of its own elsewhere."""
    error = SystemError("error return without exception set")
    assert told(error) is None
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 46, before[1]))
    try:
        refusal = told(error)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert refusal is not None
    assert str(refusal).startswith("no memory is left: give this process more memory; its limit is ")

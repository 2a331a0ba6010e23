"""Compiled kernels are kept where that is possible, and their compilation is announced."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dedup

TOKENIZE = """
from dedup import kernels
from dedup.sketching.tokens import tokenize
kernels.ready(print)
tokenize(["one two"])
kernels.ready(lambda message: print("again:", message))
"""


def run(site: Path, home: Path, code: str = TOKENIZE, *, read_only: bool) -> list[str]:
    """Run the kernels of a package copied to `site`, which may be read-only; return what was printed."""
    command = [sys.executable, "-W", "error", "-c", code]
    if read_only:
        command = ["unshare", "-m", "sh", "-c", f'mount --bind -o ro {site} {site} && exec "$@"', "sh", *command]
    environment = os.environ | {"PYTHONPATH": str(site), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    if (read_only and "mount:" in done.stderr + done.stdout) or "unshare:" in done.stderr:
        pytest.skip("needs the right to mount a folder read-only")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the package, not compiled yet."""
    copied = tmp_path / "site"
    shutil.copytree(Path(dedup.__file__).parent, copied / "dedup", ignore=shutil.ignore_patterns("__pycache__"))
    return copied


def test_compilation_is_announced_once_and_kept(site: Path, tmp_path: Path) -> None:
    """The first process says that it compiles, the next one finds the code beside the package."""
    announced = ["compiling kernels, once"]
    assert run(site, tmp_path, read_only=False)[:1] == announced
    assert list((site / "dedup" / "sketching" / "__pycache__").glob("tokens._tokenize-*.nbi"))


def test_a_read_only_installation_works(site: Path, tmp_path: Path) -> None:
    """Where the package cannot be written the code is kept in the user's cache folder, where nothing can, nowhere."""
    (tmp_path / "home").mkdir()
    assert run(site, tmp_path / "home", read_only=True)[:1] == ["compiling kernels, once"]
    assert list((tmp_path / "home").rglob("tokens._tokenize-*.nbi"))
    nowhere = Path("/proc")
    assert run(site, nowhere, read_only=True)[:1] == ["compiling kernels, once"]


def test_a_changed_callee_in_another_file_is_compiled_anew(site: Path, tmp_path: Path) -> None:
    """After an upgrade that changes one kernel, those of other files that call it are not taken from the old cache."""
    code = "import dedup; print(dedup.sketch(['one two three four']).buckets[0])"
    (before,) = run(site, tmp_path, code, read_only=False)
    changed = site / "dedup" / "sketching" / "xxh3.py"
    changed.write_text(changed.read_text().replace("0x165667919E3779F9", "0x165667919E3779FB"))
    (after,) = run(site, tmp_path, code, read_only=False)
    assert before != after

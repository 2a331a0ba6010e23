"""Kernels are compiled once for what their annotations say, and their machine code is kept where that is possible."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
import pytest

import dedup
from dedup.align.lcs import common_tokens
from dedup.corpus.kernels import distinct, shared
from dedup.kernels import Int64s, cache, compiled, entry, warm

SEEDS = Path(__file__).parents[1] / "seeds"
TOKENIZE = """
import sys
from dedup.kernels import compiled
from dedup.sketching.tokens import tokenize
assert tokenize(["one two"]).starts.tolist() == [0, 4]
one = compiled.entries["dedup.sketching.tokens._tokenize"]
print(one.place(one.declared[0]).filled, len(one.overloads))  # an overload is what this process compiled
"""


def run(site: Path, home: Path, code: str = TOKENIZE, *, read_only: bool = False, **environment: str) -> Any:
    """Run a package copied to `site`, which may be read-only, as a process; return it."""
    command = [sys.executable, "-c", code]
    if read_only:
        command = ["unshare", "-m", "sh", "-c", f'mount --bind -o ro {site} {site} && exec "$@"', "sh", *command]
    variables = os.environ | {"PYTHONPATH": str(site), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"} | environment
    for name in {"XDG_CACHE_HOME", "NUMBA_CACHE_DIR"} - environment.keys():
        variables.pop(name, None)
    done = subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, check=False)
    if (read_only and "mount:" in done.stderr + done.stdout) or "unshare:" in done.stderr:
        pytest.skip("needs the right to mount a folder read-only")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the package, not compiled yet."""
    copied = tmp_path / "site"
    shutil.copytree(Path(dedup.__file__).parent, copied / "dedup", ignore=shutil.ignore_patterns("__pycache__"))
    return copied


def test_a_second_process_compiles_nothing(site: Path, tmp_path: Path) -> None:
    """The first process keeps the machine code beside the package, the next loads it; a damaged file is replaced."""
    assert run(site, tmp_path).stdout == "True 1\n"
    assert run(site, tmp_path).stdout == "True 0\n"
    (kept,) = (site / "dedup" / "__pycache__").glob("resembles-*/dedup.sketching.tokens._tokenize.0")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + b"\0")
    assert run(site, tmp_path).stdout == "True 1\n"
    assert len(kept.read_bytes()) > len(whole) / 2


def test_a_read_only_installation_works(site: Path, tmp_path: Path) -> None:
    """Where the package cannot be written the machine code is kept in the user's cache folder."""
    home = tmp_path / "home"
    home.mkdir()
    assert run(site, home, read_only=True).stdout == "True 1\n"
    assert list((home / ".cache" / "resembles").rglob("dedup.sketching.tokens._tokenize.0"))
    assert run(site, home, read_only=True).stdout == "True 0\n"


def test_where_nothing_can_be_written_it_is_said_once(site: Path) -> None:
    """The library warns, naming the variable that helps, and works."""
    done = run(site, Path("/proc"), TOKENIZE + "tokenize(['…'])", read_only=True)
    assert done.stdout == "False 1\n"
    assert done.stderr.count("NUMBA_CACHE_DIR") == 1


@pytest.mark.slow
def test_a_command_says_once_that_nothing_can_be_written(site: Path) -> None:
    """It names the variable that helps, compiles what it needs and leaves nothing behind."""
    before = set(Path(gettempdir()).glob("dedup-kernels-*"))
    command = f"import sys; sys.argv = ['dedup', 'compare', '{SEEDS}/gold.json', '{SEEDS}/gold.json', '--json']\n"
    done = run(site, Path("/proc"), command + "from dedup.cli import main; main()", read_only=True)
    assert json.loads(done.stdout)["jaccard"] == 1
    first, second = done.stderr.splitlines()
    assert "set NUMBA_CACHE_DIR to a folder" in first
    assert second.startswith("compiling ")
    assert set(Path(gettempdir()).glob("dedup-kernels-*")) == before


def test_a_changed_callee_in_another_file_is_compiled_anew(site: Path, tmp_path: Path) -> None:
    """After an upgrade that changes one kernel, those of other files that call it are not taken from the old cache."""
    code = "import dedup; print(dedup.sketch(['one two three four']).buckets[0])"
    before = run(site, tmp_path, code).stdout
    changed = site / "dedup" / "sketching" / "xxh3.py"
    changed.write_text(changed.read_text().replace("0x165667919E3779F9", "0x165667919E3779FB"))
    assert before != run(site, tmp_path, code).stdout


def test_old_machine_code_is_forgotten(site: Path, tmp_path: Path) -> None:
    """What other sources and processors have left is deleted, but for the last few."""
    folder = site / "dedup" / "__pycache__"
    for age in range(9):
        (folder / f"resembles-{age}").mkdir(parents=True)
        os.utime(folder / f"resembles-{age}", (1e9 - age, 1e9 - age))
    run(site, tmp_path)
    left = {path.name for path in folder.glob("resembles-?")}
    assert left == {"resembles-0", "resembles-1", "resembles-2"}


def test_every_entry_is_kept_by_several_processes(tmp_path: Path) -> None:
    """The processes that compile for a command keep what it asked for; nothing is left to compile, each is told of."""
    code = """
from dedup.kernels import warm
import dedup.corpus.kernels
tasks, done = [task for task in warm.known_tasks() if "corpus" in task.name], []
assert not any(task.kept for task in tasks)
warm.compile_all(tasks, lambda: done.append(1))
print(len(tasks), len(done), all(task.kept for task in tasks), [len(task.entry.overloads) for task in tasks])
"""
    site = Path(dedup.__file__).parents[1]
    assert run(site, tmp_path, code, NUMBA_CACHE_DIR=str(tmp_path)).stdout == f"9 9 True {[0] * 9}\n"


def test_a_warm_command_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """A look-up loads eight entries, and neither the compiler, SciPy, Redis, Jinja nor Rich."""
    warm.compile_all([task for task in warm.all_tasks() if not task.kept])
    script = f"""
import sys
from contextlib import suppress
from typer import Exit
from dedup.cli.app import app
from dedup.kernels import compiled
for command in (["ingest", "{SEEDS}"], ["resemble", "{SEEDS}", "--json"]):
    with suppress(Exit):  # which some versions of Typer raise and others return
        app(command, prog_name="dedup", standalone_mode=False)
heavy = {{"scipy.linalg", "numba.np.arrayobj", "redis", "jinja2", "rich", "duckdb", "pyarrow"}}
print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
print(sum(len(one._loaded) for one in compiled.entries.values()), file=sys.stderr)
print(sum(len(one.overloads) for one in compiled.entries.values()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-3:] == ["[]", "9", "0"]


def test_arrays_are_taken_as_they_come() -> None:
    """Read-only and strided arrays give what contiguous ones give; another type is refused."""
    hashes, offsets = np.array([3, 1, 3, 2], np.uint64), np.array([0, 3, 4], np.int64)
    sets, ends = distinct(hashes, offsets)
    assert (sets.tolist(), ends.tolist()) == ([1, 3, 2], [0, 2, 3])
    frozen = hashes.copy()
    frozen.flags.writeable = False
    strided = np.repeat(offsets, 2)[::2]
    assert distinct(frozen, strided)[0].tolist() == [1, 3, 2]
    pair = np.array([0], np.int64)
    assert shared(sets, ends, pair, pair).tolist() == [2]
    with pytest.raises(TypeError, match=r"corpus\.kernels\.distinct is compiled for"):
        distinct(hashes.astype(np.int64), offsets)


def test_a_kernel_is_no_entry() -> None:
    """What has no code that Python could call says so."""
    with pytest.raises(TypeError, match="common_tokens is part of other kernels"):
        common_tokens(None, 0, 0, 0, 0)  # type: ignore[arg-type]


@entry
def counted(numbers: Int64s) -> Int64s:
    """Return an array: it is while one is made of a result that Python runs the handlers of signals."""
    return numbers[:1]


def test_an_entry_outside_the_package_is_kept_by_its_own_file() -> None:
    """The machine code of a test's entry is found again, and is no part of what a command compiles."""
    counted(np.arange(2))
    one = compiled.entries[f"{__name__}.counted"]
    assert cache.Place(one.py_func, 0).load() is not None
    assert not any("counted" in task.name for task in warm.known_tasks())


INTERRUPTED = """
import signal
from collections import Counter
from dedup.sketching.tokens import tokenize

def interrupt(*_):
    raise KeyboardInterrupt

raised = Counter()
tokenize(["one two"])
signal.signal(signal.SIGALRM, interrupt)
for turn in range(100):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001 + turn * 1e-5)
        while True:
            tokenize(["one two"])
    except (KeyboardInterrupt, SystemError) as error:
        raised[type(error).__name__] += 1
assert raised == {"KeyboardInterrupt": 100}, raised
"""


def test_interrupt_in_a_kernel_is_an_interrupt() -> None:
    """A signal whose handler raises while a kernel's result is made is raised as it is, not as a SystemError."""
    # a process of its own: an exception out of nowhere would leave locks of the test's tools held
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

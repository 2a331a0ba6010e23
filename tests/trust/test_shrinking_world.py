"""The command with ever less memory, files, stack and disk: it succeeds or says why not, and the index stays whole."""

import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from trust.children import warm
from trust.steps import INDEX, STEPS, states, text, texts

from dedup.engine import open_index

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("TRUST_SEED", "1"))
DEDUP = Path(sys.executable).with_name("dedup")
LONGEST = 120  # seconds; on an idle machine each run takes two
MIB = 1 << 20
COMMANDS = {
    "ingest": ["ingest", "more"],
    "resemble": ["resemble", "query.txt"],
    "check": ["check"],
    "copy": ["copy", f"lmdb:{INDEX}", "lmdb:copied"],
    "corpus": ["corpus", "more", "--out", "results", "--memory", "256MB"],
}
CODES = {0: "", 2: r"error\[\w+\]: ", 3: r"rejected\[\w+\]: ", 4: r"error\[\w+\]: "}
"""The exit codes that docs/cli.md names for what is neither interrupted nor cut off, and the line that says why."""
HELD = states(STEPS[:2])[-1]
MORE = texts(200, 240)
PAGE = f"<html><title>A page</title><body><article><p>{text(5, 300)}</p></article></body></html>"


@dataclass(frozen=True)
class Limit:
    """One thing that a process may have little of, from how much at first down to how much at last."""

    name: str
    first: int
    last: int

    def values(self, generator: random.Random) -> Iterator[int]:
        """Yield less and less of it, each value three to eight tenths of the one before, drawn by the seed."""
        value = self.first
        while value >= self.last:
            yield value
            value = int(value * generator.uniform(0.3, 0.8))


LIMITS = [
    Limit("RLIMIT_AS", 8192 * MIB, 32 * MIB),
    Limit("RLIMIT_NOFILE", 64, 4),
    Limit("RLIMIT_FSIZE", 2 * MIB, 64),
    Limit("RLIMIT_STACK", 8 * MIB, 96 << 10),  # with 86 KB Python dies now and then, in no frame of its own
]


def lay_out(world: Path) -> None:
    """Write an index, and files to put, to ask with and to compare."""
    with open_index(str(world / INDEX)) as index:
        for step in STEPS[:2]:
            step.take(index)
    more = world / "more"
    more.mkdir()
    records = [json.dumps({"id": name, "text": content}) for name, content in MORE.items()]
    (more / "records.jsonl").write_text("\n".join(records))
    (more / "page.html").write_text(PAGE)
    (more / "novel.txt").write_text(text(6, words=30_000))
    (world / "query.txt").write_text(HELD["long"])


def run(world: Path, command: str, restrict: Callable[[], None] = lambda: None) -> str:
    """Run a command in a world; return what is wrong with how it ended (nothing is ""), and how it ended."""
    environment = {**os.environ, "DEDUP_INDEX": INDEX}
    try:
        done = subprocess.run(
            [DEDUP, *COMMANDS[command]],
            cwd=world,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
            preexec_fn=restrict,
        )
    except subprocess.TimeoutExpired:
        return "hang"
    lines = done.stderr.strip().splitlines()
    if done.returncode not in CODES or "Traceback" in done.stderr or "Exception" in done.stderr:
        return f"WRONG, exit {done.returncode}: {done.stderr[-1_500:]}"
    why = CODES[done.returncode]
    if why and not any(re.match(why, line) for line in lines):
        return f"WRONG, exit {done.returncode} without a reason: {done.stderr[-1_500:]}"
    codes = sorted(set(re.findall(r"^(?:error|rejected)\[(\w+)\]", done.stderr, re.MULTILINE)))
    return " ".join([str(done.returncode), *codes])


def problem(world: Path, said: str, *, all_in: bool) -> str:
    """Return what is wrong with how a command ended, or with the index that it left; nothing is ""."""
    if said.startswith(("WRONG", "hang")):
        return said
    with open_index(str(world / INDEX), create=False) as index:
        held = {document.id: document.text for document in index.documents()}
        report = index.check()
    if report.orphans or report.missing or report.damaged:
        return f"WRONG: {report}"
    wanted = {**HELD, **MORE} if all_in else HELD
    return "" if wanted.items() <= held.items() else "WRONG: documents are gone"


def python_starts(restrict: Callable[[], None]) -> bool:
    """Return whether an interpreter that imports what no command does without starts at all."""
    command = [sys.executable, "-c", "import typer"]
    return not subprocess.run(command, preexec_fn=restrict, stderr=subprocess.DEVNULL, check=False).returncode


def restriction(name: str, most: int) -> Callable[[], None]:
    """Return what a child does before it becomes the command."""
    kind = getattr(resource, name)

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(kind, (most, most))

    return restrict


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.name for limit in LIMITS])
@pytest.mark.parametrize("command", COMMANDS)
def test_command_under_a_limit_ends_in_success_or_a_typed_error(world: Path, command: str, limit: Limit) -> None:
    """With ever less of something, down to where Python does not start, the command says what it lacks."""
    lay_out(world / "template")
    warm()
    ended, wrong = Counter[str](), {}
    for most in limit.values(random.Random(SEED)):  # noqa: S311 - to be repeated
        restrict = restriction(limit.name, most)
        if not python_starts(restrict):
            break
        shutil.copytree(world / "template", world / "case")
        said = run(world / "case", command, restrict)
        ended[said[:40]] += 1
        if bad := problem(world / "case", said, all_in=(command, said) == ("ingest", "0")):
            wrong[most] = bad
        shutil.rmtree(world / "case")
    print(f"{command} {limit.name}: seed {SEED}, {dict(ended)}")  # noqa: T201 - the figures are reported
    assert not wrong
    assert ended["0"] or limit.name == "RLIMIT_FSIZE"


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Let a folder be a disk of so many bytes."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607 - from PATH


@pytest.mark.parametrize("command", COMMANDS)
def test_command_on_a_small_disk_ends_in_success_or_a_typed_error(world: Path, command: str) -> None:
    """On disks of 8 MiB and less the command succeeds or says that the disk is full."""
    lay_out(world / "template")
    warm()
    ended, wrong = Counter[str](), {}
    for size in (8 * MIB, 4 * MIB, 2 * MIB, MIB, MIB * 3 // 4):
        with small_disk(world / "disk", size):
            shutil.copytree(world / "template", world / "disk" / "case")
            said = run(world / "disk" / "case", command)
            ended[said[:40]] += 1
            if bad := problem(world / "disk" / "case", said, all_in=(command, said) == ("ingest", "0")):
                wrong[size] = bad
        (world / "disk").rmdir()
    print(f"{command} on small disks: {dict(ended)}")  # noqa: T201 - the figures are reported
    assert not wrong
    assert ended["0"]

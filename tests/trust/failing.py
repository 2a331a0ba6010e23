"""Every call that an operation makes of its files fails in turn: with the shim preloaded, it prints what is wrong.

As a program (`python -m trust.failing FOLDER`) it prints a JSON object: how many cases were tried, and for each problem
the cases that have it.
"""

import ctypes
import errno
import json
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lmdb
from trust.children import forked, warm
from trust.steps import INDEX, PROBE, Step, texts

from dedup.engine import Index, open_index
from dedup.errors import ResemblesError, StoreUnreachable
from dedup.stores.lmdb_runs import Runs

SHORT = -1  # as in shim.c: a write, or a read, leaves off half way
FAULTS = {  # once, or for good: no system interrupts for ever, and no disk writes half of each half
    "EIO": (errno.EIO, False),
    "EIO for good": (errno.EIO, True),
    "ENOSPC for good": (errno.ENOSPC, True),
    "EINTR": (errno.EINTR, False),
    "short": (SHORT, False),
}
BEFORE = (Step(put=texts(0, 6)), Step(put=texts(6, 8), ttl=1))  # few, so that few pages are written and each can fail
COPY = "copy"


@dataclass(frozen=True)
class Operation:
    """What is done to the index in a folder, and what it then holds."""

    name: str
    do: Callable[[Index, Path], None]
    after: dict[str, str]


def copy(index: Index, folder: Path) -> None:
    """Copy the index into another."""
    with open_index(str(folder / COPY), index.scheme) as target:
        for _ in target.copy_from(index._store, now=time.time()):
            pass


def take(step: Step, index: Index, _: Path) -> None:
    """Take a step."""
    step.take(index)


def operations() -> list[Operation]:
    """Return all, each of which starts with what BEFORE made."""
    steps = {
        "put": Step(put=texts(4, 9, version=1)),
        "remove": Step(remove=("d1", "d2", "d3", "nobody")),
        "sweep": Step(tidy="sweep"),
        "repair": Step(tidy="check"),
    }
    taken = [Operation(name, partial(take, step), step.model(HELD)) for name, step in steps.items()]
    return [*taken, Operation("copy", copy, HELD)]


HELD = BEFORE[0].put
shim = ctypes.CDLL(None)  # the preloaded one


def prepare(folder: Path) -> None:
    """Make the index that each case starts with: some of it has expired, and of one document a posting is missing."""
    with open_index(str(folder / INDEX)) as index:
        for step in BEFORE:
            step.take(index)
    with lmdb.open(str(folder / INDEX), max_dbs=6) as handle, handle.begin(write=True, buffers=True) as txn:
        runs = Runs(handle.open_db(b"runs", txn, create=False))
        names, numbers = next(runs.walk(txn))
        runs.delete(txn, names[:1], numbers[:1])
    time.sleep(1.1)


def attempt(operation: Operation, folder: Path, call: int, fault: tuple[int, bool]) -> tuple[str, int]:
    """Do it with that call failing; return what is wrong with the outcome (nothing is ""), and the calls it made."""
    outcome = "done"
    with ExitStack() as opened:
        index = None
        shim.trust_fail(call, *fault)
        try:
            index = opened.enter_context(open_index(str(folder / INDEX)))
            operation.do(index, folder)
        except ResemblesError as error:
            outcome = error.code
        finally:
            calls = shim.trust_calls()
            shim.trust_fail(0, 0, 0)
        if index:
            with suppress(StoreUnreachable):  # LMDB gives an environment up whose last page failed to be written
                index.put([PROBE])
    return wrong(operation, folder, outcome), calls


def wrong(operation: Operation, folder: Path, outcome: str) -> str:
    """Return what is wrong after an operation that ended so and one more put; nothing is ""."""
    allowed = [operation.after] if outcome == "done" else [HELD, operation.after]
    with open_index(str(folder / INDEX), create=False) as index:
        held = {document.id: document.text for document in index.documents() if document.id != PROBE.id}
        if held not in allowed:
            return f"{outcome}: the index holds neither what it held before nor what it should"
        index.put([PROBE])
        operation.do(index, folder)
        report = index.check()
        if operation.name == "repair" and (report.orphans or report.missing):
            return f"{outcome}: {report}"
        if [match.id for match in index.resemble(PROBE.text).matches] != [PROBE.id]:
            return f"{outcome}: what is put afterwards is not found"
        if {document.id: document.text for document in index.documents()} != {**operation.after, PROBE.id: PROBE.text}:
            return f"{outcome}: the operation is not done when it is done again"
    return ""


def cases(operation: Operation, template: Path, case: Path) -> Iterator[tuple[str, str]]:
    """Try an operation with each call failing in each way; yield the case and what is wrong with it."""

    def tried(call: int, fault: str) -> tuple[str, int]:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(template, case)
        answer = forked(lambda: attempt(operation, case, call, FAULTS[fault]))
        return answer if isinstance(answer, tuple) else (answer, 0)

    said, calls = tried(1 << 30, "EIO")
    yield f"{operation.name} undisturbed", said
    for call in range(1, calls + 1):
        for fault in FAULTS:
            yield f"{operation.name}: call {call} of {calls}, {fault}", tried(call, fault)[0]


def main(folder: Path) -> None:
    """Try all operations."""
    prepare(folder / "template")
    warm()
    problems, tried = defaultdict(list), 0
    for operation in operations():
        for case, said in cases(operation, folder / "template", folder / "case"):
            tried += 1
            if said:
                problems[said].append(case)
    print(json.dumps({"tried": tried, "problems": problems}))  # noqa: T201 - a program's answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))

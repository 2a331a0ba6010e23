"""Every entry compiled, on as many processors as help, before the first question is asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import IO, cast

from dedup.errors import MissingExtra
from dedup.kernels import cache, compiled

_PROCESSES = 4
"""The longest entry takes a third of the time of all: more processes would wait for it."""
_WORKER = "from dedup.kernels.warm import work; work()"


@dataclass(frozen=True, slots=True)
class Task:
    """One entry for one of its signatures."""

    name: str
    number: int

    @property
    def entry(self) -> compiled.Entry:
        """The entry."""
        return compiled.entries[self.name]

    @property
    def kept(self) -> bool:
        """Whether its machine code lies on disk."""
        return self.entry.place(self.entry.declared[self.number]).filled

    def load(self) -> None:
        """Load the machine code, compile it if it is not there."""
        self.entry.load(self.entry.declared[self.number])


def all_tasks() -> list[Task]:
    """Return all entries of the package, with all their signatures; none of a room whose extra is not installed."""
    for module, source in cache.sources().items():
        if b"\n@entry\n" in source:
            try:
                import_module(module)
            except MissingExtra:
                continue
    return known_tasks()


def known_tasks() -> list[Task]:
    """Return the package's entries in the modules that are imported, with all their signatures."""
    own = [one for one in compiled.entries.values() if one.py_func.__module__ in cache.sources()]
    return [Task(one.name, number) for one in own for number in range(len(one.declared))]


def compile_all(tasks: list[Task], done: Callable[[], None] = lambda: None) -> None:
    """Compile the tasks and keep their machine code; `done` is called after each, by any thread.

    If no folder can be written each is compiled in this process, for this process.
    """
    processes = min(_PROCESSES, len(tasks), os.cpu_count() or 1)
    if processes > 1 and cache.writable():
        _compile_in_processes(tasks, processes, done)
    for task in tasks:
        if not task.kept:  # also what a process died of, for instance of too little memory
            task.load()
            done()


def work() -> None:
    """Compile the tasks that standard input names, a line each, and answer each with a line."""
    for line in sys.stdin:
        name, number = json.loads(line)
        import_module(name.rpartition(".")[0])
        Task(name, number).load()
        print(flush=True)  # noqa: T201 - the answer


def _compile_in_processes(tasks: list[Task], processes: int, done: Callable[[], None]) -> None:
    queue = _Queue(tasks)
    workers = [_Worker() for _ in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        try:
            list(pool.map(lambda worker: worker.run(queue, done), workers))
        finally:
            for worker in workers:
                worker.stop()


class _Queue:
    """Tasks that several threads share."""

    def __init__(self, tasks: list[Task]) -> None:
        self._tasks, self._lock = iter(tasks), Lock()

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        with self._lock:
            return next(self._tasks)


class _Worker:
    """A process that compiles one task after the other, because Numba compiles one function at a time.

    It is a command of its own: multiprocessing would run the program of whoever uses the library once more.
    """

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(cache.PACKAGE.parent), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(  # noqa: S603 - Python itself
            [sys.executable, "-P", "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the command, which stops its workers
        )

    def run(self, tasks: Iterator[Task], done: Callable[[], None]) -> None:
        """Have tasks compiled until there is none left, or the process has ended."""
        for task in tasks:
            with suppress(OSError):
                print(json.dumps([task.name, task.number]), file=self._process.stdin, flush=True)
            if not cast("IO[str]", self._process.stdout).readline():
                return
            done()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        with suppress(OSError):  # what it has not read is lost with it
            self._process.communicate()

"""Kernels compiled for this machine: before the first work that needs them, or by a command of their own."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dedup import engine  # noqa: F401 - brings the kernels that every command needs
from dedup.cli.terminal import line, note
from dedup.errors import InvalidInput
from dedup.kernels import cache, warm


def run(*, json: bool) -> None:
    """Compile what is not compiled yet, and say where the machine code is kept.

    Raises:
        InvalidInput: it cannot be kept.
    """
    folder = cache.writable()
    if folder is None:
        raise InvalidInput(cache.UNKEPT)
    start, tasks = time.monotonic(), warm.all_tasks()
    compiled = _compile(tasks)
    seconds = time.monotonic() - start
    if json:
        figures = {"kernels": len(tasks), "compiled": compiled, "seconds": round(seconds, 3), "folder": str(folder)}
        print(line(figures))
    else:
        print(f"{compiled} of {len(tasks)} kernels compiled in {seconds:.1f} s, all are kept in {folder}")


def prepare_kernels() -> None:
    """Compile what is not yet compiled on this machine, all of it, and say so: once.

    Where it cannot be kept it is said why, and what this command needs is compiled for this command.
    """
    needed = warm.known_tasks()
    if all(task.kept for task in needed):
        return
    if cache.writable() is None:
        note(cache.UNKEPT)
        cache.borrow_folder()
        _compile(needed)
    else:
        _compile(warm.all_tasks())


def _compile(tasks: list[warm.Task]) -> int:
    """Compile those that are not kept, with a bar; return how many they were."""
    missing = [task for task in tasks if not task.kept]
    if missing:
        some = f"{len(missing)} of {len(tasks)}" if len(missing) < len(tasks) else f"{len(tasks)}"
        note(f"compiling {some} kernels for this processor, once")
        with _bar(len(missing)) as done:
            warm.compile_all(missing, done)
    return len(missing)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """Yield what to call after each kernel; the bar is shown if somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - a warm command does without
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("kernels"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("kernels", total=total)
        yield lambda: progress.advance(task)

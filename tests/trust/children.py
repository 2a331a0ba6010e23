"""Work done in a forked child, so that a signal that ends it is a result like any other."""

import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from select import select
from typing import Any, TypeVar

from trust.steps import PROBE, STEPS

from dedup.engine import open_index

T = TypeVar("T")
LONGEST = 20  # seconds; the slowest image takes a tenth of a second, what takes this long hangs


def forked(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a child; "signal …", "traceback …" or "hang" where it returns nothing."""
    reader, writer = os.pipe()
    gc.freeze()
    child = os.fork()
    if not child:
        _work(work, writer)
    os.close(writer)
    answer = b""
    while select([reader], [], [], LONGEST)[0]:
        part = os.read(reader, 1 << 16)
        answer += part
        if not part:
            break
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGKILL:
        return "hang"
    return f"signal {signal.Signals(-code).name}" if code < 0 else pickle.loads(answer)  # noqa: S301 - our own child's


def each(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each of several works returns: in one child, or, where that ends badly, in a child for each."""
    answers = forked(lambda: [work() for work in works])
    return answers if isinstance(answers, list) else [forked(work) for work in works]


def batched(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Yield items by so many."""
    while batch := list(islice(items, size)):
        yield batch


def warm() -> None:
    """Compile or load here what each child would have to."""
    with open_index("memory:") as index:
        for step in STEPS[:3]:
            step.take(index)
        for text in (PROBE.text, *STEPS[0].put.values()):
            index.put([PROBE])
            index.resemble(text)
        index.check()


def _work(work: Callable[[], Any], writer: int) -> None:
    """Do the work and end the child."""
    sys.unraisablehook = lambda _: None
    try:
        answer = work()
    except BaseException:  # noqa: BLE001 - any that is not expected is the result
        answer = f"traceback {traceback.format_exc()}"
    os.write(writer, pickle.dumps(answer))
    os._exit(0)

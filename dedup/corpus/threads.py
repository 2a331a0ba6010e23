"""Work on several threads, of which the results come in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_order(work: Callable[[Given], Made], found: Iterable[Given], threads: int) -> Iterator[Made]:
    """Yield what `work` makes of each of those found, in their order, made on so many threads; few wait at once."""
    if threads == 1:
        yield from map(work, found)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque[Future[Made]]()
        for one in found:
            waiting.append(pool.submit(work, one))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

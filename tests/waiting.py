"""Waiting for something to happen, and for no longer than that."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Ask again and again until it is so; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.005)


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, in a loop of a thread of its own: a browser's tests leave one in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()

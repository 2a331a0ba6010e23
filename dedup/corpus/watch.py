"""What a job says while it works: how far it is, and what it rejects."""

from collections.abc import Callable
from typing import Protocol

from dedup.formats import Rejected


class Watch(Protocol):
    """Is told how far the job is."""

    def __call__(self, stage: str, more: int, total: int = 0) -> None:
        """Count `more` of what the stage works on, of `total` where that is known."""


def unwatched(stage: str, more: int, total: int = 0) -> None:
    """Show nothing."""


class Counted:
    """Counts what is rejected on the way."""

    def __init__(self, reject: Callable[[Rejected], None]) -> None:
        """Hand on to `reject`."""
        self.count = 0
        self._reject = reject

    def __call__(self, rejected: Rejected) -> None:
        """Count one, and hand it on."""
        self.count += 1
        self._reject(rejected)

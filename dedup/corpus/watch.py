"""What a job says while it works: how far it is, and what it rejects."""

from collections.abc import Callable
from typing import Protocol

from dedup.errors import InvalidInput
from dedup.formats import Rejected


class Watch(Protocol):
    """Is told how far the job is."""

    def __call__(self, stage: str, more: int, total: int = 0) -> None:
        """Count `more` of what the stage works on, of `total` where that is known."""


def unwatched(stage: str, more: int, total: int = 0) -> None:
    """Show nothing."""


class Counted:
    """Counts what is rejected on the way, and knows the first."""

    def __init__(self, reject: Callable[[Rejected], None]) -> None:
        """Hand on to `reject`."""
        self.count = 0
        self._first: Rejected | None = None
        self._reject = reject

    def __call__(self, rejected: Rejected) -> None:
        """Count one, and hand it on."""
        self.count += 1
        self._first = self._first or rejected
        self._reject(rejected)

    def check(self, documents: int) -> None:
        """Refuse to go on if there are no documents, but rejects.

        Raises:
            InvalidInput: nothing that was read can be used.
        """
        if self._first and not documents:
            why = f"the first as {self._first.code}: {self._first.reason}"
            raise InvalidInput(f"all {self.count:,} records were rejected, {why}; nothing was written")

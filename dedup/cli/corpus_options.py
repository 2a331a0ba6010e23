"""Options that commands over whole collections share."""

import os
import re

from dedup.errors import InvalidInput


def check_memory(written: str) -> None:
    """Refuse what is no size.

    Raises:
        InvalidInput: it is none.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,5}(MB|GB)", written):
        raise InvalidInput(f"--memory {written}: no size; give a whole number of MB or GB, as in 2GB")


def threads_or_all(threads: int | None) -> int:
    """Return how many threads work: by default one for each processor that this process may use."""
    return threads or len(os.sched_getaffinity(0))

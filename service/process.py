"""What a process that does nothing but serve sets for itself."""

import gc
import sys

SWITCH_SECONDS = 0.0005
"""A thread that comes back from a kernel waits so long for another to let it go on: Python's 5 ms is a look-up."""


def settle() -> None:
    """Let threads take turns quickly, and the garbage collector pass over all that the start has made.

    A full collection went through 124,000 objects that live as long as the process, and every request waited for 80 ms;
    now it takes less than 0.1. Python's own thresholds are right for the rest: a first generation of 5,000 objects
    instead of 700 paused for 2 ms instead of 0.4.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()

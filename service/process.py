"""What a process that does nothing but serve sets for itself."""

import gc
import sys

SWITCH_SECONDS = 0.0005
"""A thread that comes back from a kernel waits so long for another to let it go on: Python's 5 ms is a look-up."""


def settle() -> None:
    """Let threads take turns quickly, and the garbage collector pass over all that the start has made.

    A full collection would go through 200,000 modules, classes and functions that live as long as the process, and
    every request would wait for 0.1 s.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()

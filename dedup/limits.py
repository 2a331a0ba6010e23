"""What a process may have little of (memory, stack, files, threads): how to ask for it, and what a refusal means."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap

from dedup.errors import SystemRefused

_NO_ACCESS = 0  # PROT_NONE, which takes addresses and no memory
SCARCE = {
    errno.ENOMEM: (resource.RLIMIT_AS, "memory", "-v", 1024),
    errno.EAGAIN: (resource.RLIMIT_NPROC, "processes and threads", "-u", 1),
    errno.EMFILE: (resource.RLIMIT_NOFILE, "open files", "-n", 1),
    errno.ENFILE: (resource.RLIMIT_NOFILE, "open files", "-n", 1),
}
"""By the number of the system's error: the limit, what it is of, the option of `ulimit` that shows it, and its unit."""


def refused(code: int, what: str) -> SystemRefused:
    """Return the error for a refusal by the system with this number."""
    if code == errno.EAGAIN and bounded():
        code = errno.ENOMEM  # for the stack of a thread
    limit, noun, option, unit = SCARCE[code]
    most = resource.getrlimit(limit)[0]
    known = "" if most == resource.RLIM_INFINITY else f"; its limit is {most // unit:,} (ulimit {option})"
    return SystemRefused(f"{what}: give this process more {noun}{known}")


@contextmanager
def spare(size: int, purpose: str) -> Iterator[None]:
    """Hold `size` bytes of addresses, so that what happens in the block leaves them for what comes after it.

    Raises:
        SystemRefused: this process may not have them.
    """
    try:
        held = mmap(-1, size, prot=_NO_ACCESS)
    except OSError as error:
        raise refused(errno.ENOMEM, f"{purpose} takes {size >> 20} MiB of memory that are not to be had") from error
    with held:
        yield


def stacked(size: int, purpose: str) -> None:
    """Make sure that this process may have a stack of `size` bytes: the system ends it where it needs more.

    Raises:
        SystemRefused: it may not.
    """
    most = resource.getrlimit(resource.RLIMIT_STACK)[0]
    if most != resource.RLIM_INFINITY and most < size:
        needs = f"{purpose} takes {size >> 10} KiB of stack that are not to be had"
        raise SystemRefused(f"{needs}: give this process more stack; its limit is {most >> 10:,} (ulimit -s)")


def bounded() -> bool:
    """Return whether this process may have less memory than there is."""
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY

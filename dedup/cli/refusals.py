"""What the system refused this process, said in one line instead of a traceback."""

import errno
import os
from collections.abc import Iterator

from dedup.errors import SystemRefused
from dedup.limits import SCARCE, bounded, refused

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_THREAD = "can't start new thread"


def told(error: BaseException) -> SystemRefused | None:
    """Return what an error says that the system refused; None if it is an error of another kind."""
    for cause in _causes(error):
        if isinstance(cause, SystemRefused):
            return cause
        code = _code(cause)
        if code in SCARCE:
            return refused(code, _line(cause))
        if code in _NO_ROOM:
            return SystemRefused(f"{_line(cause)}: free space, or write less")
    if isinstance(error, SystemError) and bounded():
        return refused(errno.ENOMEM, "no memory is left")  # nor was for a MemoryError, which CPython then forgets
    if isinstance(error, ImportError | OSError) and bounded():
        return refused(errno.ENOMEM, f"machine code cannot be loaded ({_line(error)})")
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> int:
    """Return the system's number of an error, which some packages only spell; 0 if it has none."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno:
        return error.errno
    said = str(error)
    return errno.EAGAIN if _NO_THREAD in said else next((code for code in SCARCE if os.strerror(code) in said), 0)


def _line(error: BaseException) -> str:
    """Return the last line of what an error says: NumPy puts advice of twenty lines before it."""
    said = str(error).strip().splitlines()
    return said[-1].strip() if said else "no memory is left"

"""Packages that only some commands need: their absence is one error that says what to install."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from dedup.errors import MissingExtra
from dedup.limits import bounded, refused


@contextmanager
def extra(name: str, user: str) -> Iterator[None]:
    """Turn a failed import in the block into an error with the command that mends it.

    Args:
        name: the extra that brings the packages imported in the block; empty for a dependency of the package itself.
        user: who needs them, as the message begins.

    Raises:
        MissingExtra: a package is not installed, or is and cannot be imported.
        SystemRefused: a package cannot be imported, and this process may have little memory.
    """
    try:
        yield
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError)
        if bounded() and not absent:
            raise refused(errno.ENOMEM, f"{user} needs a package that cannot be loaded ({error})") from error
        missing = f"{error.name}, which is not installed" if absent else f"a package that cannot be imported: {error}"
        wanted = f"'resembles[{name}]'" if name else error.name
        raise MissingExtra(f"{user} needs {missing}; pip install {wanted}") from error

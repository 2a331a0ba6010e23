"""Packages that only some commands need: their absence is one error that says what to install."""

import errno
import sys
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
        SystemExit: the same as MissingExtra, told, where Python still looks for the module of ours that it is to run.
    """
    try:
        yield
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError)
        if bounded() and not absent:
            raise refused(errno.ENOMEM, f"{user} needs a package that cannot be loaded ({error})") from error
        missing = f"{error.name}, which is not installed" if absent else f"a package that cannot be imported: {error}"
        wanted = f"'resembles[{name}]'" if name else error.name
        refusal = MissingExtra(f"{user} needs {missing}; pip install {wanted}")
        if _looked_for():  # nothing of ours runs yet that could catch it
            sys.stderr.write(f"error[{refusal.code}]: {refusal}\n")
            sys.exit(2)
        raise refusal from error


def _looked_for() -> bool:
    """Whether Python imports the packages of a module of ours that `python -m` is to run."""
    return sys.argv[:1] == ["-m"] and any(one.removeprefix("-m").startswith("dedup.") for one in sys.orig_argv)

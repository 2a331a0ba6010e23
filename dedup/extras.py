"""Packages that only some commands need: their absence is one error that says what to install."""

from collections.abc import Iterator
from contextlib import contextmanager

from dedup.errors import MissingExtra


@contextmanager
def extra(name: str, user: str) -> Iterator[None]:
    """Turn a failed import in the block into an error with the command that mends it.

    Args:
        name: the extra that brings the packages imported in the block; empty for a dependency of the package itself.
        user: who needs them, as the message begins.

    Raises:
        MissingExtra: a package is not installed, or is and cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError)
        missing = f"{error.name}, which is not installed" if absent else f"a package that cannot be imported: {error}"
        wanted = f"'resembles[{name}]'" if name else error.name
        raise MissingExtra(f"{user} needs {missing}; pip install {wanted}") from error

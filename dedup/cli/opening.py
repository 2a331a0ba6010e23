"""How commands come by an index."""

import os

import dedup
from dedup.engine import Index
from dedup.errors import InvalidInput


def open_index(url: str, *, create: bool = False, read_only: bool = False) -> Index:
    """Open the index, which must be there unless `create`."""
    return dedup.open(url, create=create, read_only=read_only)


def lasting(url: str) -> str:
    """Return the URL of an index that is to be written.

    Raises:
        InvalidInput: the index would be gone with the command.
    """
    if url == "memory:":
        raise InvalidInput("index memory: is gone when the command ends, with all that it is given; write lmdb:PATH")
    return url


def place_of(url: str) -> str:
    """Return what two URLs of the same index have in common: the folder, whatever path leads to it."""
    return url if "://" in url else os.path.realpath(url.removeprefix("lmdb:"))

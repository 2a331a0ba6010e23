"""What every kind of store checks in the same way: who may use an open index, and whether its header can be read."""

import os

from dedup import errors
from dedup.scheme import Scheme

LMDB_FORMAT, REDIS_FORMAT = 2, 1
"""Versions of what the stores write, held by the golden files in tests/golden/."""


class Session:
    """An index from opening to closing, usable by the process that opened it alone.

    Attributes:
        name: what messages call the index.
        read_only: whether it was opened for reading only.
    """

    def __init__(self, name: str, *, read_only: bool) -> None:
        """Begin, for this process."""
        self.name, self.read_only = name, read_only
        self._closed = False
        self._process = os.getpid()

    def to_read(self) -> None:
        """Refuse the index after a fork or after it was closed.

        Raises:
            StoreForked: another process opened the index, and this one is its fork.
            StoreClosed: the index was closed.
        """
        if self._process != os.getpid():
            raise errors.StoreForked(
                f"index {self.name} was opened by process {self._process}, of which this one is a fork; "
                "open it again in each process"
            )
        if self._closed:
            raise errors.StoreClosed(f"index {self.name} was closed; open it again")

    def to_write(self) -> None:
        """Refuse as `to_read` does, and an index that was opened for reading only (`StoreReadOnly`)."""
        self.to_read()
        if self.read_only:
            raise errors.StoreReadOnly(f"index {self.name} was opened for reading only; open it for writing")

    def end(self) -> bool:
        """Close; return whether this call has to release what the index holds: the first one, by the process itself."""
        first = not self._closed and self._process == os.getpid()
        self._closed = True
        return first


def read_header(name: str, version: int, newest: int, scheme: bytes, wanted: Scheme | None) -> Scheme:
    """Return the scheme of an index, given its header; `wanted` is the one it must have, None for any.

    All versions up to the `newest` that this package knows can be read.

    Whether the package has the scheme's fold table and hash is not asked here: a store knows nothing of texts.

    Raises:
        StoreTooNew: a newer version of this package wrote the index.
        StoreDamaged: the scheme is no scheme.
        SchemeMismatch: the index has another scheme than the wanted one.
    """
    if version > newest:
        raise errors.StoreTooNew(
            f"index {name} has format {version}, this version of the package reads {newest}; upgrade the package"
        )
    try:
        written = Scheme.from_json(scheme)
    except (ValueError, TypeError, errors.InvalidScheme) as error:
        raise errors.StoreDamaged(
            f"index {name}: its scheme cannot be read ({error}); "
            "restore it from a backup, or put its documents into a new index"
        ) from error
    if wanted and wanted not in (written, written.renewed()):
        raise errors.SchemeMismatch(
            f"index {name} was built with {written}, but {wanted} was asked for; "
            "open it with its own scheme, or build another index"
        )
    return written


def absent(name: str) -> errors.StoreUnreachable:
    """Return the error for an index that does not exist and is not to be created."""
    return errors.StoreUnreachable(f"{name} holds no index; put documents to create it, or correct the URL")


def exhausted(name: str) -> errors.StoreFull:
    """Return the error for an index that has used up its chunk numbers."""
    return errors.StoreFull(f"index {name} has given out all 2**32 chunk numbers; build a new index")

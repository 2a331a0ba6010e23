"""What an LMDB or system error means for an index."""

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import lmdb

from dedup.errors import (
    ResemblesError,
    StoreBusy,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from dedup.limits import SCARCE, refused

READERS = 1024  # not measured: 64 bytes a reader in the lock file


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn LMDB's and the system's errors into this package's."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise translate(error, name) from error
    except (struct.error, UnicodeDecodeError) as error:
        raise StoreDamaged(
            f"index {name} holds a record that nobody wrote ({error}); restore it from a backup"
        ) from error


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # EIO is LMDB's word for a write cut short by a full disk
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_DAMAGED = (
    lmdb.CorruptedError,
    lmdb.PageNotFoundError,
    lmdb.InvalidError,
    lmdb.VersionMismatchError,
    lmdb.BadTxnError,
)


def translate(error: lmdb.Error | OSError, name: str) -> ResemblesError:
    """Return the error of this package that says what `error` means for the index `name`."""
    code = error.code if isinstance(error, lmdb.Error) else error.errno
    if code in SCARCE:
        return refused(code, f"index {name}: {error}")
    if code in _FULL or isinstance(error, lmdb.MapFullError | lmdb.MapResizedError):
        return StoreFull(
            f"index {name}: no room left ({error}); nothing of this batch was written: free space, put it again"
        )
    if code in _READ_ONLY:
        return StoreReadOnly(f"index {name}: this process may not write it ({error}); change the permissions")
    if isinstance(error, _DAMAGED):
        return StoreDamaged(
            f"index {name} is damaged ({error}); restore it from a backup, or put its documents into a new index"
        )
    if isinstance(error, lmdb.ReadersFullError):
        return StoreBusy(f"index {name}: {READERS} readers are at work ({error}); try again later")
    return _unreachable(error, code, name)


def _unreachable(error: lmdb.Error | OSError, code: int | None, name: str) -> StoreError:
    if isinstance(error, lmdb.Error) and not code:
        return StoreClosed(f"index {name} was closed meanwhile ({error}); open it again")
    if code == errno.ENOENT:
        shown = name if name.startswith(("/", ".")) else f"./{name}"
        return StoreUnreachable(f"there is no index at {shown}; `dedup ingest PATH` makes one")
    if isinstance(error, lmdb.PanicError):
        return StoreUnreachable(
            f"index {name}: a write failed half way ({error}); nothing acknowledged was lost: close it, open it again"
        )
    return StoreUnreachable(f"index {name}: {error}; see that the folder is readable")

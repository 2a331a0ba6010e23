"""One LMDB environment for each index folder and process: found ours or refused, shared, locked, its errors named."""

import errno
import fcntl
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import lmdb

from dedup.errors import (
    StoreBusy,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

DATA, LOCK, WRITER = "data.mdb", "lock.mdb", "writer.lock"
_MAGIC = (0xBEEFC0DE).to_bytes(4, "little")
_LARGEST_MAP, _SMALLEST_MAP = 1 << 40, 1 << 26
_READERS = 1024
_POLL = 0.005

_opened: dict[tuple[int, int], "Environment"] = {}
_opening = threading.Lock()


def _forget_after_fork() -> None:
    """Let a child open what its parent has open: the parent's environments are of no use to it."""
    global _opening  # noqa: PLW0603 - a lock held by a thread that the child does not have would never be released
    _opened.clear()
    _opening = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


class Environment:
    """An open environment, shared by all stores of this process on the same folder.

    Attributes:
        path: the index folder.
        handle: LMDB's own.
        writable: whether this process may write the folder; if not, it is read without a lock.
    """

    def __init__(self, path: Path) -> None:
        """Open the folder, which `acquire` has found fit."""
        self.path = path
        self.writable = True
        self.users = 0
        try:
            self.handle = _map(path, readonly=False, lock=True)
        except lmdb.Error as error:
            if not isinstance(translate(error, path), StoreReadOnly):
                raise
            self.writable = False
            self.handle = _map(path, readonly=True, lock=False)
        self._refuse_truncated()

    def _refuse_truncated(self) -> None:
        """Refuse a data file that ends before its last page: reading on would kill the process with SIGBUS."""
        expected = (self.handle.info()["last_pgno"] + 1) * self.handle.stat()["psize"]
        actual = (self.path / DATA).stat().st_size
        if actual < expected:
            self.handle.close()
            raise StoreDamaged(
                f"index {self.path}: {DATA} has {actual} bytes where {expected} were written; restore it from a backup"
            )

    @contextmanager
    def reading(self) -> Iterator["lmdb.Transaction[memoryview]"]:
        """Read one state of the index, undisturbed by writers."""
        with translated(self.path), self.handle.begin(buffers=True) as txn:
            yield txn

    @contextmanager
    def writing(self, wait: float) -> Iterator["lmdb.Transaction[memoryview]"]:
        """Write one batch: durable when the block ends, undone if it raises.

        Raises:
            StoreReadOnly: if this process may not write the folder.
            StoreBusy: if another writer holds it for more than `wait` seconds.
        """
        if not self.writable:
            raise StoreReadOnly(f"index {self.path}: this process may not write the folder; change its permissions")
        with translated(self.path), writer_lock(self.path, wait):
            self.handle.reader_check()
            with self.handle.begin(write=True, buffers=True) as txn:
                yield txn

    def release(self) -> None:
        """Close the environment when its last user has released it."""
        with _opening:
            self.users -= 1
            if not self.users:
                for key in [key for key, opened in _opened.items() if opened is self]:
                    del _opened[key]
                self.handle.close()


def acquire(path: Path, *, create: bool) -> Environment:
    """Return the environment of an index folder, for one more user.

    Raises:
        StoreUnreachable: if there is no index and none is to be created, or the folder cannot be read.
        StoreForeign: if the folder holds something else; nothing is written into it.
        StoreDamaged: if the data file is cut short or no longer LMDB's.
    """
    with _opening, translated(path):
        _find(path, create=create)
        environment = _opened.get(_identity(path)) or Environment(path)
        environment.users += 1
        _opened[_identity(path)] = environment
        return environment


def _find(path: Path, *, create: bool) -> None:
    """Make sure that the folder is there and may be ours."""
    if create:
        path.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in path.iterdir()} - {"lost+found"}
    data = path / DATA
    begun = DATA in names and data.stat().st_size > 0
    if not begun and names - {DATA, LOCK, WRITER}:
        raise StoreForeign(f"{path} holds other files and no index; name another folder")
    if not begun and not create:
        raise StoreUnreachable(f"{path} holds no index; put documents to create it, or name another folder")
    if begun and not _is_lmdb(data):
        if WRITER in names:
            raise StoreDamaged(f"index {path}: the first pages of {DATA} are destroyed; restore it from a backup")
        raise StoreForeign(f"{data} is no LMDB file, so {path} is no index; name another folder")
    if begun and WRITER not in names:
        _refuse_strange_lmdb(path)


def _is_lmdb(data: Path) -> bool:
    with data.open("rb") as file:
        return file.read(20)[16:] in (_MAGIC, _MAGIC[::-1])


def _refuse_strange_lmdb(path: Path) -> None:
    """Look into an LMDB folder without a trace of ours, touching nothing: not even LMDB's lock file."""
    with _map(path, readonly=True, lock=False) as handle, handle.begin() as txn:
        strange = handle.stat()["entries"] > 0 and txn.get(b"resembles") is None
    if strange:
        raise StoreForeign(f"{path} is an LMDB folder of another program; name another folder")


def _identity(path: Path) -> tuple[int, int]:
    """Return device and inode of the data file: unlike a path or a folder's inode, unique while it is open."""
    try:
        status = (path / DATA).stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def _map(path: Path, *, readonly: bool, lock: bool) -> lmdb.Environment:
    """Map a folder's data file: 1 TiB of addresses, which cost nothing, or as many as this process may have."""
    size = _LARGEST_MAP
    while True:
        try:
            return lmdb.open(
                os.fspath(path),
                map_size=size,
                max_dbs=8,
                max_readers=_READERS,
                max_spare_txns=32,
                readonly=readonly,
                lock=lock,
                readahead=False,
            )
        except lmdb.MemoryError:
            if size == _SMALLEST_MAP:
                raise
            size //= 2


@contextmanager
def writer_lock(path: Path, wait: float) -> Iterator[None]:
    """Hold the folder's writer lock, which names its holder; a dead holder's is free at once."""
    descriptor = os.open(path / WRITER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + wait
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 20, 0).decode() or "unknown"
                raise StoreBusy(f"index {path}: process {holder} has been writing for over {wait:g} s; try again later")
            time.sleep(_POLL)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            fcntl.flock(
                descriptor, fcntl.LOCK_UN
            )  # a child forked meanwhile shares the lock; closing would not free it
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn LMDB's and the system's errors into this package's."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise translate(error, path) from error
    except (struct.error, UnicodeDecodeError) as error:
        raise StoreDamaged(
            f"index {path} holds a record that nobody wrote ({error}); restore it from a backup"
        ) from error


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_DAMAGED = (
    lmdb.CorruptedError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.InvalidError,
    lmdb.VersionMismatchError,
    lmdb.BadTxnError,
)


def translate(error: lmdb.Error | OSError, path: Path) -> StoreError:
    """Return the error of this package that says what `error` means for the index at `path`."""
    code = error.code if isinstance(error, lmdb.Error) else error.errno
    if code in _FULL or isinstance(error, lmdb.MapFullError | lmdb.MapResizedError):
        return StoreFull(f"index {path}: no room left ({error}); the batch was not written: free space, put it again")
    if code in _READ_ONLY:
        return StoreReadOnly(f"index {path}: this process may not write it ({error}); change the permissions")
    if isinstance(error, _DAMAGED):
        return StoreDamaged(f"index {path} is damaged ({error}); run `dedup check --repair`, or restore a backup")
    if isinstance(error, lmdb.ReadersFullError):
        return StoreBusy(f"index {path}: {_READERS} readers are at work ({error}); try again later")
    if isinstance(error, lmdb.Error) and not code:
        return StoreClosed(f"index {path} was closed meanwhile ({error}); open it again")
    return StoreUnreachable(f"index {path}: {error}; see that the folder is there and readable")

"""One LMDB environment for each index folder and process: found ours or refused, shared, locked, its errors named."""

import errno
import fcntl
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

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
from dedup.stores.lmdb_postings import PostingLevels

if TYPE_CHECKING:
    Transaction = lmdb.Transaction[memoryview]

DATA, LOCK, NEW_LOCK, WRITER = "data.mdb", "lock.mdb", "lock.mdb.new", "writer.lock"
_MAGIC = (0xBEEFC0DE).to_bytes(4, "little")
_LARGEST_MAP, _SMALLEST_MAP = 1 << 40, 1 << 26  # ADR 2: addresses, no memory
_READERS = 1024  # not measured: 64 bytes a reader in the lock file
_LOCK_BYTES = 128 + 64 * _READERS
_POLL = 0.001  # not measured: less than a commit, which syncs

_opened: dict[tuple[int, int], "Environment"] = {}
_opening = threading.Lock()


def _forget_after_fork() -> None:  # pragma: no cover - runs in children, which coverage does not follow
    """Let a child open what its parent has open: close its copies, which are of no use to it."""
    global _opening  # noqa: PLW0603 - a lock held by a thread that the child does not have would never be released
    for environment in _opened.values():
        environment.handle.close()
    _opened.clear()
    _opening = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


@dataclass(frozen=True, slots=True)
class Databases:
    """The named databases of an index."""

    documents: "lmdb._Database"
    ids: "lmdb._Database"
    postings: PostingLevels

    @classmethod
    def open(cls, handle: lmdb.Environment, txn: "Transaction | None", *, create: bool) -> Self:
        """Open the databases, or create them in `txn`."""
        documents, ids = (handle.open_db(name, txn, create=create) for name in (b"documents", b"ids"))
        return cls(documents, ids, PostingLevels.open(handle, txn, create=create))


class Environment:
    """An open environment, shared by all stores of this process on the same folder.

    Attributes:
        path: the index folder.
        handle: LMDB's own.
        read_only: whether it was opened for reading only.
        writable: whether it was not, and the folder's permissions allow writing.
        databases: once they have been opened.
        users: how many stores share it.
    """

    def __init__(self, path: Path, *, read_only: bool, wait: float) -> None:
        """Open the folder, which `acquire` has found fit."""
        self.path, self.read_only = path, read_only
        if not (path / LOCK).exists():
            _make_lock(path, wait)
        self.handle, self.writable = _open(path, read_only=read_only)
        self.databases: Databases | None = None
        self.users = 0
        self._opening = threading.Lock()
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

    def open_databases(self, wait: float) -> Databases:
        """Return the databases of a begun index.

        LMDB's handles last only if a transaction commits, which py-lmdb does for writing ones alone, unless the whole
        environment is for reading: so a writer waits its turn here.
        """
        with self._opening, translated(self.path):
            if self.databases is None:
                with writer_lock(self.path, wait) if self.writable else nullcontext():
                    self.databases = Databases.open(self.handle, None, create=False)
            return self.databases

    @contextmanager
    def reading(self) -> Iterator["Transaction"]:
        """Read one state of the index, undisturbed by writers."""
        with translated(self.path), self.handle.begin(buffers=True) as txn:
            yield txn

    @contextmanager
    def writing(self, wait: float) -> Iterator["Transaction"]:
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


def acquire(path: Path, *, create: bool, read_only: bool, wait: float) -> Environment:
    """Return the environment of an index folder, for one more user.

    Raises:
        StoreBusy: if this process has the folder open for reading only and now wants to write.
        StoreUnreachable: if there is no index and none is to be created, or the folder cannot be read.
        StoreForeign: if the folder holds something else; nothing is written into it.
        StoreDamaged: if the data file is cut short or no longer LMDB's.
    """
    with _opening, translated(path):
        try:
            if create:
                path.mkdir(parents=True, exist_ok=True)
            _examine(path, create=create)
        except (FileExistsError, NotADirectoryError) as error:
            raise StoreForeign(f"{error.filename} is no folder, so {path} is no index; name another folder") from error
        environment = _opened.get(_identity(path)) or Environment(path, read_only=read_only, wait=wait)
        if environment.read_only and not read_only:
            raise StoreBusy(f"index {path} is open for reading only in this process; close that store first")
        environment.users += 1
        _opened[_identity(path)] = environment
        return environment


def _examine(path: Path, *, create: bool) -> None:
    """Make sure that the folder holds an index, or may hold a new one, by reading alone."""
    try:
        names = {entry.name for entry in path.iterdir()} - {"lost+found"}
        begun = DATA in names and (path / DATA).stat().st_size > 0
        is_lmdb = begun and _is_lmdb(path / DATA)
    except PermissionError as error:
        raise StoreUnreachable(f"index {path}: this process may not read it ({error}); change permissions") from error
    if not begun and names - {DATA, LOCK, NEW_LOCK, WRITER}:
        raise StoreForeign(f"{path} holds other files and no index; name another folder")
    if not begun and not create:
        raise StoreUnreachable(f"{path} holds no index; put documents to create it, or name another folder")
    if begun and not is_lmdb:
        if WRITER in names:
            raise StoreDamaged(f"index {path}: the first pages of {DATA} are destroyed; restore it from a backup")
        raise StoreForeign(f"{path / DATA} is no LMDB file, so {path} is no index; name another folder")
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


def _make_lock(path: Path, wait: float) -> None:
    """Give LMDB a lock file with blocks of its own: it would map an empty one, and die of SIGBUS on a full disk."""
    with suppress(PermissionError), writer_lock(path, wait):
        if not (path / LOCK).exists():
            (path / NEW_LOCK).write_bytes(bytes(_LOCK_BYTES))
            (path / NEW_LOCK).replace(path / LOCK)


def _open(path: Path, *, read_only: bool) -> tuple[lmdb.Environment, bool]:
    """Open an environment as permissions allow: for writing, for reading, or for reading without LMDB's lock file.

    Returns:
        The environment, and whether it can be written.
    """
    if not read_only:
        with _suppress_read_only(path):
            return _map(path, readonly=False, lock=True), True
    with _suppress_read_only(path):
        return _map(path, readonly=True, lock=True), False
    return _map(path, readonly=True, lock=False), False


@contextmanager
def _suppress_read_only(path: Path) -> Iterator[None]:
    """Pass over an error that is about missing permission to write."""
    try:
        yield
    except lmdb.Error as error:
        if not isinstance(translate(error, path), StoreReadOnly):
            raise


def _map(path: Path, *, readonly: bool, lock: bool) -> lmdb.Environment:
    """Map a folder's data file: 1 TiB of addresses, which cost nothing, or as many as this process may have."""
    size = _LARGEST_MAP
    while True:
        try:
            return lmdb.open(
                os.fspath(path),
                map_size=size,
                max_dbs=4,
                max_readers=_READERS,
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
                holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
                raise StoreBusy(f"index {path}: process {holder} has been writing for over {wait:g} s; try again later")
            time.sleep(_POLL)
        os.pwrite(descriptor, b"%-20d" % os.getpid(), 0)  # never shorter: a full disk may give no new block
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


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # EIO is LMDB's word for a write cut short by a full disk
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
        return StoreFull(
            f"index {path}: no room left ({error}); nothing of this batch was written: free space, put it again"
        )
    if code in _READ_ONLY:
        return StoreReadOnly(f"index {path}: this process may not write it ({error}); change the permissions")
    if isinstance(error, _DAMAGED):
        return StoreDamaged(f"index {path} is damaged ({error}); run `dedup check --repair`, or restore a backup")
    if isinstance(error, lmdb.ReadersFullError):
        return StoreBusy(f"index {path}: {_READERS} readers are at work ({error}); try again later")
    if isinstance(error, lmdb.Error) and not code:
        return StoreClosed(f"index {path} was closed meanwhile ({error}); open it again")
    return StoreUnreachable(f"index {path}: {error}; see that the folder is there and readable")

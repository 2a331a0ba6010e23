"""One LMDB environment for each index folder and process, shared by its stores; or one in memory for a single store."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

import lmdb

from dedup.errors import StoreBusy, StoreForeign, StoreGone, StoreReadOnly
from dedup.stores.lmdb_faults import translated
from dedup.stores.lmdb_folder import (
    DATA,
    LOCK,
    examine,
    identity,
    make_data,
    make_lock,
    map_file,
    open_folder,
    sync_names,
    write_copy,
    writers_turn,
)
from dedup.stores.lmdb_postings import PostingLevels

if TYPE_CHECKING:
    Transaction = lmdb.Transaction[memoryview]

_COLUMNS = 3  # of LMDB's table of readers
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder of a random name is made in it
_opened: dict[tuple[int, int], "Environment"] = {}
_in_memory: WeakSet["Environment"] = WeakSet()  # one that is never closed goes with its last store
_opening = threading.Lock()


def _forget_after_fork() -> None:  # pragma: no cover - runs in children, which coverage does not follow
    """Let a child open what its parent has open: close its copies, which are of no use to it."""
    global _opening  # noqa: PLW0603 - a lock held by a thread that the child does not have would never be released
    for environment in (*_opened.values(), *_in_memory):
        environment.let_go()
    _opened.clear()
    _in_memory.clear()
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
    """An open environment, shared by all stores of this process on the same folder."""

    def __init__(
        self,
        name: str,
        handle: lmdb.Environment,
        turn: Callable[[float], AbstractContextManager[None]] | None,
        folder: Path | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Take over an open environment.

        Args:
            name: what messages call the index.
            handle: LMDB's own.
            turn: waits at most so many seconds for this process's turn to write; None where it may not write.
            folder: where it is, absolute; None in memory.
            read_only: whether it was opened for reading only.
        """
        self.name, self.handle, self.read_only = name, handle, read_only
        self.folder, self._identity = folder, identity(folder) if folder else None
        self._turn = turn
        self._databases: Databases | None = None
        self._users = 0
        self._opening = threading.Lock()
        self._under_way = set[object]()

    def open_databases(self, wait: float) -> Databases:
        """Return the databases of a begun index.

        Those that an index of format 1 does not have are made if it may be written.

        LMDB's handles last only if a transaction commits, which py-lmdb does for writing ones alone, unless the whole
        environment is for reading: so a writer waits its turn here.
        """
        with self._opening, translated(self.name):
            if self._databases is None:
                with self._turn(wait) if self._turn else nullcontext():
                    self._databases = Databases.open(self.handle, None, create=self._turn is not None)
            return self._databases

    @contextmanager
    def reading(self) -> Iterator["Transaction"]:
        """Read one state of the index, undisturbed by writers.

        Raises:
            StoreGone: if another index is in the folder now, or none.
        """
        with translated(self.name), self._noted(), self.handle.begin(buffers=True) as txn:
            self._require_place()
            yield txn

    @contextmanager
    def writing(self, wait: float) -> Iterator["Transaction"]:
        """Write one batch: durable when the block ends, undone if it raises.

        Raises:
            StoreReadOnly: if this process may not write the folder.
            StoreBusy: if another writer holds it for more than `wait` seconds.
            StoreGone: if another index is in the folder now, or none.
        """
        if not self._turn:
            raise StoreReadOnly(f"index {self.name}: this process may not write the folder; change its permissions")
        with translated(self.name):
            self._require_place()
            with self._turn(wait):
                self._require_place()
                self.handle.reader_check()
                with self._noted(), self.handle.begin(write=True, buffers=True) as txn:
                    yield txn

    def _require_place(self) -> None:
        """Refuse to go on in files that nobody else finds: the folder may have been moved, deleted or restored."""
        if self.folder and identity(self.folder) != self._identity:
            raise StoreGone(
                f"index {self.name} was deleted or moved while it was open, or another is in its place; open it again"
            )

    def oldest_reader(self) -> tuple[int, int]:
        """Return the process that reads the oldest state, and how many writes ago that was; 0, 0 if there is none."""
        with translated(self.name):
            last = self.handle.info()["last_txnid"]
            # a line for each reader: its process, its thread, and the last write that it sees or, between readings, `-`
            rows = [line.split() for line in self.handle.readers().splitlines()]
        seen = [(last - int(row[2]), int(row[0])) for row in rows if len(row) == _COLUMNS and row[2].isdecimal()]
        behind, process = max(seen, default=(0, 0))
        return (process, behind) if behind > 0 else (0, 0)

    def backup(self, folder: Path, beside: "Mapping[str, Environment]") -> None:
        """Write one state of the index into a new folder, without the pages that are free, and of those beside it.

        Raises:
            StoreForeign: the folder is there already, and not empty.
        """
        with translated(self.name), self._noted():
            write_copy(self.handle, folder, {name: one.handle for name, one in beside.items()})

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note that a transaction is under way."""
        mark = object()
        self._under_way.add(mark)
        try:
            yield
        finally:
            self._under_way.discard(mark)

    def let_go(self) -> None:
        """Close the copy of a forked child; keep it for ever if a thread of the parent was at work on it.

        py-lmdb waits until all transactions have ended before it closes or frees an environment, and a thread that the
        child does not have ends none.
        """
        if self._under_way:
            import ctypes  # noqa: PLC0415 - only in such a child

            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.handle))
        else:
            self.handle.close()

    def join(self) -> Self:
        """Count one more store that uses the environment."""
        self._users += 1
        return self

    def release(self) -> None:
        """Close the environment when its last user has released it."""
        with _opening:
            self._users -= 1
            if not self._users:
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
    with _opening, translated(str(path)):
        try:
            if create:
                path.mkdir(parents=True, exist_ok=True)
            examine(path, create=create)
        except (FileExistsError, NotADirectoryError) as error:
            raise StoreForeign(f"{error.filename} is no folder, so {path} is no index; name another folder") from error
        environment = _opened.get(identity(path)) or _in_folder(path, create=create, read_only=read_only, wait=wait)
        if environment.read_only and not read_only:
            raise StoreBusy(f"index {path} is open for reading only in this process; close that store first")
        _opened[identity(path)] = environment
        return environment.join()


def _in_folder(path: Path, *, create: bool, read_only: bool, wait: float) -> Environment:
    if create and not (path / DATA).exists():
        make_data(path, wait)
    if not (path / LOCK).exists():
        make_lock(path, wait)
    handle, writable = open_folder(path, read_only=read_only)
    if writable and not handle.stat()["entries"]:
        sync_names(path)
    place = path.resolve()  # the working folder may change
    turn = partial(writers_turn, place) if writable else None
    return Environment(str(path), handle, turn, place, read_only=read_only)


def acquire_in_memory() -> Environment:
    """Return a new environment for a single store, whose files have no name: the system frees them with the process.

    On Linux the files are pages of memory from the start (`memfd_create`), which neither the size of /dev/shm nor that
    of a disk bounds; LMDB, which opens paths, follows links to them. Elsewhere they are temporary files, unlinked as
    soon as they are open. docs/adr/0007-memory-index.md has the figures.
    """
    name = "memory:"
    files: list[int] = []
    with translated(name):
        try:
            with TemporaryDirectory(dir=_SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None) as folder:
                for file in (DATA, LOCK) if hasattr(os, "memfd_create") else ():
                    files.append(os.memfd_create(file))
                    Path(folder, file).symlink_to(f"/proc/self/fd/{files[-1]}")
                handle = map_file(Path(folder), sync=False, metasync=False)
        finally:
            for descriptor in files:
                os.close(descriptor)
    environment = Environment(name, handle, lambda _: nullcontext())
    _in_memory.add(environment)
    return environment.join()

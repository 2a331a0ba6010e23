"""The folder of an LMDB index: examined before it is touched, opened as permissions allow, locked by one writer."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import lmdb

from dedup.errors import StoreBusy, StoreDamaged, StoreForeign, StoreReadOnly, StoreUnreachable
from dedup.limits import spare
from dedup.stores.lmdb_faults import READERS, translate
from dedup.stores.lmdb_meta import damage, guarded
from dedup.stores.session import absent

DATA, LOCK, WRITER = "data.mdb", "lock.mdb", "writer.lock"
NEW_DATA, NEW_LOCK = "data.mdb.new", "lock.mdb.new"
_MAGIC = (0xBEEFC0DE).to_bytes(4, "little")
_LARGEST_MAP, _SMALLEST_MAP = 1 << 40, 1 << 26  # ADR 2: addresses, no memory
_SPARE = 1 << 26  # not measured: what a command takes beside the map; a text file is read into so much
_LOCK_BYTES = 128 + 64 * READERS
_POLL = 0.001  # not measured: less than a commit, which syncs


def examine(path: Path, *, create: bool) -> None:
    """Make sure that the folder holds an index, or may hold a new one, by reading alone."""
    try:
        names = {entry.name for entry in path.iterdir()} - {"lost+found"}
        begun = DATA in names and (path / DATA).stat().st_size > 0
        is_lmdb = begun and _is_lmdb(path / DATA)
    except PermissionError as error:
        raise StoreUnreachable(f"index {path}: this process may not read it ({error}); change permissions") from error
    if not begun and names - {DATA, LOCK, NEW_DATA, NEW_LOCK, WRITER}:
        raise StoreForeign(f"{path} holds other files and no index; name another folder")
    if not begun and not create:
        raise absent(str(path))
    if begun and not is_lmdb:
        if WRITER in names:
            raise StoreDamaged(f"index {path}: the first pages of {DATA} are destroyed; restore it from a backup")
        raise StoreForeign(f"{path / DATA} is no LMDB file, so {path} is no index; name another folder")
    if said := damage(path / DATA) if begun else "":
        raise StoreDamaged(f"index {path}: {DATA} is damaged ({said}); restore it from a backup")
    if begun and WRITER not in names:
        _refuse_strange_lmdb(path)


def _is_lmdb(data: Path) -> bool:
    with data.open("rb") as file:
        return file.read(20)[16:] in (_MAGIC, _MAGIC[::-1])


def _refuse_strange_lmdb(path: Path) -> None:
    """Look into an LMDB folder without a trace of ours, touching nothing: not even LMDB's lock file."""
    with map_file(path, readonly=True, lock=False) as handle, handle.begin() as txn:
        strange = handle.stat()["entries"] > 0 and txn.get(b"resembles") is None
    if strange:
        raise StoreForeign(f"{path} is an LMDB folder of another program; name another folder")


def identity(path: Path) -> tuple[int, int]:
    """Return device and inode of the data file: unlike a path or a folder's inode, unique while it is open."""
    try:
        status = (path / DATA).stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def make_lock(path: Path, wait: float) -> None:
    """Give LMDB a lock file with blocks of its own: it would map an empty one, and die of SIGBUS on a full disk."""
    with suppress(PermissionError), writer_lock(path, wait):
        if not (path / LOCK).exists():
            (path / NEW_LOCK).write_bytes(bytes(_LOCK_BYTES))
            (path / NEW_LOCK).replace(path / LOCK)


def make_data(path: Path, wait: float) -> None:
    """Give LMDB a data file whose first pages are whole: those that it writes itself a power cut may tear."""
    with suppress(PermissionError), writer_lock(path, wait):
        if not (path / DATA).exists():
            (path / NEW_DATA).unlink(missing_ok=True)
            with map_file(path / NEW_DATA, subdir=False, lock=False) as handle:
                handle.sync(force=True)
            (path / NEW_DATA).replace(path / DATA)


def sync_names(path: Path) -> None:
    """Make sure of the folder's files and of the folders above: LMDB syncs a file, POSIX not its name."""
    for folder in (path.resolve(), *path.resolve().parents):
        with suppress(PermissionError):
            _sync(folder)


def open_folder(path: Path, *, read_only: bool) -> tuple[lmdb.Environment, bool]:
    """Open an environment as permissions allow: for writing, for reading, or for reading without LMDB's lock file.

    Returns:
        The environment, and whether it can be written.
    """
    if not read_only:
        with _suppress_read_only(path):
            return map_file(path), True
    with _suppress_read_only(path):
        return map_file(path, readonly=True), False
    return map_file(path, readonly=True, lock=False), False


@contextmanager
def _suppress_read_only(path: Path) -> Iterator[None]:
    """Pass over an error that is about missing permission to write."""
    try:
        yield
    except lmdb.Error as error:
        if not isinstance(translate(error, str(path)), StoreReadOnly):
            raise


def map_file(path: Path, *, readonly: bool = False, lock: bool = True, **options: bool) -> lmdb.Environment:
    """Map a folder's data file: 1 TiB of addresses, which cost nothing, or as many as leave a process room to work."""
    size = _LARGEST_MAP
    while True:
        try:
            with spare(_SPARE, f"work beside the index {path}"):
                return lmdb.open(
                    os.fspath(path),
                    map_size=size,
                    max_dbs=7,
                    max_readers=READERS,
                    readonly=readonly,
                    lock=lock,
                    readahead=False,
                    **options,
                )
        except (lmdb.MemoryError, lmdb.InvalidParameterError):  # the latter under valgrind
            if size == _SMALLEST_MAP:
                raise
            size //= 2


def write_copy(handle: lmdb.Environment, folder: Path, within: Mapping[str, lmdb.Environment]) -> None:
    """Write one state of an environment beside a folder that is to be, and give it that name when it is durable.

    Args:
        handle: the environment.
        folder: the folder.
        within: environments of which a state goes into a folder of that name in it; they are copied first.

    Raises:
        StoreForeign: the folder is there already, and not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreForeign(f"{folder} is there already; name a new folder for the backup")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, one in within.items():
            (unfinished / name).mkdir()
            _copy(one, unfinished / name)
        _copy(handle, unfinished)
        unfinished.replace(folder)
        _sync(folder.parent)
    except BaseException:
        rmtree(unfinished, ignore_errors=True)
        raise


def _copy(handle: lmdb.Environment, folder: Path) -> None:
    handle.copy(os.fspath(folder), compact=True)
    _sync(folder / DATA)
    _sync(folder)


def _sync(path: Path) -> None:
    """Make what a file or folder holds durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def writers_turn(path: Path, wait: float) -> Iterator[None]:
    """Hold the folder's writer lock, and keep the data file whole whatever becomes of what is written."""
    with writer_lock(path, wait), guarded(path / DATA):
        yield


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

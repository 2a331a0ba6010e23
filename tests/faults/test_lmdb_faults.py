"""LMDB when the disk, the permissions, other processes or the file itself fail: real faults, a clear error, no loss."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import lmdb
import numpy as np
import pytest

from dedup.errors import (
    StoreBusy,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreReadOnly,
    StoreTooNew,
    StoreUnreachable,
)
from dedup.stores import lmdb_postings
from dedup.stores.base import Buckets, Entry, Stored
from dedup.stores.lmdb import LMDBStore
from dedup.stores.lmdb_environment import LOCK, WRITER, writer_lock

NOBODY = 65534


def postings(number: int) -> tuple[Buckets, ...]:
    """Return the buckets of the document with that number for an id."""
    return (np.random.default_rng(number).integers(0, 2**64, 50, dtype=np.uint64),)


def entries(first: int, end: int, payload: int = 2000) -> list[Entry]:
    """Return documents whose content follows from their number."""
    return [
        Entry(str(number), number.to_bytes(16, "big"), np.random.default_rng(number).bytes(payload), postings(number))
        for number in range(first, end)
    ]


def own(stored: Stored) -> tuple[Buckets, ...]:
    """Return what a document's buckets should be."""
    return postings(int(stored.id))


def is_whole(store: LMDBStore, documents: int) -> bool:
    """Whether the index holds exactly the first documents, each found by all its buckets, and nothing else."""
    for entry in entries(0, documents):
        (stored,) = store.get([entry.id])
        found = store.lookup(entry.postings[0], 64)
        if not stored or stored.payload != entry.payload or not (found.numbers == stored.number).all():
            return False
    report = store.check(own, repair=False)
    return report.sound and (report.documents, report.postings) == (documents, 50 * documents)


def run(program: str, *args: object) -> str:
    """Run a Python program with this package, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, args)], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    """Lower a limit of this process for a while."""
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user without rights for a while (a test run as one already is)."""
    before = os.geteuid()
    if not before:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A closed index of ten documents."""
    folder = tmp_path / "index"
    with opened(folder, create=True) as store:
        store.put(entries(0, 10))
    return folder


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter, with a closed index of ten documents in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with opened(folder / "index", create=True) as store:
        store.put(entries(0, 10))
    yield folder / "index"
    folder.chmod(0o755)
    (folder / "index").chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def opened(folder: Path, *, create: bool = False, wait: float = 30) -> Iterator[LMDBStore]:
    """Open an index and close it in the end."""
    store = LMDBStore(folder, create=create, wait=wait)
    try:
        yield store
    finally:
        store.close()


def fill(store: LMDBStore, first: int, payload: int = 2000) -> int:
    """Put batches of ten documents until the store is full, and return how many documents were acknowledged."""
    for start in range(first, 10_000, 10):
        try:
            store.put(entries(start, start + 10, payload))
        except StoreFull as error:
            assert "put it again" in str(error)  # noqa: PT017 - it comes sooner or later
            return start
    raise AssertionError("the store was never full")


def test_file_that_may_not_grow_is_a_full_store(index: Path) -> None:
    """When the file may not grow, the batch is refused whole, reading goes on, and the same batch goes in later."""
    most = (index / "data.mdb").stat().st_size + 500_000
    with opened(index) as store:
        with limited(resource.RLIMIT_FSIZE, most):
            acknowledged = fill(store, 10)
            assert is_whole(store, acknowledged)
        assert acknowledged > 10
        store.put(entries(acknowledged, acknowledged + 10))
        assert is_whole(store, acknowledged + 10)
    with opened(index) as store:
        assert is_whole(store, acknowledged + 10)


def test_full_disk_is_a_full_store(tmp_path: Path) -> None:
    """On a disk without room the batch is refused whole, and the index still opens, is sound and answers."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path], check=False)  # noqa: S607 - from PATH
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        with opened(tmp_path / "index", create=True) as store:
            acknowledged = fill(store, 0)
            assert is_whole(store, acknowledged)
        with opened(tmp_path / "index") as store:
            assert is_whole(store, acknowledged)
            assert fill(store, acknowledged) == acknowledged
        (tmp_path / "other").write_bytes(b"")
        with (tmp_path / "other").open("wb") as rest, suppress(OSError):
            rest.write(bytes(8 << 20))
        with pytest.raises(StoreFull):
            LMDBStore(tmp_path / "second", create=True)
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)  # noqa: S607 - from PATH


def test_few_addresses_make_a_smaller_map_not_a_failure(index: Path) -> None:
    """A process with a limit on its addresses still reads and writes; when the map is full, nothing is lost."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    with limited(resource.RLIMIT_AS, used + (180 << 20)), opened(index) as store:
        assert 64 << 20 <= store._environment.handle.info()["map_size"] <= 128 << 20
        acknowledged = fill(store, 10, payload=400_000)
        assert acknowledged > 10
        assert store.stats().documents == acknowledged
        assert store.check(own, repair=False).sound
    with limited(resource.RLIMIT_AS, used + (32 << 20)), pytest.raises(StoreUnreachable):
        LMDBStore(index)
    with opened(index) as store:
        store.put(entries(acknowledged, acknowledged + 10))
        assert store.stats().documents == acknowledged + 10


def test_read_only_folder_is_read_and_never_written(public: Path) -> None:
    """In a folder that may not be written an index opens and answers as usual; a write is refused."""
    before = {path.name: path.stat().st_mtime_ns for path in public.iterdir()}
    with nobody():
        for read_only in (False, True):
            store = LMDBStore(public, read_only=read_only)
            assert is_whole(store, 10)
            with pytest.raises(StoreReadOnly):
                store.put(entries(10, 11))
            store.close()
    assert {path.name: path.stat().st_mtime_ns for path in public.iterdir()} == before


def test_folder_that_may_not_be_made_or_read_is_an_error(public: Path) -> None:
    """Creating where writing is forbidden, and opening where reading is, each say so."""
    with nobody(), pytest.raises(StoreReadOnly):
        LMDBStore(public.parent / "other", create=True)
    public.chmod(0o000)
    with nobody(), pytest.raises(StoreUnreachable, match="may not read"):
        LMDBStore(public)


def test_empty_folder_that_may_not_be_written_is_an_error(public: Path) -> None:
    """A new index in an existing folder without permission is refused."""
    (public.parent / "empty").mkdir()
    with nobody(), pytest.raises(StoreError):
        LMDBStore(public.parent / "empty", create=True)
    assert list((public.parent / "empty").iterdir()) == []


HOLDER = """
import sys, time
from pathlib import Path
from dedup.stores.lmdb_environment import writer_lock
with writer_lock(Path(sys.argv[1]), 10):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    """Start a process that holds the writer's lock for some time."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_second_writer_waits_then_is_told_who_writes(index: Path) -> None:
    """A writer waits its time, then names who writes; reading never waits; a dead writer's lock is free."""
    with opened(index, wait=0.2) as store, hold(index, 60) as holder:
        start = time.monotonic()
        with pytest.raises(StoreBusy, match=f"process {holder.pid} "):
            store.put(entries(10, 11))
        assert time.monotonic() - start > 0.2
        assert store.get(["1"])[0] is not None
        run("import sys; from dedup.stores.lmdb import LMDBStore; LMDBStore(sys.argv[1], read_only=True)", index)
        holder.kill()
        holder.wait()
        assert store.put(entries(10, 11))[0].status == "put"


def test_second_writer_goes_on_when_the_first_is_done(index: Path) -> None:
    """A writer that waits long enough gets its turn."""
    with opened(index) as store, hold(index, 0.3):
        assert store.put(entries(10, 11))[0].status == "put"


def test_reader_that_turns_writer_is_told_to_close_first(index: Path) -> None:
    """One process cannot have the same folder open for reading only and, again, for writing."""
    reader = LMDBStore(index, read_only=True)
    with pytest.raises(StoreBusy, match="close"):
        LMDBStore(index)
    reader.close()
    with opened(index) as store:
        assert is_whole(store, 10)


def test_two_stores_share_the_folder_in_one_process(index: Path) -> None:
    """Stores on the same folder see each other's writes, and closing one leaves the other open."""
    with opened(index) as one:
        with opened(index.parent / ".." / index.parent.name / "index") as other:
            other.put(entries(10, 11))
        assert is_whole(one, 11)
        one.put(entries(11, 12))
    with pytest.raises(StoreClosed):
        one.get(["1"])


def test_folder_made_anew_is_another_index(index: Path) -> None:
    """A folder deleted and made again while the old one is open is a new index, not the old."""
    with opened(index) as old:
        shutil.rmtree(index)
        with opened(index, create=True) as new:
            assert new.stats().documents == 0
            new.put(entries(0, 3))
        assert old.stats().documents == 10


FORK = """
import os, sys
from dedup.errors import StoreForked
from dedup.stores.lmdb import LMDBStore
store = LMDBStore(sys.argv[1])
child = os.fork()
if not child:
    try:
        store.get(["1"])
    except StoreForked as error:
        assert str(os.getppid()) in str(error)
        store.close()
        again = LMDBStore(sys.argv[1])
        again.remove(["2"])
        again.close()
        del store, again
        os._exit(7)
    os._exit(1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(code, store.get(["1"])[0].id, store.get(["2"]), len(store.remove(["3"])))
"""


def test_store_is_not_used_after_a_fork(index: Path) -> None:
    """A child may not use its parent's store, may open its own, and the parent's goes on working."""
    assert run(FORK, index) == "7 1 [None] 1"


def test_fork_is_noticed_by_the_process_id(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that another process opened refuses to answer, and answers again where it was opened."""
    store = LMDBStore(index)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_pid", os.getpid() + 1)
        with pytest.raises(StoreError, match="fork"):
            store.stats()
    assert store.stats().documents == 10
    store.close()


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return all that a folder holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A folder with other files, with another program's LMDB, or a file, is refused, and not a byte is changed."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "notes.txt").write_text("mine")
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "data.mdb").write_bytes(b"not LMDB at all" * 1000)
    with lmdb.open(str(tmp_path / "lmdb")) as other, other.begin(write=True) as txn:
        txn.put(b"key", b"value")
    (tmp_path / "lmdb" / "lock.mdb").unlink()
    (tmp_path / "file").write_text("mine")
    before = snapshot(tmp_path)
    for name in ("files", "named", "lmdb", "file", "file/below"):
        for create in (False, True):
            with pytest.raises(StoreForeign, match=name):
                LMDBStore(tmp_path / name, create=create)
    assert snapshot(tmp_path) == before


def test_data_file_alone_is_an_index(index: Path, tmp_path: Path) -> None:
    """A copy of the data file without the lock files opens like the index itself."""
    (tmp_path / "copy").mkdir()
    shutil.copy(index / "data.mdb", tmp_path / "copy")
    with opened(tmp_path / "copy") as store:
        assert is_whole(store, 10)


def test_interrupted_creation_is_taken_up(tmp_path: Path) -> None:
    """A folder where a creation was killed, before or after LMDB's first pages, is no index, and can become one."""
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "data.mdb").touch()
    lmdb.open(str(tmp_path / "late")).close()
    for name in ("early", "late"):
        with pytest.raises(StoreUnreachable, match="no index"):
            LMDBStore(tmp_path / name)
        with opened(tmp_path / name, create=True) as store:
            store.put(entries(0, 3))
            assert is_whole(store, 3)


def test_two_processes_create_the_same_index(tmp_path: Path) -> None:
    """Of processes that create the same index at once, one begins it and the others take it as it is."""
    program = "import sys; from dedup.stores.lmdb import LMDBStore; LMDBStore(sys.argv[1], create=True).remove(['x'])"
    (tmp_path / "index").mkdir()
    with hold(tmp_path / "index", 60) as holder:
        others = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "index")]) for _ in range(3)]
        time.sleep(1)
        holder.kill()
        assert [other.wait(30) for other in others] == [0, 0, 0]
    with opened(tmp_path / "index") as store:
        assert store.stats().documents == 0


def test_lock_file_made_meanwhile_is_kept(index: Path) -> None:
    """A lock file that another process made while this one waited its turn is used, not replaced."""
    (index / LOCK).unlink()
    with ThreadPoolExecutor(1) as pool:
        with writer_lock(index, 1):
            opening = pool.submit(LMDBStore, index)
            time.sleep(0.2)
            (index / LOCK).write_bytes(bytes(100_000))
            made = (index / LOCK).stat().st_ino
        store = opening.result(10)
    assert is_whole(store, 10)
    assert (index / LOCK).stat().st_ino == made
    store.close()


def test_newer_format_is_refused(index: Path) -> None:
    """An index of a newer format asks for an upgrade, and is not touched."""
    with lmdb.open(str(index)) as handle, handle.begin(write=True) as txn:
        txn.put(b"resembles", b"2")
    before = (index / "data.mdb").read_bytes()
    with pytest.raises(StoreTooNew, match="upgrade"):
        LMDBStore(index)
    assert (index / "data.mdb").read_bytes() == before


def test_cut_file_is_damaged(index: Path) -> None:
    """A data file that is shorter than what was written is refused at once: reading it would kill the process."""
    data = index / "data.mdb"
    os.truncate(data, data.stat().st_size - 4096)
    with pytest.raises(StoreDamaged, match="restore"):
        LMDBStore(index)
    data.write_bytes(bytes(data.stat().st_size))
    with pytest.raises(StoreDamaged, match="first pages"):
        LMDBStore(index)


READ_ALL = """
import sys
import numpy as np
from dedup.errors import StoreError
from dedup.stores.lmdb import LMDBStore
try:
    store = LMDBStore(sys.argv[1])
    own = lambda stored: (np.random.default_rng(int(stored.id)).integers(0, 2**64, 50, dtype=np.uint64),)
    report = store.check(own, repair=False)
    print(report.sound, len(list(store.scan())))
except StoreError as error:
    print(error.code)
"""


def test_overwritten_page_is_damage_not_a_crash(index: Path) -> None:
    """Whichever page is overwritten, reading all of the index says damaged, or the page was not in use."""
    data = (index / "data.mdb").read_bytes()
    pages = len(data) // 4096
    said = []
    for page in {*range(2, pages, pages // 6), pages - 1}:
        (index / "data.mdb").write_bytes(data[: page * 4096] + b"\xff" * 4096 + data[(page + 1) * 4096 :])
        said.append(run(READ_ALL, index))
    assert set(said) <= {"store_damaged", "True 10"}
    assert "store_damaged" in said


def test_records_that_nobody_wrote_are_damage(index: Path) -> None:
    """An id without a document, and a document cut short, are reported as damage."""
    with lmdb.open(str(index), max_dbs=4) as handle:
        documents = handle.open_db(b"documents")
        with handle.begin(write=True) as txn:
            txn.delete((3).to_bytes(4, "big"), db=documents)
            txn.put((5).to_bytes(4, "big"), b"short", db=documents)
    with opened(index) as store:
        for name in ("3", "5"):
            with pytest.raises(StoreDamaged, match="backup"):
                store.get([name])
        assert store.get(["4"])[0] is not None


def test_numbers_that_run_out_fill_the_store(index: Path) -> None:
    """When all chunk numbers have been given out, a put is refused and nothing is written."""
    with lmdb.open(str(index), max_dbs=4) as handle, handle.begin(write=True) as txn:
        txn.put(b"state", (2**32 - 1).to_bytes(8, "big") + txn.get(b"state", b"")[8:])
    with opened(index) as store:
        assert store.put(entries(10, 11))[0].status == "put"
        with pytest.raises(StoreFull, match="new index"):
            store.put(entries(11, 12))
        assert is_whole(store, 11)


def test_more_readers_than_slots_is_busy(index: Path) -> None:
    """When every reader's slot is taken, one more reader is told to come later, and is served then."""
    with opened(index) as store:
        handle = store._environment.handle
        readers = [handle.begin() for _ in range(handle.max_readers())]
        with pytest.raises(StoreBusy, match="readers"):
            store.get(["1"])
        readers.pop().abort()
        assert store.get(["1"])[0] is not None


def test_environment_closed_under_a_store_is_a_closed_store(index: Path) -> None:
    """A call that comes after another thread's close says that the index was closed."""
    store = LMDBStore(index)
    store._environment.handle.close()
    with pytest.raises(StoreClosed):
        store.get(["1"])
    store.close()


NEW_DOCUMENT = """
import sys
from dedup.stores.lmdb import LMDBStore
store = LMDBStore(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(store.get([line.strip()])[0] is not None, flush=True)
"""


def test_reader_in_another_process_sees_each_new_document(index: Path) -> None:
    """A process that has the index open finds what another acknowledged, at its next call."""
    with (
        opened(index) as store,
        subprocess.Popen(
            [sys.executable, "-c", NEW_DOCUMENT, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as reader,
    ):
        assert reader.stdin is not None
        assert reader.stdout is not None
        for number in range(10, 30):
            store.put(entries(number, number + 1))
            for asked, known in ((number, True), (number + 1, False)):
                reader.stdin.write(f"{asked}\n")
                reader.stdin.flush()
                assert reader.stdout.readline() == f"{known}\n"
        reader.stdin.close()


def test_check_walks_in_parts_and_compares_in_batches(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check with little memory, part by part, mends what one with much would."""
    monkeypatch.setattr(lmdb_postings, "_WALK", 64)
    monkeypatch.setattr("dedup.stores.lmdb_check._SUSPECT_POSTINGS", 60)
    with opened(index) as store:
        for name in ("2", "7", "9"):
            (stored,) = store.get([name])
            assert stored is not None
            store.withdraw([(stored.number, postings(int(name))[0][:5])])
        report = store.check(own, repair=True)
        assert (report.missing, report.orphans, report.postings) == (15, 0, 485)
        assert is_whole(store, 10)


def test_writers_lock_names_its_last_holder(index: Path) -> None:
    """The lock file holds the process id of who wrote last, and nothing else."""
    assert int((index / WRITER).read_text()) == os.getpid()

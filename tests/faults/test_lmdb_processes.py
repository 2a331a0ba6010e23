"""LMDB among other processes, threads and stores on the same folder: each waits, is told, or sees what was written."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults.indexes import entries, is_whole, opened, own, run
from waiting import until

from dedup.errors import (
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreGone,
)
from dedup.stores.lmdb import LMDBStore
from dedup.stores.lmdb_folder import LOCK, WRITER, writer_lock

HOLDER = """
import sys, time
from pathlib import Path
from dedup.stores.lmdb_folder import writer_lock
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


def lock_holders(folder: Path, pid: int) -> int:
    """Return how many times a process has the writer's lock file open: it holds the lock, or waits for it."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    return sum(os.path.realpath(link) == str((folder / WRITER).resolve()) for link in links)


def test_second_writer_waits_then_is_told_who_writes(index: Path) -> None:
    """A writer waits its time, then names who writes; reading never waits; a dead writer's lock is free."""
    with opened(index, wait=0.2) as store, hold(index, 60) as holder:
        start = time.monotonic()
        with pytest.raises(StoreBusy, match=f"process {holder.pid} "):
            store.put(entries(10, 11), own)
        assert time.monotonic() - start > 0.2
        assert store.get(["1"])[0] is not None
        run("import sys; from dedup.stores.lmdb import LMDBStore; LMDBStore(sys.argv[1], read_only=True)", index)
        holder.kill()
        holder.wait()
        assert store.put(entries(10, 11), own)[0] == "put"


def test_second_writer_goes_on_when_the_first_is_done(index: Path) -> None:
    """A writer that waits long enough gets its turn."""
    with opened(index) as store, hold(index, 0.3):
        assert store.put(entries(10, 11), own)[0] == "put"


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
            other.put(entries(10, 11), own)
        assert is_whole(one, 11)
        one.put(entries(11, 12), own)
    with pytest.raises(StoreClosed):
        one.get(["1"])


def test_folder_made_anew_is_another_index(index: Path) -> None:
    """A folder deleted and made again while the old one is open is a new index, not the old."""
    with opened(index) as old:
        shutil.rmtree(index)
        with opened(index, create=True) as new:
            assert new.stats().documents == 0
            new.put(entries(0, 3), own)
        with pytest.raises(StoreGone):
            old.stats()


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
        again.remove(["2"], lambda _: [])
        again.close()
        del store, again
        os._exit(7)
    os._exit(1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(code, store.get(["1"])[0].id, store.get(["2"]), sum(store.remove(["3"], lambda _: [])))
"""


def test_store_is_not_used_after_a_fork(index: Path) -> None:
    """A child may not use its parent's store, may open its own, and the parent's goes on working."""
    assert run(FORK, index) == "7 1 [None] 1"


BUSY = """
import os, sys, threading, time
import dedup
index = dedup.open("memory:" if sys.argv[1] == "memory:" else "lmdb:" + sys.argv[1] + "-busy")
text = " ".join(f"word{i} of the text" for i in range(200))
index.put([dedup.Document(str(i), f"{i} {text}") for i in range(20)])
ended = threading.Event()
def work():
    while not ended.is_set():
        index.resemble(text)
threads = [threading.Thread(target=work) for _ in range(2)]
for one in threads:
    one.start()
for _ in range(25):
    child = os.fork()
    if not child:
        os._exit(7)
    end = time.monotonic() + 20
    while not (status := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, 9)
            os._exit(1)
        time.sleep(0.001)
    assert os.waitstatus_to_exitcode(status[1]) == 7
ended.set()
for one in threads:
    one.join()
print(len(index.resemble(text)))
"""


@pytest.mark.parametrize("kind", ["folder", "memory:"])
def test_a_fork_amid_look_ups_does_not_hang(index: Path, kind: str) -> None:
    """A child forked while threads of its parent read the index lives, and the parent goes on."""
    assert run(BUSY, index if kind == "folder" else Path(kind)) == "10"


def test_fork_is_noticed_by_the_process_id(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that another process opened refuses to answer, and answers again where it was opened."""
    store = LMDBStore(index)
    with monkeypatch.context() as patch:
        patch.setattr(store._session, "_process", os.getpid() + 1)
        with pytest.raises(StoreError, match="fork"):
            store.stats()
    assert store.stats().documents == 10
    store.close()


def test_two_processes_create_the_same_index(tmp_path: Path) -> None:
    """Of processes that create the same index at once, one begins it and the others take it as it is."""
    program = (
        "import sys; from dedup.stores.lmdb import LMDBStore; LMDBStore(sys.argv[1], create=True).remove(['x'], None)"
    )
    (tmp_path / "index").mkdir()
    with hold(tmp_path / "index", 60) as holder:
        others = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "index")]) for _ in range(3)]
        until(lambda: all(lock_holders(tmp_path / "index", other.pid) for other in others))
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
            until(lambda: lock_holders(index, os.getpid()) == 2)
            (index / LOCK).write_bytes(bytes(100_000))
            made = (index / LOCK).stat().st_ino
        store = opening.result(10)
    assert is_whole(store, 10)
    assert (index / LOCK).stat().st_ino == made
    store.close()


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
            store.put(entries(number, number + 1), own)
            for asked, known in ((number, True), (number + 1, False)):
                reader.stdin.write(f"{asked}\n")
                reader.stdin.flush()
                assert reader.stdout.readline() == f"{known}\n"
        reader.stdin.close()


def test_writers_lock_names_its_last_holder(index: Path) -> None:
    """The lock file holds the process id of who wrote last, and nothing else."""
    assert int((index / WRITER).read_text()) == os.getpid()

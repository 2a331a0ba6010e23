"""An index in memory: no file is left of it, whatever ends it; full memory, forks and many indexes at once."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults.indexes import entries, is_whole, own, run

from dedup.errors import StoreClosed, StoreFull, StoreUnreachable
from dedup.stores import lmdb_environment
from dedup.stores.lmdb import LMDBStore


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which an index in memory is opened, instead of /dev/shm."""
    monkeypatch.setattr(lmdb_environment, "_SHARED_MEMORY", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("with_memory_files", [True, False])
def test_open_index_has_no_name(folder: Path, monkeypatch: pytest.MonkeyPatch, with_memory_files: bool) -> None:
    """While an index in memory is open there is nothing in any folder, also where files in memory do not exist."""
    if not with_memory_files:
        monkeypatch.delattr(os, "memfd_create")
    store = LMDBStore(None)
    store.put(entries(0, 10), own)
    assert list(folder.iterdir()) == []
    assert is_whole(store, 10)
    store.close()


KILLED = """
import os, signal
from pathlib import Path
from dedup.stores import lmdb_environment
lmdb_environment._SHARED_MEMORY = os.environ["FOLDER"]
from dedup.stores.lmdb import LMDBStore
from faults.indexes import entries, own
store = LMDBStore(None)
store.put(entries(0, 10), own)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_process_leaves_nothing(tmp_path: Path) -> None:
    """After `kill -9` there is no file."""
    tests = str(Path(__file__).parents[1])
    environment = {**os.environ, "FOLDER": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": tests}
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_indexes_in_one_process_are_apart() -> None:
    """Two indexes in memory hold each their own documents; closing one leaves the other."""
    one, other = LMDBStore(None), LMDBStore(None)
    one.put(entries(0, 10), own)
    other.put(entries(0, 3), own)
    assert (one.stats().documents, other.stats().documents) == (10, 3)
    one.close()
    assert is_whole(other, 3)
    with pytest.raises(StoreClosed):
        one.stats()
    other.close()


def test_index_that_is_not_closed_goes_with_its_last_use() -> None:
    """Hundreds of indexes that nobody closes hold neither memory nor open files."""
    LMDBStore(None)
    before = descriptors()
    for _ in range(300):
        LMDBStore(None).put(entries(0, 1), own)
    assert descriptors() == before


def test_threads_write_in_turn() -> None:
    """Documents that several threads put at once are all there."""
    store = LMDBStore(None)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda first: store.put(entries(first, first + 5), own), range(0, 100, 5)))
    assert is_whole(store, 100)
    store.close()


FORK = """
import os
from dedup.errors import StoreForked
from dedup.stores import open_store
from faults.indexes import entries, own
store = open_store("memory:", create=True)
store.put(entries(0, 10), own)
child = os.fork()
if not child:
    try:
        store.get(["1"])
    except StoreForked:
        store.close()
        another = open_store("memory:", create=True)
        another.put(entries(0, 3), own)
        os._exit(another.stats().documents)
    os._exit(1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
store.put(entries(10, 11), own)
print(code, store.stats().documents)
"""


def test_forked_child_has_no_part_in_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child is told to open an index of its own, and the parent's goes on."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    assert run(FORK, tmp_path) == "3 11"


def test_full_memory_refuses_the_batch_and_keeps_the_rest() -> None:
    """A batch for which there is no room is refused whole, and the index goes on."""
    store = LMDBStore(None)
    store.put(entries(0, 10), own)
    size = store.stats().bytes
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, hard))
    try:
        with pytest.raises(StoreFull, match="memory:"):
            store.put(entries(10, 500), own)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_whole(store, 10)
    store.put(entries(10, 500), own)
    assert is_whole(store, 500)
    store.close()


def test_no_folder_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder can be written, not even for the moment of opening, the error says so."""
    monkeypatch.setattr(lmdb_environment, "_SHARED_MEMORY", str(tmp_path / "missing"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing too"))
    with pytest.raises(StoreUnreachable, match="memory:"):
        LMDBStore(None)

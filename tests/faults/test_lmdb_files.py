"""LMDB when the disk, the permissions or the files fail: real faults, a clear error, nothing lost."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import lmdb
import pytest
from faults.indexes import entries, is_whole, opened, own, run

from dedup.cli.ingest_patience import open_patiently
from dedup.errors import (
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreGone,
    StoreReadOnly,
    StoreTooNew,
    StoreUnreachable,
    SystemRefused,
)
from dedup.stores import lmdb_shards
from dedup.stores.lmdb import LMDBStore
from dedup.stores.lmdb_faults import translate

NOBODY = 65534


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


def fill(store: LMDBStore, first: int, payload: int = 2000) -> int:
    """Put batches of ten documents until the store is full, and return how many documents were acknowledged."""
    for start in range(first, 10_000, 10):
        try:
            store.put(entries(start, start + 10, payload), own)
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
        store.put(entries(acknowledged, acknowledged + 10), own)
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
    with limited(resource.RLIMIT_AS, used + (32 << 20)), pytest.raises(SystemRefused, match="ulimit -v"):
        LMDBStore(index)
    with opened(index) as store:
        store.put(entries(acknowledged, acknowledged + 10), own)
        assert store.stats().documents == acknowledged + 10


def test_read_only_folder_is_read_and_never_written(public: Path) -> None:
    """In a folder that may not be written an index opens and answers as usual; a write is refused."""
    before = {path.name: path.stat().st_mtime_ns for path in public.iterdir()}
    with nobody():
        for read_only in (False, True):
            store = LMDBStore(public, read_only=read_only)
            assert is_whole(store, 10)
            with pytest.raises(StoreReadOnly):
                store.put(entries(10, 11), own)
            store.close()
    assert {path.name: path.stat().st_mtime_ns for path in public.iterdir()} == before


def test_ingest_into_a_read_only_folder_ends_before_it_reads(public: Path) -> None:
    """An index that may not be written is refused when it is opened for an ingest, before anything is read for it."""
    with nobody(), pytest.raises(StoreReadOnly):
        open_patiently(f"lmdb:{public}")


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
            store.put(entries(0, 3), own)
            assert is_whole(store, 3)


def test_names_of_a_new_index_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new index syncs its folder and all above it, or a power cut would leave files that no name leads to."""
    synced, sync = set[str](), os.fsync

    def noted(descriptor: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    path = tmp_path / "new" / "index"
    with opened(path, create=True):
        assert {str(path), *map(str, path.parents)} <= synced
    synced.clear()
    with opened(path) as store:
        store.put(entries(0, 1), own)
    assert not synced  # nothing was named, and LMDB syncs its own file


def test_index_that_lmdb_gave_up_says_how_to_go_on() -> None:
    """What LMDB calls a panic, after a write that failed half way, lost nothing: the message says to open anew."""
    panic = lmdb.PanicError("mdb_txn_begin")
    vars(panic)["code"] = -30795  # MDB_PANIC of lmdb.h
    error = translate(panic, "news")
    assert isinstance(error, StoreUnreachable)
    assert str(error).startswith("index news: a write failed half way")
    assert str(error).endswith("nothing acknowledged was lost: close it, open it again")


def test_newer_format_is_refused(index: Path) -> None:
    """An index of a newer format asks for an upgrade, and is not touched."""
    with lmdb.open(str(index)) as handle, handle.begin(write=True) as txn:
        txn.put(b"resembles", b"3")
    before = (index / "data.mdb").read_bytes()
    with pytest.raises(StoreTooNew, match="upgrade"):
        LMDBStore(index)
    assert (index / "data.mdb").read_bytes() == before


def test_cut_file_is_damaged(index: Path) -> None:
    """A data file that is shorter than what was written is refused at once: reading it would kill the process."""
    data = index / "data.mdb"
    with lmdb.open(str(index), readonly=True, lock=False) as handle:
        os.truncate(data, handle.info()["last_pgno"] * 4096)
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
    said = {}
    for page in {*range(2, pages, pages // 6), pages - 1}:
        (index / "data.mdb").write_bytes(data[: page * 4096] + b"\xff" * 4096 + data[(page + 1) * 4096 :])
        said[page] = run(READ_ALL, index)
    assert set(said.values()) == {"store_damaged", "True 10"}
    (index / "data.mdb").write_bytes(data[:8192] + b"\xff" * (len(data) - 8192))
    with pytest.raises(StoreDamaged, match=r"is damaged .*; restore it from a backup"):
        LMDBStore(index)


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
        assert store.put(entries(10, 11), own)[0] == "put"
        with pytest.raises(StoreFull, match="new index"):
            store.put(entries(11, 12), own)
        assert is_whole(store, 11)


def test_check_walks_in_parts_and_compares_in_batches(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check with little memory, part by part, mends what one with much would."""
    monkeypatch.setattr(lmdb_shards, "_WALK", 64)
    monkeypatch.setattr("dedup.stores.check._SUSPECT_POSTINGS", 60)
    with opened(index) as store:
        short = [replace(entry, postings=(entry.postings[0][5:],)) for entry in entries(0, 10)]
        store.remove(["2", "7", "9"], own)
        store.put([short[place] for place in (2, 7, 9)], own)
        report = store.check(own, repair=True)
        assert (report.missing, report.orphans, report.postings) == (15, 0, 500)
        assert is_whole(store, 10)


@pytest.mark.parametrize("instead", ["nothing", "another index", "its own copy"])
def test_an_index_that_is_no_longer_in_its_folder_is_gone(tmp_path: Path, instead: str) -> None:
    """Moved away while it is open, whatever takes its place: no look-up, no put goes on there; opened again, all do."""
    folder, away = tmp_path / "index", tmp_path / "away"
    with opened(folder, create=True) as store:
        store.put(entries(0, 10), own)
        folder.rename(away)
        if instead == "another index":
            with opened(folder, create=True) as other:
                other.put(entries(0, 3), own)
        elif instead == "its own copy":
            shutil.copytree(away, folder)
        for attempt in (lambda: store.put(entries(10, 20), own), lambda: store.get(["0"]), store.stats):
            with pytest.raises(StoreGone, match="open it again"):
                attempt()
    with opened(folder, create=True) as store:
        store.put(entries(20, 30), own)
        assert store.stats().documents == {"nothing": 10, "another index": 13, "its own copy": 20}[instead]
    with opened(away) as store:
        assert store.stats().documents == 10

"""What an index in a folder does beside other writers and readers, and when it is damaged or copied."""

import os
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest

import dedup
from dedup.errors import StoreForeign
from dedup.stores.base import Buckets, Entry, Stored
from dedup.stores.lmdb import LMDBStore


def entry(text: bytes, ttl: int) -> Entry:
    """Return the document `a`."""
    return Entry("a", text.ljust(16), text, (np.array([1, 2], np.uint64),), ttl)


def postings_of(_: Stored) -> Sequence[Buckets]:
    """Return the document's buckets."""
    return entry(b"", 0).postings


def test_a_document_put_anew_while_a_sweep_expires_it_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is put again between a sweep's reading and its deleting keeps its new document, buckets and all."""
    store = LMDBStore(tmp_path / "index", create=True)
    store.put([entry(b"old", 1)], postings_of)
    (old,) = store.get(["a"])
    assert old is not None
    expire = LMDBStore._expire
    monkeypatch.setattr("time.time", lambda: old.expires + 1.0)

    def put_between(self: LMDBStore, expired: Sequence[Stored], of: Any) -> int:
        assert expired == [old]
        self.put([entry(b"new", 0)], postings_of)
        return expire(self, expired, of)

    monkeypatch.setattr(LMDBStore, "_expire", put_between)
    assert store.sweep(postings_of).expired == 0
    (new,) = store.get(["a"])
    assert new is not None
    assert new.payload == b"new"
    assert store.check(postings_of, repair=False).sound
    assert store.fetch(store.lookup(np.array([1], np.uint64), 9).numbers) == [new]
    assert store.stats().chunks == 1
    store.close()


TEXTS = [" ".join(f"w{place}x{word}" for word in range(20)) for place in range(30)]


def documents(version: int) -> list[dedup.Document]:
    """Return the same documents with other metadata."""
    return [dedup.Document(f"d{place}", text, {"version": version}) for place, text in enumerate(TEXTS)]


def damage(folder: Path, number: int) -> None:
    """Turn one bit of a document's compressed text."""
    with lmdb.open(str(folder), max_dbs=4) as handle, handle.begin(write=True) as txn:
        records = handle.open_db(b"documents", txn)
        record = bytearray(txn.get(number.to_bytes(4, "big"), db=records) or b"")
        record[-10] ^= 1
        txn.put(number.to_bytes(4, "big"), bytes(record), db=records)


def test_damaged_document_is_named_and_replaced_by_the_same_content(tmp_path: Path) -> None:
    """A check names a document that cannot be read; putting the same content again replaces it, postings and all."""
    with dedup.open(str(tmp_path / "index")) as index:
        index.put(documents(0))
    damage(tmp_path / "index", 3)
    with dedup.open(str(tmp_path / "index")) as index:
        report = index.check(repair=True)
        assert (report.damaged, report.orphans, report.missing, report.sound) == (("d3",), 0, 0, False)
        assert index.put(documents(0)) == dedup.Report(0, 29, 1, ())
        report = index.check()
        assert (report.damaged, report.orphans, report.missing, report.sound) == ((), 0, 0, True)
        assert [match.id for match in index.resemble(TEXTS[3])] == ["d3"]


def test_index_opened_by_a_relative_path_is_written_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working folder may change while an index is open, and nothing is written into the new one."""
    monkeypatch.chdir(tmp_path)
    with dedup.open("index") as index:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert index.put(documents(0)).put == 30
    assert list(Path().iterdir()) == []


def test_stats_name_the_process_that_holds_an_old_state(tmp_path: Path) -> None:
    """Who still reads a state that has been overwritten since is named, with the number of writes since then."""
    with dedup.open(str(tmp_path / "index")) as index:
        index.put(documents(0))
        with index._store.snapshot():
            for version in range(1, 4):
                index.put(documents(version))
            stats = index.stats()
            assert (stats.reader, stats.behind) == (os.getpid(), 3)
        assert (index.stats().reader, index.stats().behind) == (0, 0)


def test_check_beside_a_writer_finds_nothing_and_holds_no_old_state(tmp_path: Path) -> None:
    """Documents that are replaced, put and removed during a check are no faults, and their pages are free at once."""
    with dedup.open(str(tmp_path / "index")) as index:
        index.put(documents(0))
        postings_of, behind = index._postings_of, list[int]()

        def write_and_say(stored: Stored) -> Sequence[Buckets]:
            index.put([*documents(len(behind) + 1)[:10], dedup.Document(f"new{len(behind)}", TEXTS[0])])
            index.remove([f"d{29 - len(behind)}"])
            behind.append(index.stats().behind)
            return postings_of(stored)

        report = index._store.check(write_and_say, repair=False)
        assert (report.orphans, report.missing, report.damaged) == (0, 0, ())
        assert set(behind[1:]) == {0}
        assert index.check().sound


def test_scan_holds_few_of_many_long_documents(tmp_path: Path) -> None:
    """However long the documents are, a scan and a check hold a few MiB of them at a time."""
    payloads = [np.random.default_rng(number).bytes(1 << 20) for number in range(40)]
    store = LMDBStore(tmp_path / "index", create=True)
    buckets = (np.array([1, 2], np.uint64),)
    store.put([Entry(f"{n:02}", text[:16], text, buckets) for n, text in enumerate(payloads)], postings_of)
    tracemalloc.start()
    try:
        assert [hash(stored.payload) for stored in store.scan()] == list(map(hash, payloads))
        assert store.check(postings_of, repair=False).documents == len(payloads)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
        store.close()


def test_backup_is_the_index_at_one_moment(tmp_path: Path) -> None:
    """A backup made between two writes opens as an index, is whole, and holds what was there then and nothing later."""
    for url in ("memory:", str(tmp_path / "index")):
        target = tmp_path / f"backup of {url[:6].strip(':/')}"
        with dedup.open(url) as index:
            index.put(documents(0))
            index.backup(target)
            index.put(documents(1))
        with dedup.open(str(target), create=False) as backup:
            assert list(backup.documents()) == sorted(documents(0), key=lambda document: document.id)
            assert backup.check().sound
            backup.put(documents(2))
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_backup_writes_over_nothing(tmp_path: Path) -> None:
    """A folder that holds something, and a file, are refused and stay as they are; an empty folder is filled."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    (tmp_path / "empty").mkdir()
    with dedup.open("memory:") as index:
        index.put(documents(0))
        for name in ("full", "full/notes"):
            with pytest.raises(StoreForeign, match="new folder"):
                index.backup(tmp_path / name)
        index.backup(tmp_path / "empty")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes"]
    with dedup.open(str(tmp_path / "empty"), create=False) as backup:
        assert backup.stats().documents == 30


def test_nobody_waits_while_postings_of_what_goes_are_computed(tmp_path: Path) -> None:
    """The postings of what is replaced or removed are computed before the lock is taken: another writer goes on."""
    store, other = LMDBStore(tmp_path / "index", create=True), LMDBStore(tmp_path / "index", wait=0)

    def put_another(stored: Stored) -> Sequence[Buckets]:
        digest = f"another {stored.number}".encode().ljust(16)
        assert other.put([Entry("another", digest, b"", (np.array([9], np.uint64),))], postings_of)
        return postings_of(stored)

    store.put([entry(b"old", 0)], postings_of)
    assert store.put([entry(b"new", 0)], put_another) == ["replaced"]
    assert store.remove(["a"], put_another) == [True]
    assert [stored.id for stored in store.scan()] == ["another"]
    other.close()
    store.close()

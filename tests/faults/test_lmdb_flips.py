"""What no checksum of a document or a page covers: each contradiction is named as damage, by the read or by `check`."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import lmdb
import pytest
from faults.indexes import entries, is_whole, opened, own, run

from dedup.errors import StoreDamaged
from dedup.stores.lmdb import LMDBStore
from dedup.stores.lmdb_folder import NEW_DATA
from dedup.stores.lmdb_meta import guarded

LAST_PAGE, TRANSACTION = 136, 144  # the numbers' places in each of the first two pages, as lmdb.h and mdb.c have them


@contextmanager
def raw(index: Path) -> Iterator[Callable[..., Any]]:
    """Change the databases of an index behind its back: (name, key, value), None to delete."""
    with lmdb.open(str(index), max_dbs=4) as handle:

        def change(name: str, key: bytes, value: bytes | None) -> None:
            database = handle.open_db(name.encode(), create=False) if name else None
            with handle.begin(write=True) as txn:
                assert txn.delete(key, db=database)
                if value is not None:
                    txn.put(key, value, db=database)

        yield change


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize("bit", [0, 1, 2, 20, 63])
def test_flipped_number_of_a_transaction_is_damage(index: Path, page: int, bit: int) -> None:
    """A bit of a transaction's number, which would bring back the state before the last batch, is found at opening."""
    with opened(index) as store:
        for number in range(10, 14):  # the pages take turns, so that each bit is met set and not set
            store.put(entries(number, number + 1), own)
    data = bytearray((index / "data.mdb").read_bytes())
    at = 4096 * page + TRANSACTION
    (number,) = struct.unpack_from("=Q", data, at)
    struct.pack_into("=Q", data, at, number ^ 1 << bit)
    (index / "data.mdb").write_bytes(data)
    with pytest.raises(StoreDamaged, match="restore it from a backup"):
        LMDBStore(index)


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize(
    ("place", "bit"),
    [(10, 3), (10, 0), (44, 3), (44, 1), (92, 2), (92, 0), (19, 5), (20, 0)],
    ids=[
        *("a meta page no more", "a branch too", "free pages by name", "free pages reversed"),
        *("sorted duplicates", "reversed keys", "magic", "version"),
    ],
)
def test_flipped_flag_of_a_first_page_is_damage(index: Path, page: int, place: int, bit: int) -> None:
    """A flag that says what a page is, or how LMDB's own trees are sorted, is compared at each opening."""
    data = bytearray((index / "data.mdb").read_bytes())
    data[4096 * page + place] ^= 1 << bit
    (index / "data.mdb").write_bytes(data)
    with pytest.raises(StoreDamaged, match="restore it from a backup"):
        LMDBStore(index)


def test_first_page_that_a_failed_write_left_is_written_again(index: Path) -> None:
    """Of a transaction whose last write fails LMDB takes back the number alone; the page is as before, and opens."""
    data = index / "data.mdb"
    whole = data.read_bytes()
    with opened(index) as store:
        store.put(entries(10, 20), own)
    after = data.read_bytes()
    data.write_bytes(whole)
    at = 4096 * min(range(2), key=lambda page: struct.unpack_from("=Q", whole, 4096 * page + TRANSACTION))
    left = bytearray(whole)
    left[at : at + LAST_PAGE] = after[at : at + LAST_PAGE]

    def fail() -> None:
        with guarded(data):
            data.write_bytes(left)
            raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        fail()
    assert data.read_bytes()[: 2 * 4096] == whole[: 2 * 4096]
    with opened(index) as store:
        assert is_whole(store, 10)
    data.write_bytes(left)
    with pytest.raises(StoreDamaged):
        LMDBStore(index)


LOOK = """
import sys
from pathlib import Path

import numpy as np

from dedup.errors import StoreDamaged
from dedup.stores.lmdb import LMDBStore

try:
    store = LMDBStore(Path(sys.argv[1]))
    for number in range(10):
        store.lookup(np.random.default_rng(number).integers(0, 2**64, 50, dtype=np.uint64), 64)
except StoreDamaged:
    print("damaged")
"""


def test_place_beyond_the_file_is_no_crash(index: Path) -> None:
    """A leaf of the last pages whose entries seem to lie behind the end of the file is damage, no death by a signal."""
    data = bytearray((index / "data.mdb").read_bytes())
    leaves = [
        page for page in range(2, len(data) // 4096) if struct.unpack_from("=QHH", data, 4096 * page)[::2] == (page, 2)
    ]
    for leaf in leaves[-5:]:
        *_, lower = struct.unpack_from("=QHHH", data, 4096 * leaf)
        for pointer in range(16, lower, 2):
            data[4096 * leaf + pointer + 1] |= 1 << 7
    (index / "data.mdb").write_bytes(data)
    assert run(LOOK, index) == "damaged"


@pytest.mark.parametrize("bit", [3, 30, 50, 63])
@pytest.mark.parametrize("page", [0, 1])
def test_flipped_number_of_the_last_page_makes_no_file_longer(index: Path, page: int, bit: int) -> None:
    """What a first page says of the last page is damage, or of no account: no file grows to what it says."""
    data = index / "data.mdb"
    size, flipped = data.stat().st_size, bytearray(data.read_bytes())
    flipped[4096 * page + LAST_PAGE + bit // 8] ^= 1 << bit % 8
    data.write_bytes(flipped)
    with suppress(StoreDamaged), opened(index) as store:
        assert is_whole(store, 10)
    assert data.stat().st_size <= size + (1 << 18)


def test_id_that_leads_to_another_document_is_damage(index: Path) -> None:
    """Reading an id whose pointer leads to another document's record says so, and so does a check."""
    with raw(index) as change:
        change("ids", b"3", (5).to_bytes(4, "big"))
    with opened(index) as store:
        with pytest.raises(StoreDamaged, match="not what its id '3' leads to"):
            store.get(["3"])
        with pytest.raises(StoreDamaged, match="not what its id '3' leads to"):
            store.check(own, repair=False)


def test_document_that_no_id_leads_to_is_found_by_a_check(index: Path) -> None:
    """A lost id is no contradiction for a look-up, but a check counts ids and documents."""
    with raw(index) as change:
        change("ids", b"3", None)
    with opened(index) as store:
        assert store.get(["3"]) == [None]
        with pytest.raises(StoreDamaged, match="9 ids, 10 documents"):
            store.check(own, repair=False)


def test_changed_time_to_live_is_damage(tmp_path: Path) -> None:
    """A document whose end of time is another in its record than beside its id is damaged, not expired."""
    (entry,) = entries(0, 1)
    with opened(tmp_path / "index", create=True) as store:
        store.put([type(entry)(entry.id, entry.digest, entry.payload, entry.postings, ttl=1000)], own)
        (stored,) = store.get(["0"])
        assert stored is not None
    expires = stored.expires.to_bytes(4, "big")
    with raw(tmp_path / "index") as change:
        change("ids", b"0", bytes(4) + (stored.expires - (1 << 29)).to_bytes(4, "big"))
    with opened(tmp_path / "index") as store, pytest.raises(StoreDamaged):
        store.get(["0"])
    with raw(tmp_path / "index") as change:
        change("ids", b"0", bytes(4) + expires)
    with opened(tmp_path / "index") as store:
        assert store.get(["0"]) == [stored]


def test_counter_that_lies_is_found_by_a_check(index: Path) -> None:
    """A check counts chunks and compares; chunk numbers beyond those given out are damage, not memory asked for."""
    with raw(index) as change:
        change("", b"state", struct.pack(">QQI", 10, 11, 0))
    with opened(index) as store, pytest.raises(StoreDamaged, match="11 chunks are not so many"):
        store.check(own, repair=False)
    with raw(index) as change:
        change("", b"state", struct.pack(">QQI", 9, 10, 0))
    with opened(index) as store, pytest.raises(StoreDamaged, match="document 9 has chunks of another"):
        store.sweep(own)


def test_first_pages_that_a_power_cut_tore_are_made_anew(tmp_path: Path) -> None:
    """A data file gets its name when its first pages are whole; what is left of an earlier try is no index."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / NEW_DATA).write_bytes(bytes(4096) + b"torn")
    with opened(tmp_path / "index", create=True) as store:
        store.put(entries(0, 3), own)
        assert is_whole(store, 3)
    assert not (tmp_path / "index" / NEW_DATA).exists()


def test_posting_under_a_key_that_no_shard_has_is_found_by_a_check(index: Path) -> None:
    """A posting whose shard's key was changed is in no list, but it is counted."""
    with lmdb.open(str(index), max_dbs=4) as handle:
        shards = handle.open_db(b"settled", create=False, dupsort=True, dupfixed=True)
        with handle.begin(write=True) as txn:
            txn.put(b"\0\0\0\1", bytes(8), db=shards)
    with opened(index) as store, pytest.raises(StoreDamaged, match="1 postings where 0 are found"):
        store.check(own, repair=False)

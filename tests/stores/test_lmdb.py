"""What an index in a folder does when two of its writers cross."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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

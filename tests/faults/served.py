"""Documents in several versions, and a reader that finds out which version is served, whole or not at all."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest

from dedup.errors import StoreError
from dedup.stores import open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Store, Stored

BUCKETS = 12


def version(name: str, number: int) -> Entry:
    """Return a version of a document, in two chunks, whose content follows from its name and number."""
    generator = np.random.default_rng([number, *name.encode()])
    payload = number.to_bytes(4, "big") + generator.bytes(300)
    buckets = generator.integers(0, 2**64, BUCKETS, dtype=np.uint64)
    return Entry(name, payload[:16], payload, (buckets[: BUCKETS // 2], buckets[BUCKETS // 2 :]))


def own(stored: Stored) -> tuple[Buckets, ...]:
    """Return what a stored version's buckets should be."""
    return version(stored.id, number_of(stored)).postings


def number_of(stored: Stored) -> int:
    """Return which version it is that a store holds."""
    return int.from_bytes(stored.payload[:4], "big")


def served(store: Store, name: str, numbers: Sequence[int]) -> int | None:
    """Return which of a document's versions a reader sees, None if none; fail unless it is the whole of exactly one."""
    (stored,) = store.get([name])
    seen = None if stored is None else number_of(stored)
    assert seen is None or (seen in numbers and stored and stored.payload == version(name, seen).payload)
    for number in numbers:
        buckets = np.concatenate(version(name, number).postings)
        found = store.lookup(buckets, 64)
        owners = store.fetch(found.numbers)
        reached = [
            any(owner and owner.id == name and number_of(owner) == number for owner in owners[start:end])
            for start, end in zip(found.offsets, found.offsets[1:], strict=False)
        ]
        assert reached == [number == seen] * BUCKETS, f"version {number} is served in part"
    return seen


def swept(store: Store) -> CheckReport:
    """Sweep an index after all writers are gone, hold it to be without fault then, and return what there was before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedup.stores.redis.records.LEASE", -1)  # a writer that failed is taken for dead at once
        before = store.check(own, repair=True)
        after = store.check(own, repair=False)
    assert (after.orphans, after.missing) == (0, 0), (before, after)
    assert after.postings == BUCKETS * after.documents
    return before


@contextlib.contextmanager
def opened(url: str, *, create: bool = True) -> Iterator[Store]:
    """Open an index and close it in the end."""
    store = open_store(url, create=create)
    try:
        yield store
    finally:
        with contextlib.suppress(StoreError):
            store.close()


class Writing(threading.Thread):
    """Puts new documents, batch after batch, until told to stop; a batch that fails is put again.

    Attributes:
        acknowledged: how many documents the store has acknowledged, named w0, w1 …
        errors: what was raised on the way.
        longest: seconds that the slowest batch took, failures included.
    """

    def __init__(self, store: Store, batch: int = 10) -> None:
        """Start writing."""
        super().__init__(daemon=True)
        self._store, self._batch = store, batch
        self._enough = threading.Event()
        self.acknowledged, self.longest = 0, 0.0
        self.errors: list[StoreError] = []
        self.start()

    def run(self) -> None:
        """Write until told to stop."""
        while not self._enough.is_set():
            start = time.monotonic()
            entries = [version(f"w{self.acknowledged + i}", 0) for i in range(self._batch)]
            while True:
                try:
                    self._store.put(entries, own)
                    break
                except StoreError as error:
                    self.errors.append(error)
                    time.sleep(0.1)
            self.acknowledged += self._batch
            self.longest = max(self.longest, time.monotonic() - start)

    def reach(self, documents: int) -> None:
        """Wait until so many more documents are acknowledged than now."""
        goal, deadline = self.acknowledged + documents, time.monotonic() + 60
        while self.acknowledged < goal:
            assert self.is_alive(), "the writer died"
            assert time.monotonic() < deadline, f"{self.acknowledged} of {goal} documents written: {self.errors[-3:]}"
            time.sleep(0.005)

    def stop(self) -> int:
        """Stop after the batch at hand; return how many documents were acknowledged."""
        self._enough.set()
        self.join(60)
        assert not self.is_alive()
        return self.acknowledged


def missing(store: Store, documents: int) -> list[int]:
    """Return which of the first documents that `Writing` wrote are not served; fail if one is served in part."""
    entries = [version(f"w{place}", 0) for place in range(documents)]
    found = store.lookup(np.concatenate([chunk for entry in entries for chunk in entry.postings]), 64)
    owners = store.fetch(found.numbers)
    reached = [{owner.id for owner in owners[start:end] if owner} for start, end in pairwise(found.offsets.tolist())]
    gone = []
    for place, (entry, stored) in enumerate(zip(entries, store.get([entry.id for entry in entries]), strict=True)):
        assert stored is None or stored.payload == entry.payload
        ways = [entry.id in ids for ids in reached[place * BUCKETS : (place + 1) * BUCKETS]]
        assert ways == [stored is not None] * BUCKETS, f"{entry.id} is served in part"
        if stored is None:
            gone.append(place)
    return gone

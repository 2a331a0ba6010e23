"""What every kind of store promises of documents that expire."""

import time
from dataclasses import replace

import numpy as np

from dedup.stores.base import Buckets, Entry, Store, Stored

OWN = {"brief": [[1, 2], [3]], "lasting": [[2, 4]]}


def entry(name: str, ttl: int) -> Entry:
    """Return a document with buckets of its own."""
    return Entry(name, name.encode().ljust(16), name.encode(), postings_of(name), ttl)


def postings_of(name: str) -> tuple[Buckets, ...]:
    """Return a document's buckets, by chunk."""
    return tuple(np.array(chunk, np.uint64) for chunk in OWN[name])


def of(stored: Stored) -> tuple[Buckets, ...]:
    """Return a stored document's buckets."""
    return postings_of(stored.id)


def wait_until_gone(store: Store, name: str) -> None:
    """Wait for a document to expire."""
    deadline = time.monotonic() + 10
    while store.get([name])[0]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_expired_document_is_never_returned(store: Store) -> None:
    """From its time on a document is gone from every way in, and putting it again puts it anew."""
    store.put([entry("brief", 1), entry("lasting", 0)], of)
    (found,) = store.get(["brief"])
    assert found
    assert 0 < found.expires - time.time() <= 3
    wait_until_gone(store, "brief")
    numbers = store.lookup(np.array([1, 2, 3], np.uint64), 64).numbers
    assert {stored.id for stored in store.fetch(numbers) if stored} == {"lasting"}
    assert [stored.id for stored in store.scan()] == ["lasting"]
    assert store.remove(["brief"], of) == [False]
    assert store.put([entry("brief", 0)], of) == ["put"]
    assert store.lookup(np.array([1, 2, 3], np.uint64), 64).counts.tolist() == [1, 2, 1]
    assert [stored.id for stored in store.scan()] == ["brief", "lasting"]


def test_document_that_has_not_expired_keeps_its_time(store: Store) -> None:
    """Identical content put again is unchanged, its time to live too."""
    store.put([entry("brief", 1000)], of)
    before = store.get(["brief"])
    assert store.put([entry("brief", 0)], of) == ["unchanged"]
    assert store.get(["brief"]) == before


def test_sweep_leaves_nothing_of_what_expired(store: Store) -> None:
    """A sweep deletes expired documents with their postings, which are told apart until then, and nothing else."""
    store.put([entry("brief", 1), entry("lasting", 0)], of)
    assert store.sweep(of).expired == 0
    assert (store.stats().documents, store.expired()) == (2, 0)
    wait_until_gone(store, "brief")
    assert (store.stats().documents, store.expired()) == (2, 1)
    found = store.check(of, repair=False)
    assert (found.documents, found.expired, found.sound) == (1, 1, True)
    report = store.sweep(of)
    assert (report.expired, report.postings) == (1, 0)
    stats = store.stats()
    assert (stats.documents, stats.chunks, stats.postings, store.expired()) == (1, 1, 2, 0)
    assert store.check(of, repair=False).sound
    assert store.sweep(of).expired == 0


def test_expired_document_does_not_stand_in_the_way_of_a_new_one(store: Store) -> None:
    """An id whose document has expired can be created again, and the old one's postings go with it."""
    store.put([entry("brief", 1)], of)
    wait_until_gone(store, "brief")
    assert store.put([replace(entry("brief", 0), create=True)], of) == ["put"]
    assert store.check(of, repair=False).sound
    assert [stored and stored.payload for stored in store.get(["brief"])] == [b"brief"]


def test_sweep_deletes_postings_of_the_dead(store: Store) -> None:
    """Postings that a killed removal left are swept."""
    store.put([entry("brief", 0), entry("lasting", 0)], of)
    store.remove(["brief"], lambda _: [np.empty(0, np.uint64)] * 2)
    assert store.sweep(of).postings == 3
    assert store.stats().postings == 2
    assert store.check(of, repair=False).sound


def test_lookup_tells_how_many_documents_there_are(store: Store) -> None:
    """A look-up gives the number of documents too."""
    nothing = np.empty(0, np.uint64)
    assert store.lookup(nothing, 1).documents == 0
    store.put([entry("brief", 0), entry("lasting", 0)], of)
    assert store.lookup(nothing, 1).documents == 2
    store.remove(["brief"], of)
    assert store.lookup(np.array([4], np.uint64), 1).documents == 1


def test_growing_an_index_that_need_not_changes_nothing(store: Store) -> None:
    """A small index does not need more shards; asked to grow it says so and answers as before."""
    store.put([entry("brief", 0), entry("lasting", 0)], of)
    buckets = np.array([1, 2, 3, 4], np.uint64)
    before = store.lookup(buckets, 64)
    assert not store.stats().grow
    assert not store.grow()
    after = store.lookup(buckets, 64)
    assert before.counts.tolist() == after.counts.tolist()
    assert before.numbers.tolist() == after.numbers.tolist()

"""Writers and readers of one document meet at the moments that matter: each answers as if it had been alone.

The moments were found by the histories of tests/trust/test_histories.py; here each is brought about on purpose.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from faults.served import opened, own, swept, version
from servers.fixtures import url_on
from servers.server import Server

from dedup.stores.base import Entry, Store
from dedup.stores.redis.documents import Documents, Flip
from dedup.stores.redis.lookups import Lookups
from dedup.stores.redis.records import Pointer
from dedup.stores.redis.requests import Request, Wire
from dedup.stores.redis.writing import Journal

BUCKETS = version("same", 0).postings
SECONDS = 20


def alike(number: int) -> Entry:
    """Return a version of one document whose postings are those of all its versions."""
    return replace(version("a", number), postings=BUCKETS)


def put(store: Store, number: int) -> None:
    """Put a version."""
    store.put([alike(number)], lambda _: BUCKETS)


def found(store: Store) -> set[str]:
    """Return the ids that the versions' buckets lead to."""
    numbers = np.unique(store.lookup(BUCKETS[0], 64).numbers)
    return {one.id for one in store.fetch(numbers) if one}


@contextmanager
def paused_removal(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[], object], after: Callable[[], object]
) -> Iterator[None]:
    """Have something happen around the moment in which a removal deletes pointers."""
    real = Documents.remove

    def remove(documents: Documents, journal: Journal, gone: Mapping[bytes, Pointer]) -> dict[bytes, Pointer]:
        before()
        deleted = real(documents, journal, gone)
        after()
        return deleted

    with monkeypatch.context() as patch:
        patch.setattr(Documents, "remove", remove)
        yield


def removed(url: str) -> bool:
    """Remove the document; return whether it was there."""
    with opened(url) as store:
        return store.remove(["a"], own)[0]


def test_of_two_removals_at_once_one_removes(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see the document, and neither has cleaned up when the other deletes: one of them says that it did."""
    meet, url = threading.Barrier(2, timeout=SECONDS).wait, own_server.url()
    with opened(url) as store, ThreadPoolExecutor(2) as pool:
        store.put([version("a", 0)], own)
        with paused_removal(monkeypatch, meet, meet):
            assert sorted(pool.map(removed, [url, url])) == [False, True]
        assert swept(store).documents == 0


def test_put_that_meets_a_removal(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A put that finds the document gone says `put`, and leaves the removal what it has to count."""
    flipped, finished, url = threading.Event(), threading.Event(), own_server.url()
    real = Documents.replace

    def wait() -> None:
        flipped.set()
        finished.wait(SECONDS)

    with opened(url) as store, ThreadPoolExecutor(1) as pool:
        store.put([version("a", 0)], own)
        removals = []

        def remove_before(documents: Documents, journal: Journal, flips: Sequence[Flip]) -> Any:
            removals.append(pool.submit(removed, url))
            flipped.wait(SECONDS)
            return real(documents, journal, flips)

        with paused_removal(monkeypatch, lambda: None, wait), monkeypatch.context() as patch:
            patch.setattr(Documents, "replace", remove_before)
            assert store.put([version("a", 1)], own) == ["put"]
            finished.set()
            assert removals[0].result(SECONDS)
        assert [one.payload for one in store.get(["a"]) if one] == [version("a", 1).payload]
        assert swept(store).documents == 1


def test_lookup_between_two_replacements(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version that a look-up has read is replaced before the look-up asks whether it is current: it is found."""
    url = own_server.url()
    read, leave, seen = Lookups._read, Journal.leave, list[set[str]]()
    with opened(url) as reader, opened(url) as first, opened(url) as second:
        put(first, 0)

        def read_then_replaced(lookups: Lookups, *question: Any) -> Any:
            answer = read(lookups, *question)
            monkeypatch.setattr(Lookups, "_read", read)
            put(second, 2)
            return answer

        def still_at_work(journal: Journal) -> None:
            monkeypatch.setattr(Journal, "leave", leave)
            seen.append(found(reader))
            leave(journal)

        monkeypatch.setattr(Lookups, "_read", read_then_replaced)
        monkeypatch.setattr(Journal, "leave", still_at_work)
        put(first, 1)
    assert seen == [{"a"}]


def test_lookup_during_a_replacement_on_a_cluster(
    request: pytest.FixtureRequest, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document replaced after the look-up has asked who is at work, and before it reads postings, is found."""
    url, real = f"{url_on('redis-cluster', request)}?namespace={namespace}", Wire.ask
    with opened(url) as reader, opened(url) as writer:
        put(writer, 0)

        def replaced_after(wire: Wire, requests: Sequence[Request], **how: Any) -> list[Any]:
            answers = real(wire, requests, **how)
            if any(b"HVALS" in data for _, data, _ in requests):
                monkeypatch.setattr(Wire, "ask", real)
                put(writer, 1)
            return answers

        monkeypatch.setattr(Wire, "ask", replaced_after)
        assert found(reader) == {"a"}
        assert np.unique(reader.lookup(BUCKETS[0], 64).counts).tolist() == [1]

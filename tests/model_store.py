"""The obvious model of a store, plain dictionaries, that every kind is held to."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from heapq import nsmallest
from pathlib import Path
from typing import Self

import numpy as np

from dedup.admission import id_key
from dedup.errors import InvalidInput, StoreClosed, StoreDamaged
from dedup.model import Status
from dedup.scheme import Scheme
from dedup.stores.base import (
    Buckets,
    CheckReport,
    Entry,
    Judge,
    Numbers,
    Postings,
    PostingsOf,
    Snapshot,
    Stats,
    Store,
    Stored,
    SweepReport,
    lives,
)


class ModelStore:
    """A `Store` of plain dictionaries, gone with the process."""

    def __init__(self, scheme: Scheme | None = None) -> None:
        """Start empty, with the default scheme unless one is given."""
        self._scheme = scheme or Scheme()
        self._documents: dict[str, Stored] = {}
        self._owners: dict[int, Stored] = {}
        self._numbers: defaultdict[int, set[int]] = defaultdict(set)
        self._replaced: dict[int, str] = {}
        self._next = 0
        self._closed = False
        self._lock = threading.RLock()

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._scheme

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf, judge: Judge | None = None) -> list[Status]:
        """Write entries, those judged one by one; see `Store.put`."""
        with self._use():
            for entry in entries:
                id_key(entry.id)
            return [self._judged(entry, postings_of, judge) for entry in entries]

    def _judged(self, entry: Entry, postings_of: PostingsOf, judge: Judge | None) -> Status:
        old = _alive(self._documents.get(entry.id))
        if judge is None or (old and (entry.create or old.digest == entry.digest)):
            return self._put(entry, postings_of)
        (judged,) = judge(self, [entry], [old])
        return self._put(judged.entry, postings_of) if judged.entry else "duplicate"

    def _put(self, entry: Entry, postings_of: PostingsOf) -> Status:
        now, old = time.time(), self._documents.get(entry.id)
        alive = old is not None and lives(old.expires, now)
        if alive and entry.create:
            return "kept"
        if old and alive and old.digest == entry.digest:
            return "unchanged"
        self._forget(old, postings_of)
        if old:
            self._replaced |= dict.fromkeys(range(old.number, old.number + old.chunks), old.id)
        stored = Stored(entry.id, self._next, len(entry.postings), entry.digest, entry.payload, entry.expires(now))
        self._documents[entry.id] = stored
        for buckets in entry.postings:
            self._owners[self._next] = stored
            for bucket in buckets.tolist():
                self._numbers[bucket].add(self._next)
            self._next += 1
        return "replaced" if alive else "put"

    def _forget(self, stored: Stored | None, postings_of: PostingsOf) -> None:
        if stored:
            del self._documents[stored.id]
            for number in range(stored.number, stored.number + stored.chunks):
                del self._owners[number]
            try:
                postings = stored.postings(postings_of)
            except StoreDamaged:
                every = np.array(list(self._numbers), np.uint64)
                postings = [(stored.number + chunk, every) for chunk in range(stored.chunks)]
            for number, buckets in postings:
                for bucket in buckets.tolist():
                    self._numbers[bucket].discard(number)

    def remove(self, ids: Sequence[str], postings_of: PostingsOf) -> list[bool]:
        """Remove documents; see `Store.remove`."""
        with self._use():
            removed = []
            for document_id in ids:
                old = _alive(self._documents.get(document_id))
                self._forget(old, postings_of)
                removed.append(old is not None)
            return removed

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Read for one look-up; see `Store.snapshot`."""
        self._use()
        return nullcontext(self)

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets; see `Snapshot.lookup`."""
        with self._use():
            found = [self._numbers.get(bucket, set()) for bucket in buckets.tolist()]
            lists = [nsmallest(limit, numbers) for numbers in found]
            documents = len(self._documents)
        return Postings(
            np.array([len(numbers) for numbers in found], dtype=np.uint32),
            np.cumsum([0, *map(len, lists)], dtype=np.int64),
            np.array([number for numbers in lists for number in numbers], dtype=np.uint32),
            documents,
        )

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the living document of each chunk number; see `Snapshot.fetch`."""
        with self._use():
            return [_alive(self._owner(number)) for number in numbers.tolist()]

    def _owner(self, number: int) -> Stored | None:
        """Return the document that a number belongs to, or that replaced the one that it belonged to."""
        return self._owners.get(number) or self._documents.get(self._replaced.get(number, ""))

    def get(self, ids: Sequence[str]) -> list[Stored | None]:
        """Return documents by id; see `Store.get`."""
        with self._use():
            return [_alive(self._documents.get(document_id)) for document_id in ids]

    def scan(self, after: str = "") -> Iterator[Stored]:
        """Iterate over the documents in order of id; see `Store.scan`."""
        with self._use():
            ids = sorted(document_id for document_id in self._documents if document_id > after)
        for document_id in ids:
            yield from filter(None, self.get([document_id]))

    def arrivals(self, first: int = 0) -> tuple[int, Iterator[Stored]]:
        """Return what has come in; see `Store.arrivals`."""
        with self._use():
            arrived = [stored for stored in self._documents.values() if stored.number >= first and _alive(stored)]
            return self._next, iter(sorted(arrived, key=lambda stored: stored.number))

    def stats(self) -> Stats:
        """Return the index's size; see `Store.stats`."""
        with self._use():
            postings = sum(map(len, self._numbers.values()))
            size = 12 * postings + sum(len(stored.payload) for stored in self._documents.values())
            return Stats(len(self._documents), len(self._owners), postings, size)

    def expired(self) -> int:
        """Return how many documents have expired; see `Store.expired`."""
        with self._use():
            return sum(_alive(stored) is None for stored in self._documents.values())

    def check(self, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
        """Verify the postings both ways; see `Store.check`."""
        with self._use():
            actual = {(bucket, number) for bucket, numbers in self._numbers.items() for number in numbers}
            expected = {
                (bucket, number)
                for stored in self._documents.values()
                for number, buckets in enumerate(postings_of(stored), stored.number)
                for bucket in buckets.tolist()
            }
            orphans, missing = actual - expected, expected - actual
            if repair:
                for bucket, number in orphans:
                    self._numbers[bucket].remove(number)
                for bucket, number in missing:
                    self._numbers[bucket].add(number)
            faults = len(orphans), len(missing)
            expired = self.expired()
            repaired = sum(faults) if repair else 0
            postings = len(expected if repair else actual)
            return CheckReport(len(self._documents) - expired, postings, *faults, repaired=repaired, expired=expired)

    def sweep(self, postings_of: PostingsOf) -> SweepReport:
        """Delete what has expired, and the postings of the dead; see `Store.sweep`."""
        with self._use():
            now = time.time()
            expired = [stored for stored in self._documents.values() if not lives(stored.expires, now)]
            for stored in expired:
                self._forget(stored, postings_of)
            orphans = [
                (bucket, number)
                for bucket, numbers in self._numbers.items()
                for number in numbers
                if number not in self._owners
            ]
            for bucket, number in orphans:
                self._numbers[bucket].remove(number)
            return SweepReport(len(expired), 0, len(orphans))

    def grow(self) -> bool:
        """Do nothing; a dictionary grows by itself."""
        self._use()
        return False

    def beside(self, name: str) -> Self | None:  # noqa: ARG002 - see `Store.beside`
        """Find none; see `Store.beside`."""
        self._use()
        return None

    def create_beside(self, name: str, scheme: Scheme) -> Self:  # noqa: ARG002 - see `Store.create_beside`
        """Start another one, empty; see `Store.create_beside`."""
        self._use()
        return type(self)(scheme)

    def backup(self, folder: Path, beside: Mapping[str, Store]) -> None:  # noqa: ARG002 - see `Store.backup`
        """Refuse; see `Store.backup`."""
        raise InvalidInput(f"a dictionary is not written into {folder}")

    def close(self) -> None:
        """Refuse every call from now on."""
        self._closed = True

    def _use(self) -> threading.RLock:
        if self._closed:
            raise StoreClosed("the index was closed; open it again")
        return self._lock


def _alive(stored: Stored | None) -> Stored | None:
    return stored if stored and lives(stored.expires, time.time()) else None

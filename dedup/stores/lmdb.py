"""An index in one folder, or in memory: LMDB, no server, one transaction (in a folder synced) for each write.

The unnamed database holds the format's version (`resembles`), the scheme's JSON and the counters; `documents` maps a
document's first chunk number (4 bytes, big-endian) to its record, `ids` maps an id to that number, and the postings are
in databases of their own (`lmdb_postings`).
"""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, cast

from dedup.admission import id_key
from dedup.errors import StoreDamaged, StoreUnreachable
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
    Stats,
    Store,
    Stored,
    SweepReport,
    lives,
)
from dedup.stores.check import check, delete_orphans, owners_among
from dedup.stores.lmdb_environment import Databases, acquire, acquire_in_memory
from dedup.stores.lmdb_folder import DATA
from dedup.stores.lmdb_postings import BoundLevels
from dedup.stores.lmdb_snapshot import NUMBER, Snapshot, alive, pointer, record
from dedup.stores.names import flatten
from dedup.stores.session import LMDB_FORMAT, Session, absent, exhausted, read_header
from dedup.stores.withdrawal import Withdrawal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import lmdb

    Transaction = lmdb.Transaction[memoryview]

_STAYS: tuple[Status, ...] = ("unchanged", "kept", "duplicate")
_SCAN, _SCAN_BYTES = 256, 1 << 22  # not measured: held at once; a long transaction keeps old pages from reuse


class _State(NamedTuple):
    """The counters: the next chunk number to give out, living chunks."""

    next: int = 0
    chunks: int = 0

    @classmethod
    def load(cls, txn: "Transaction") -> "_State":
        return cls(*_STATE.unpack_from(txn.get(b"state", b"")))

    def pack(self) -> bytes:
        return _STATE.pack(*self)

    def save(self, txn: "Transaction") -> None:
        txn.put(b"state", self.pack())


_VERSION = str(LMDB_FORMAT).encode()
_STATE = struct.Struct(">QQ")  # format 1 has four bytes more


class LMDBStore:
    """A `Store` in a folder, for one writing process at a time and any number of reading ones, or in memory."""

    def __init__(
        self,
        path: str | Path | None,
        scheme: Scheme | None = None,
        *,
        create: bool = False,
        read_only: bool = False,
        wait: float = 30,
    ) -> None:
        """Open the index in the folder `path`.

        Args:
            path: the folder; missing parents are made when `create` is set. None starts an index in this process's
                memory, which is gone when it is closed.
            scheme: what the index must have been built with; None takes its own, or the default for a new one.
            create: start a new index where there is none.
            read_only: refuse every write.
            wait: seconds to wait for another writer before `StoreBusy`.

        Raises:
            StoreError: of the kind that says what is wrong with the folder, or `SchemeMismatch`.
        """
        create = path is None or (create and not read_only)
        self._wait = wait
        self._environment = (
            acquire_in_memory() if path is None else acquire(Path(path), create=create, read_only=read_only, wait=wait)
        )
        self._session = Session(self._environment.name, read_only=read_only)
        try:
            self._scheme = self._load(scheme) or self._begin(scheme, create=create)
            self._databases = self._environment.open_databases(wait)
            self._documents, self._ids = self._databases.documents, self._databases.ids
            self._postings = self._databases.postings
        except BaseException:
            self.close()
            raise

    def _load(self, wanted: Scheme | None) -> Scheme | None:
        """Return the index's scheme if it is as wanted, None if the folder holds no index yet."""
        with self._reading() as txn:
            version = txn.get(b"resembles")
            if version is None and txn.stat()["entries"]:
                raise StoreDamaged(f"index {self._session.name} has lost its header; restore it from a backup")
            if version is None:
                return None
            header = bytes(txn.get(b"scheme", b""))
            return read_header(self._session.name, int(bytes(version)), LMDB_FORMAT, header, wanted)

    def _begin(self, wanted: Scheme | None, *, create: bool) -> Scheme:
        """Write a new index's first transaction, which changes nothing if another process has just done so."""
        if not create:
            raise absent(self._session.name)
        scheme = wanted or Scheme()
        with self._environment.writing(self._wait) as txn:
            txn.put(b"resembles", _VERSION, overwrite=False)
            txn.put(b"scheme", scheme.to_json(), overwrite=False)
            txn.put(b"state", _State().pack(), overwrite=False)
            Databases.open(self._environment.handle, txn, create=True)
        return self._load(wanted) or scheme

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._scheme

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf, judge: Judge | None = None) -> list[Status]:
        """Write entries; see `Store.put`."""
        keys = [id_key(entry.id) for entry in entries]
        withdrawal = Withdrawal(postings_of, self._foreseen(keys, entries))
        with self._writing() as txn:
            there, state, now = self._seen(txn), _State.load(txn), time.time()
            olds = [there.by_key(key) for key in keys]
            statuses = [_status(old, entry, now, withdrawal) for old, entry in zip(olds, entries, strict=True)]
            if judge:
                entries = _judged(judge, there, entries, olds, statuses)
            fresh: list[tuple[int, Buckets]] = []
            gone: list[Stored] = []
            for key, entry, old, status in zip(keys, entries, olds, statuses, strict=True):
                if status in _STAYS:
                    continue
                if old:
                    txn.delete(NUMBER.pack(old.number), db=self._documents)
                    gone.append(old)
                self._write(txn, key, state.next, entry, entry.expires(now))
                fresh += enumerate(entry.postings, state.next)
                chunks = len(entry.postings)
                state = state._replace(
                    next=state.next + chunks, chunks=state.chunks + chunks - (old.chunks if old else 0)
                )
            if fresh:
                self._withdraw(txn, gone, withdrawal)
                self._postings.put(txn, *flatten(fresh))
                state.save(txn)
        return statuses

    def _foreseen(self, keys: Sequence[bytes], entries: Sequence[Entry]) -> list[Stored]:
        """Return the documents that a put of these entries would replace, were it done now."""
        with self.snapshot() as now:
            olds = [now.by_key(key) for key in keys]
        return [
            old
            for old, entry in zip(olds, entries, strict=True)
            if old and (old.digest, old.payload) != (entry.digest, entry.payload)
        ]

    def _write(self, txn: "Transaction", key: bytes, number: int, entry: Entry, expires: int) -> None:
        chunks = len(entry.postings)
        if number + chunks > 1 << 32:
            raise exhausted(self._session.name)
        txn.put(NUMBER.pack(number), record(entry, key, expires), db=self._documents)
        txn.put(key, pointer(number, expires), db=self._ids)

    def remove(self, ids: Sequence[str], postings_of: PostingsOf) -> list[bool]:
        """Remove documents; see `Store.remove`."""
        withdrawal = Withdrawal(postings_of, filter(None, self.get(ids)))
        with self._writing() as txn:
            there, gone = self._seen(txn), []
            for document_id in ids:
                gone.append(alive(there.by_id(document_id)))
                self._delete(txn, gone[-1])
            self._withdraw(txn, list(filter(None, gone)), withdrawal)
        return [old is not None for old in gone]

    def _delete(self, txn: "Transaction", stored: Stored | None) -> None:
        """Delete a document, but not its postings."""
        if stored:
            txn.delete(stored.id.encode(), db=self._ids)
            txn.delete(NUMBER.pack(stored.number), db=self._documents)
            state = _State.load(txn)
            state._replace(chunks=state.chunks - stored.chunks).save(txn)

    def _withdraw(self, txn: "Transaction", gone: Sequence[Stored], withdrawal: Withdrawal) -> None:
        """Delete the postings of documents; of those whose payload is damaged all are searched."""
        self._postings.delete(txn, *withdrawal.of(gone))
        damaged = [(stored.number, stored.chunks) for stored in gone if not withdrawal.readable(stored)]
        if damaged:
            theirs = owners_among(damaged)
            delete_orphans(self._bound(txn), lambda owners: ~theirs(owners))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read one state of the index, undisturbed by writers; see `Store.snapshot`."""
        with self._reading() as txn:
            yield self._seen(txn)

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets; see `Snapshot.lookup` in `base`."""
        with self.snapshot() as now:
            return now.lookup(buckets, limit)

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the living document of each chunk number; see `Snapshot.fetch` in `base`."""
        with self.snapshot() as now:
            return now.fetch(numbers)

    def get(self, ids: Sequence[str]) -> list[Stored | None]:
        """Return documents by id; see `Store.get`."""
        with self.snapshot() as now:
            return [alive(now.by_id(document_id)) for document_id in ids]

    def scan(self, after: str = "") -> Iterator[Stored]:
        """Iterate over the documents in order of id, a page in each transaction; see `Store.scan`."""
        last = after.encode("utf-8", "surrogatepass")
        while page := self._page(last):
            yield from filter(alive, page)
            last = page[-1].id.encode()

    def _page(self, after: bytes) -> list[Stored]:
        with self.snapshot() as now:
            return _page(now.by_ids(after))

    def arrivals(self, first: int = 0) -> tuple[int, Iterator[Stored]]:
        """Return what has come in, a page in each transaction; see `Store.arrivals`."""
        with self._reading() as txn:
            end = _State.load(txn).next
        return end, filter(alive, takewhile(lambda stored: stored.number < end, self._by_number(first)))

    def stats(self) -> Stats:
        """Return the index's size; see `Store.stats`."""
        reader, behind = self._environment.oldest_reader()
        with self._reading() as txn:
            pages = self._environment.handle.info()["last_pgno"] + 1
            return Stats(
                documents=txn.stat(self._ids)["entries"],
                chunks=_State.load(txn).chunks,
                postings=self._postings.entries(txn),
                bytes=pages * txn.stat()["psize"],
                reader=reader,
                behind=behind,
            )

    def expired(self) -> int:
        """Return how many documents have expired; see `Store.expired`."""
        with self.snapshot() as now:
            return now.expired()

    def check(self, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
        """Verify the postings both ways; see `Store.check`.

        Without repair no state of the index is held for longer than a walk over the postings takes: a number is one
        document's for ever, so what its postings should be can be computed from a later state.
        """
        if repair:
            with self._writing() as txn:
                self._seen(txn).verify(_State.load(txn).chunks)
                return check(self._bound(txn), self._seen(txn).documents, postings_of, now=time.time(), repair=True)
        with self._reading() as txn:
            floor, _ = state = _State.load(txn)
            self._seen(txn).verify(state.chunks)
        held = BoundLevels(self._postings, self._reading)
        return check(held, self._by_number, postings_of, now=time.time(), repair=False, floor=floor)

    def _by_number(self, first: int = 0) -> Iterator[Stored]:
        """Iterate over the documents from number `first` on, a page in each transaction."""
        while first < 1 << 32:
            with self.snapshot() as now:
                page = _page(now.documents(first))
            if not page:
                return
            yield from page
            first = page[-1].number + 1

    def sweep(self, postings_of: PostingsOf) -> SweepReport:
        """Delete what has expired, and the postings of the dead; see `Store.sweep`."""
        expired, now = 0, time.time()
        last = b""
        while page := self._page(last):
            last = page[-1].id.encode()
            expired += self._expire([stored for stored in page if not lives(stored.expires, now)], postings_of)
        with self._writing() as txn:
            living = owners_among(list(self._seen(txn).numbers()))
            return SweepReport(expired, 0, delete_orphans(self._bound(txn), living))

    def _expire(self, expired: Sequence[Stored], postings_of: PostingsOf) -> int:
        """Delete expired documents, text and postings, unless they have been replaced meanwhile."""
        if not expired:
            return 0
        withdrawal = Withdrawal(postings_of, expired)
        with self._writing() as txn:
            there = self._seen(txn)
            gone = [stored for stored in expired if there.by_id(stored.id) == stored]
            for stored in gone:
                self._delete(txn, stored)
            self._withdraw(txn, gone, withdrawal)
        return len(gone)

    def grow(self) -> bool:
        """Do nothing; the file grows by itself."""
        self._session.to_read()
        return False

    def beside(self, name: str) -> Self | None:
        """Open the index in the folder of that name; see `Store.beside`."""
        self._session.to_read()
        folder = self._environment.folder
        if folder and (folder / name / DATA).exists():
            with suppress(StoreUnreachable):  # another process is about to begin it
                return type(self)(folder / name, read_only=self._session.read_only, wait=self._wait)
        return None

    def create_beside(self, name: str, scheme: Scheme) -> Self:
        """Open the index in the folder of that name, or another one in memory; see `Store.create_beside`."""
        self._session.to_write()
        folder = self._environment.folder
        return type(self)(folder / name if folder else None, scheme, create=True, wait=self._wait)

    def backup(self, folder: Path, beside: Mapping[str, Store]) -> None:
        """Write one state of the index into a new folder; see `Store.backup`."""
        self._session.to_read()
        others = cast("Mapping[str, LMDBStore]", beside)
        environments = {name: one._environment for name, one in others.items()}  # noqa: SLF001 - of this very class
        self._environment.backup(folder, environments)

    def close(self) -> None:
        """Release the folder; see `Store.close`."""
        if self._session.end():
            self._environment.release()

    def _reading(self) -> "AbstractContextManager[Transaction]":
        self._session.to_read()
        return self._environment.reading()

    @contextmanager
    def _writing(self) -> Iterator["Transaction"]:
        """Write one batch, of this format: an index of format 1 becomes one that earlier versions refuse."""
        self._session.to_write()
        with self._environment.writing(self._wait) as txn:
            if bytes(txn.get(b"resembles", b"")) != _VERSION:
                txn.put(b"resembles", _VERSION)
            yield txn

    def _bound(self, txn: "Transaction") -> BoundLevels:
        return BoundLevels(self._postings, lambda: nullcontext(txn))

    def _seen(self, txn: "Transaction") -> Snapshot:
        return Snapshot(self._session.name, self._databases, txn)


def _page(documents: Iterator[Stored]) -> list[Stored]:
    """Return the first documents: few, and of few bytes unless the first one has more."""
    page, room = list[Stored](), _SCAN_BYTES
    for stored in islice(documents, _SCAN):
        page.append(stored)
        room -= len(stored.payload)
        if room <= 0:
            break
    return page


def _status(old: Stored | None, entry: Entry, now: float, withdrawal: Withdrawal) -> Status:
    """Return what becomes of an entry where `old` is; what cannot be read is replaced by equal content too."""
    if old is None or not lives(old.expires, now):
        return "put"
    if entry.create:
        return "kept"
    same = old.digest == entry.digest and (old.payload == entry.payload or withdrawal.readable(old))
    return "unchanged" if same else "replaced"


def _judged(
    judge: Judge, now: Snapshot, entries: Sequence[Entry], olds: Sequence[Stored | None], statuses: list[Status]
) -> list[Entry]:
    """Return the entries as they are to be written; those that are refused become duplicates in `statuses`."""
    places = [place for place, status in enumerate(statuses) if status not in _STAYS]
    written = list(entries)
    asked = [written[place] for place in places]
    for place, one in zip(places, judge(now, asked, [alive(olds[place]) for place in places]), strict=True):
        if one.entry:
            written[place] = one.entry
        else:
            statuses[place] = "duplicate"
    return written

"""An index in Redis: what `Store` promises, for any number of processes that read and write at once, without locks.

While the journal of writers (`pending`) is empty, every record is a current document's: a reader takes the records that
the postings lead to as they are. While it is not, or a writer died, it asks the ids' pointers too. A pointer is written
last, in one transaction that tells whom it replaces, so of several writers of one id each knows what it has to delete.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from dedup.admission import id_key, known_key
from dedup.errors import StoreFull
from dedup.model import Status
from dedup.scheme import Scheme
from dedup.stores.base import (
    Buckets,
    CheckReport,
    Entry,
    Numbers,
    Postings,
    PostingsOf,
    Snapshot,
    Stats,
    Stored,
    SweepReport,
    lives,
)
from dedup.stores.names import flatten, names_of
from dedup.stores.redis.address import Address
from dedup.stores.redis.documents import Documents, Flip
from dedup.stores.redis.grow import delete_old_shards, grow
from dedup.stores.redis.layout import GROW_AT, Layout
from dedup.stores.redis.lookups import Lookups
from dedup.stores.redis.opening import begin, connect, load
from dedup.stores.redis.records import Pointer, pack_chunk, pack_record
from dedup.stores.redis.requests import Wire, command
from dedup.stores.redis.sweep import Census, check, hidden_chunks, sweep
from dedup.stores.redis.writing import Journal, PostingWriter
from dedup.stores.session import Session
from dedup.stores.withdrawal import Withdrawal


class RedisStore:
    """A `Store` on one Redis or Valkey server, a Sentinel service, or a cluster."""

    def __init__(
        self, url: str, scheme: Scheme | None = None, *, create: bool = False, read_only: bool = False
    ) -> None:
        """Open the index that a URL names.

        Args:
            url: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`, with
                `?namespace=NAME` if several indexes share the server, `documents=N` to start a large one and
                `patience=SECONDS` to wait longer or shorter than 15 for servers that are away.
            scheme: what the index must have been built with; None takes its own, or the default for a new one.
            create: start a new index where there is none.
            read_only: refuse every write.

        Raises:
            StoreError: of the kind that says what is wrong with the server or the index, or `SchemeMismatch`.
        """
        address = Address.parse(url)
        self._layout = Layout(address.namespace.encode())
        self._wire = connect(address)
        self._session = Session(self._wire.name, read_only=read_only)
        try:
            self._scheme = load(self._wire, self._layout, scheme) or begin(
                self._wire, self._layout, scheme, address.documents, create=create and not read_only
            )
            self._refresh()
        except BaseException:
            self.close()
            raise
        self._documents = Documents(self._wire, self._layout)
        self._postings = PostingWriter(self._wire, self._layout)
        self._lookups = Lookups(self._wire, self._layout, self._documents)

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._scheme

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf) -> list[Status]:
        """Write entries; see `Store.put`."""
        wire = self._writing()
        keys = [id_key(entry.id) for entry in entries]
        known, now = self._documents.pointers(keys)
        fresh = self._fresh(entries, known, now)
        statuses: list[Status] = ["kept" if entry.create else "unchanged" for entry in entries]
        if not fresh:
            return statuses
        with Journal(wire, self._layout, sum(len(entries[place].postings) for place in fresh)) as journal:
            number, pointers = journal.first, []
            for place in fresh:
                entry = entries[place]
                pointers.append(Pointer(number, len(entry.postings), entry.expires(now), entry.digest))
                number += len(entry.postings)
            self._write(journal, [entries[place] for place in fresh], pointers)
            flips = [
                Flip(keys[place], pointer, known[place], entries[place].create)
                for place, pointer in zip(fresh, pointers, strict=True)
            ]
            gone = list[Stored]()
            for place, pointer, flipped in zip(fresh, pointers, self._documents.replace(journal, flips), strict=True):
                if flipped is None:
                    self._take_back(journal, entries[place], pointer)
                else:
                    old, stored = flipped
                    statuses[place] = "replaced" if old and lives(old.expires, now) else "put"
                    gone += [stored] if stored else []
            self._withdraw(journal, gone, postings_of)
        return statuses

    def _fresh(self, entries: Sequence[Entry], known: Sequence[Pointer | None], now: float) -> list[int]:
        """Return the places of the entries that must be written, given where their ids lead."""
        stays = {
            place: old.number
            for place, (entry, old) in enumerate(zip(entries, known, strict=True))
            if old and lives(old.expires, now) and (entry.create or old.digest == entry.digest)
        }
        there = self._documents.present(stays.values())  # a removal that was cut short leaves the pointer alone
        return [place for place in range(len(entries)) if stays.get(place) not in there]

    def _take_back(self, journal: Journal, entry: Entry, pointer: Pointer) -> None:
        """Delete what was written for a document whose id somebody else has created meanwhile."""
        self._documents.forget([pointer])
        journal.added -= self._postings.delete(*flatten(list(enumerate(entry.postings, pointer.number))))

    def _write(self, journal: Journal, entries: Sequence[Entry], pointers: Sequence[Pointer]) -> None:
        """Write records and postings, which nothing leads to yet."""
        postings: list[tuple[int, Buckets]] = []
        values: dict[int, bytes] = {}
        for entry, pointer in zip(entries, pointers, strict=True):
            values[pointer.number] = pack_record(entry, pointer.expires)
            further = range(pointer.number + 1, pointer.number + pointer.chunks)
            values |= dict.fromkeys(further, pack_chunk(pointer.number))
            postings += enumerate(entry.postings, pointer.number)
        try:
            self._documents.write(values)
            journal.added += self._postings.put(*flatten(postings))
        except StoreFull:
            self._documents.forget(pointers)
            journal.leave()
            raise

    def remove(self, ids: Sequence[str], postings_of: PostingsOf) -> list[bool]:
        """Remove documents; see `Store.remove`."""
        wire = self._writing()
        keys = [known_key(document_id) for document_id in ids]
        asked = [key for key in dict.fromkeys(keys) if key]
        if not any(self._documents.pointers(asked)[0]):
            return [False] * len(ids)
        with Journal(wire, self._layout) as journal:
            gone = dict(zip(asked, self._documents.remove(journal, asked), strict=True))
            self._withdraw(journal, [stored for stored in gone.values() if stored], postings_of)
        return [gone.pop(key, None) is not None if key else False for key in keys]

    def _withdraw(self, journal: Journal, gone: Sequence[Stored], postings_of: PostingsOf) -> None:
        """Delete the postings of documents that no pointer leads to any more; what cannot be read leaves a sweep due.

        The writer is still in the journal: if it dies here, a sweep finds that somebody died, and what is left.
        """
        withdrawal = Withdrawal(postings_of, gone)
        journal.added -= self._postings.delete(*withdrawal.of(gone))
        journal.doubtful |= not all(map(withdrawal.readable, gone))

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Read for one look-up; see `Store.snapshot`."""
        self._reading()
        return nullcontext(self)

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets, in one round trip while nobody writes; see `Snapshot.lookup`."""
        self._reading()
        return self._lookups.look(names_of(buckets), limit)

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the living document of each chunk number; see `Snapshot.fetch`."""
        self._reading()
        return self._documents.fetch(numbers.tolist())

    def get(self, ids: Sequence[str]) -> list[Stored | None]:
        """Return documents by id; see `Store.get`."""
        self._reading()
        keys = [known_key(document_id) for document_id in ids]
        found = iter(self._documents.get([key for key in keys if key]))
        return [next(found) if key else None for key in keys]

    def scan(self, after: str = "") -> Iterator[Stored]:
        """Iterate over the documents in order of id; see `Store.scan`."""
        last = after.encode("utf-8", "surrogatepass")
        while True:
            self._reading()
            page = self._documents.page(last)
            if not page:
                return
            for stored in self._documents.get(page):
                if stored:
                    yield stored
                    self._reading()
            last = page[-1]

    def stats(self) -> Stats:
        """Return the index's size; see `Store.stats`. Bytes are those of the servers, with all else on them."""
        wire, layout = self._reading(), self._layout
        self._refresh()
        *documents, counts = wire.ask(
            [command(b"ZCARD", key) for key in layout.id_lists]
            + [command(b"HMGET", layout.counts, b"chunks", b"postings")]
        )
        chunks, postings = (int(count or 0) for count in counts)
        used = sum(memory["used_memory"] for memory in wire.each(lambda node: node.info("memory")))
        due = postings > GROW_AT << layout.generations[-1].bits
        return Stats(sum(documents), chunks, postings, used, due)

    def check(self, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
        """Verify the postings both ways, beside readers and writers; see `Store.check`."""
        wire = self._writing() if repair else self._reading()
        hidden = hidden_chunks(wire, self._layout, repair=repair)
        report = check(self._census(), postings_of, repair=repair)
        return replace(report, missing=report.missing + hidden)

    def sweep(self, postings_of: PostingsOf) -> SweepReport:
        """Delete what has expired and what the dead left; see `Store.sweep`."""
        self._writing()
        return sweep(self._census(), postings_of)

    def grow(self) -> bool:
        """Build a generation of more shards beside the old, then change over; see `Store.grow`."""
        wire, stats = self._writing(), self.stats()
        begun = len(self._layout.generations) > 1
        delete_old_shards(wire, self._layout)
        if stats.grow or begun:
            grow(wire, self._layout, stats.postings)
        return stats.grow or begun

    def close(self) -> None:
        """Close the connections; see `Store.close`."""
        if self._session.end():
            self._wire.close()

    def _census(self) -> Census:
        self._refresh()
        return Census.take(self._wire, self._layout, self._documents, self._postings)

    def _refresh(self) -> None:
        start = self._layout.known
        self._layout.take(start, self._wire.ask(self._layout.refresh()))

    def _reading(self) -> Wire:
        self._session.to_read()
        return self._wire

    def _writing(self) -> Wire:
        self._session.to_write()
        return self._wire

"""An index in Redis: what `Store` promises, for any number of processes that read and write at once, without locks.

While the journal of writers (`pending`) is empty, every record is a current document's: a reader takes the records that
the postings lead to as they are. While it is not, or a writer died, it asks the ids' pointers too. A pointer is written
last, in one transaction that tells whom it replaces, so of several writers of one id each knows what it has to delete.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from dedup.admission import known_key
from dedup.errors import InvalidInput
from dedup.model import Status
from dedup.patience import patiently
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
)
from dedup.stores.names import names_of
from dedup.stores.redis.address import Address
from dedup.stores.redis.documents import Documents
from dedup.stores.redis.durability import Durability
from dedup.stores.redis.grow import delete_old_shards, grow
from dedup.stores.redis.histories import ServersChanged
from dedup.stores.redis.judging import Judging, in_turn
from dedup.stores.redis.layout import GROW_AT, Layout
from dedup.stores.redis.lookups import Lookups
from dedup.stores.redis.opening import begin, connect, load
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.putting import Putting
from dedup.stores.redis.removing import Removing
from dedup.stores.redis.requests import Wire, command
from dedup.stores.redis.sweep import Census, check, hidden_chunks, sweep
from dedup.stores.redis.writing import PostingWriter
from dedup.stores.session import Session

Result = TypeVar("Result")
_PAUSES = 0.02, 1.0  # seconds; not measured: a failover takes some


class RedisStore:
    """A `Store` on one Redis or Valkey server, a Sentinel service, or a cluster."""

    def __init__(
        self, url: str | Address, scheme: Scheme | None = None, *, create: bool = False, read_only: bool = False
    ) -> None:
        """Open the index that a URL names.

        Args:
            url: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`, with
                `?namespace=NAME` if several indexes share the server, `documents=N` to start a large one and
                `patience=SECONDS` to wait longer or shorter than 15 for servers that are away; or one taken apart.
            scheme: what the index must have been built with; None takes its own, or the default for a new one.
            create: start a new index where there is none.
            read_only: refuse every write.

        Raises:
            StoreError: of the kind that says what is wrong with the server or the index, or `SchemeMismatch`.
        """
        self._address = address = url if isinstance(url, Address) else Address.parse(url)
        self._patience = address.patience
        self._wire, sentinels = connect(address)
        namespace = address.namespace.encode()
        self._layout = Layout(namespace, self._wire.name)
        self._session = Session(self._wire.name, read_only=read_only)
        durability = Durability(self._wire, address.durability, sentinels, namespace, address.patience)
        try:
            if not read_only:
                durability.hold()
            self._scheme = load(self._wire, self._layout, scheme) or begin(
                self._wire, self._layout, scheme, address.documents, create=create and not read_only
            )
            self._refresh()
        except BaseException:
            self.close()
            raise
        documents, postings = Documents(self._wire, self._layout), PostingWriter(self._wire, self._layout)
        self._parts = Parts(self._wire, self._layout, durability, documents, postings)
        self._lookups = Lookups(self._wire, self._layout, documents)

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._scheme

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf, judge: Judge | None = None) -> list[Status]:
        """Write entries; see `Store.put`."""
        self._writing()
        if judge is None:
            return self._in_one_history(Putting(self._parts, entries, postings_of).attempt)
        judging, statuses = Judging(self._parts, self._lookups, judge), list[Status]()
        for some in in_turn(entries):
            statuses += self._in_one_history(Putting(self._parts, some, postings_of, judging).attempt)
        return statuses

    def remove(self, ids: Sequence[str], postings_of: PostingsOf) -> list[bool]:
        """Remove documents; see `Store.remove`."""
        self._writing()
        keys = [known_key(document_id) for document_id in ids]
        asked = [key for key in dict.fromkeys(keys) if key]
        gone = self._in_one_history(Removing(self._parts, asked, postings_of).attempt)
        first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        return [key in gone and first[key] == place for place, key in enumerate(keys)]

    def _in_one_history(self, attempt: Callable[[], Result]) -> Result:
        """Return what the first attempt returns in whose midst no server restarts or fails over."""
        return patiently(
            attempt, lambda error: isinstance(error, ServersChanged), seconds=self._patience, pauses=_PAUSES
        )

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
        return self._parts.documents.fetch(numbers.tolist())

    def get(self, ids: Sequence[str]) -> list[Stored | None]:
        """Return documents by id; see `Store.get`."""
        self._reading()
        keys = [known_key(document_id) for document_id in ids]
        found = iter(self._parts.documents.get([key for key in keys if key]))
        return [next(found) if key else None for key in keys]

    def scan(self, after: str = "") -> Iterator[Stored]:
        """Iterate over the documents in order of id; see `Store.scan`."""
        last = after.encode("utf-8", "surrogatepass")
        while True:
            self._reading()
            page = self._parts.documents.page(last)
            if not page:
                return
            for stored in self._parts.documents.get(page):
                if stored:
                    yield stored
                    self._reading()
            last = page[-1]

    def arrivals(self, first: int = 0) -> tuple[int, Iterator[Stored]]:
        """Return what has come in; what writers at work have put is not settled yet; see `Store.arrivals`."""
        self._reading()
        census = self._census()
        # a writer that has just begun may name a floor from before `first`, but takes its numbers from the next one on
        return max(first, census.floor), census.arrivals(first)

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

    def expired(self) -> int:
        """Return how many documents have expired; see `Store.expired`."""
        self._reading()
        return self._census().expired()

    def check(self, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
        """Verify the postings both ways, beside readers and writers; see `Store.check`."""
        wire = self._writing() if repair else self._reading()
        hidden = hidden_chunks(wire, self._layout, repair=repair)
        report = check(self._census(), postings_of, repair=repair)
        mended = hidden if repair else 0
        return replace(report, missing=report.missing + hidden, repaired=report.repaired + mended)

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

    def beside(self, name: str) -> Self | None:
        """Open the index of that name; see `Store.beside`. Whether there is one costs a round trip."""
        wire, place = self._reading(), self._address.beside(name)
        if wire.one(command(b"GET", Layout(place.namespace.encode(), place.shown).meta)) is None:
            return None
        return type(self)(place, read_only=self._session.read_only)

    def create_beside(self, name: str, scheme: Scheme) -> Self:
        """Open the index of that name, a new one if there is none; see `Store.create_beside`."""
        self._writing()
        return type(self)(self._address.beside(name), scheme, create=True)

    def backup(self, folder: Path, beside: Mapping[str, Store]) -> None:  # noqa: ARG002 - see `Store.backup`
        """Refuse; see `Store.backup`."""
        raise InvalidInput(
            f"index {self._wire.name}: no backup into {folder}; let the server write one (BGSAVE), or use `dedup copy`"
        )

    def close(self) -> None:
        """Close the connections; see `Store.close`."""
        if self._session.end():
            self._wire.close()

    def _census(self) -> Census:
        self._refresh()
        return Census.take(self._parts)

    def _refresh(self) -> None:
        start = self._layout.known
        while self._layout.take(start, self._wire.ask(self._layout.refresh())):
            start = self._layout.known

    def _reading(self) -> Wire:
        self._session.to_read()
        return self._wire

    def _writing(self) -> Wire:
        self._session.to_write()
        return self._wire

"""Standing questions: what is watched for, and what came in that resembles it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from threading import Lock
from typing import Unpack

import numpy as np

from dedup.engine.reader import Reader
from dedup.errors import InvalidDocument, InvalidInput, StoreDamaged, StoreReadOnly
from dedup.model import Document, Hit, Hits, Watch
from dedup.search.question import WatchFields
from dedup.stores.base import PostingsOf, Stats, Store, Stored
from dedup.stores.codec import decode
from dedup.watches import hits, watches
from dedup.watches.deliveries import Deliveries
from dedup.watches.hits import HitList, id_of, number_of
from dedup.watches.holding import Arrived, hold
from dedup.watches.standing import Standing
from dedup.watches.watches import Watches

_AT_ONCE = 64  # not measured: documents held against the watches at once; long ones must not fill the memory
_BEHIND = 32  # ADR 31: numbers that the cursor may be behind what is settled; as many are settled again
MOST_HITS = 10_000  # not measured: bounds a page, some 10 MB


class Watching(Reader):
    """The half of an index that watches.

    Attributes:
        new_hits: how many hits this opening of the index has written.
    """

    def __init__(self, store: Store) -> None:
        """Work on an open store, and on those beside it once there are watches."""
        super().__init__(store)
        self.new_hits = 0
        self._settled = self._cursor = 0  # what this process has settled, and what is written of it
        self._held = set[int]()  # numbers from there on that it has held against the watches already
        self._opened: dict[str, Store] = {}
        self._opening = Lock()

    def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        webhook: str | None = None,
        webhook_text: bool = False,
        **fields: Unpack[WatchFields],
    ) -> Watch:
        """Hold every document that comes in from now on against a text; a watch of that name is replaced.

        Documents that are there already are no hits. What is put again as it is goes on as it was.

        Args:
            name: the watch's own name, of 1 to 400 bytes of UTF-8.
            text: what to look for: 7 words at least, or 40 characters if that is the index's unit.
            id: a document whose text, as it is now, is looked for instead, and whose metadata `same` compares with.
            webhook: an http or https URL that a service is to send the hits to.
            webhook_text: whether it is to send the documents' texts, too.
            **fields: `min_words`, `min_similarity`, `reworded`, `passages` and `filter`; see `dedup.Question`.

        Raises:
            InvalidInput: a limit, a condition or the URL makes no sense, or there is not either a text or an id.
            InvalidDocument: the name or the text cannot be (`no_id`, `empty_id`, `long_id`, `invalid_id`, `no_text`,
                `long_text`, `short_text`), or there is no document of that id (`unknown_id`).
            StoreError: the index cannot be written.
        """
        if (text is None) == (id is None):
            raise InvalidInput("a watch has either a text or the id of a document that has it; give one of them")
        document = self.document(id) if id is not None else None
        wanted = document.text if document else text or ""
        watch = Watch(name, wanted, id, webhook=webhook, webhook_text=webhook_text, **fields)
        standing = Standing(watch, document.metadata if document else {}, self.arrivals()[0])
        encoded = standing.encoded(self.scheme)
        written, there = HitList(self._made(hits.NAME)), Watches(self._made(watches.NAME))
        written.begin(standing.since)
        old = there.put(standing, encoded)
        if old and not old.asks_as(standing):  # what the one before has found is not sent to the new one's webhook
            Deliveries(written).note(name, id_of(standing.since, ""))
        return watch

    def unwatch(self, name: str) -> bool:
        """Remove a watch and its hits; return whether there was one of that name."""
        there, written = self._watches(), self._hits()
        removed = there is not None and there.remove(name)
        if removed and written:
            written.forget(name)
            Deliveries(written).forget(name)
        return removed

    def watches(self) -> list[Watch]:
        """Return all watches that can be read, in order of their names' UTF-8 bytes."""
        return list(self.watches_from())

    def watches_from(self, after: str = "") -> Iterator[Watch]:
        """Iterate over the watches whose names sort after `after`, in that order, one text in memory at a time."""
        there = self._watches()
        return (standing.watch for standing in there.all(after)) if there else iter(())

    def watched(self, name: str) -> Watch | None:
        """Return the watch of that name, or None.

        Raises:
            StoreDamaged: it cannot be read; put it again.
        """
        there = self._watches()
        standing = there.get(name) if there else None
        return standing.watch if standing else None

    def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits:
        """Return what came in that resembles a watch, in that order, of one watch or of all.

        A hit is kept for 30 days.

        Args:
            name: the watch; by default all.
            after: the cursor of an earlier answer, `Hits.next`, or the id of a hit: what follows it is returned.
            limit: how many hits at most, up to 10,000.

        Raises:
            InvalidInput: the limit makes no sense.
            InvalidDocument: there is no watch of that name (`unknown_watch`).
        """
        if type(limit) is not int or not 1 <= limit <= MOST_HITS:
            raise InvalidInput(f"limit {limit!r}: give a whole number from 1 to {MOST_HITS:,}")
        there = self._watches()
        if name is not None and (there is None or there.gone([name])):
            raise unknown_watch(name)
        with suppress(StoreReadOnly):  # then those that are settled
            self.settle()
        written = self._hits()
        return written.page(name, after, limit, max(self._settled, written.cursor)) if written else Hits((), after)

    def sides(self, hit: Hit) -> tuple[Document, Document] | None:
        """Return a watch's text and a document as they were when they made a hit; None if one of them is not there."""
        number, there = number_of(hit.id), self._watches()
        standing = there.get(hit.watch) if there else None
        stored = self._store.fetch(np.array([number], np.uint32))[0]
        if standing is None or standing.since > number or stored is None or stored.number != number:
            return None
        return standing.document(), decode(stored.id, stored.payload, stored.digest)

    def newest(self, name: str, limit: int = 10) -> list[Hit]:
        """Return the newest hits of a watch, the newest first; none if there is no such watch."""
        there = self._hits()
        return there.newest(name, limit, self.arrivals()[0]) if there else []

    @property
    def deliveries(self) -> Deliveries | None:
        """How far hits were sent to webhooks, for whoever sends them; None while nothing was ever watched."""
        written = self._hits()
        return Deliveries(written) if written else None

    def settle(self) -> int:
        """Hold against the watches what has come in and was not yet; return how many new hits that gave.

        `put` and `hits` do so themselves. What a process that was killed has put is held by the next one that settles.
        A document that was replaced or removed before then is no hit.
        """
        there = self._watches()
        written = self._hits() if there else None  # made before the watches
        if not (there and written):
            return 0
        before = self.new_hits
        end, stored = self._store.arrivals(self._settled)
        if not self._settled or end - self._settled >= _BEHIND:  # of so much, others may have settled a part
            self._cursor = written.cursor
            end, stored = self._store.arrivals(max(self._settled, self._cursor))
        arrived = filter(None, map(_arrived, (one for one in stored if one.number not in self._held)))
        while some := list(islice(arrived, _AT_ONCE)):
            reached = some[-1].number + 1
            found = hold(some, there, self._store)
            if found or reached - self._cursor >= _BEHIND:
                self.new_hits += written.add(found, reached)
                self._cursor = reached
            for name in there.gone({hit.watch for _, hit in found}):  # it was removed before its hits were there
                written.forget(name)
        self._settled = end
        self._held = {number for number in self._held if number >= end}
        return self.new_hits - before

    def settle_own(self, ids: Sequence[str]) -> None:
        """Settle, and hold against the watches what this process has just put, also where that is not settled yet.

        In Redis a writer that has died holds up what is settled for two minutes. What is replaced or removed meanwhile
        is a hit all the same; hits are read in order, once all before them are there.
        """
        self.settle()
        there, written = self._watches(), self._hits()
        if not (there and written):
            return
        own = [one for one in self._store.get(ids) if one and one.number >= self._settled]
        for first in range(0, len(own), _AT_ONCE):
            some = own[first : first + _AT_ONCE]
            self.new_hits += written.write(hold([one for one in map(_arrived, some) if one], there, self._store))
            self._held.update(one.number for one in some)

    def stats(self) -> Stats:
        """Return the index's size; whether it is to grow holds of its watches too."""
        stats = super().stats()
        return replace(stats, grow=stats.grow or any(store.stats().grow for store, _ in self._beside().values()))

    def close(self) -> None:
        """Release the index; a second close does nothing."""
        for store in self._opened.values():
            store.close()
        super().close()

    def _watches(self) -> Watches | None:
        store = self._open(watches.NAME)
        return Watches(store) if store else None

    def _hits(self) -> HitList | None:
        store = self._open(hits.NAME)
        return HitList(store) if store else None

    def _open(self, name: str) -> Store | None:
        """Return the store of that name beside the index's own, if there is one."""
        with self._opening:
            store = self._opened.get(name) or self._store.beside(name)
            if store:
                self._opened[name] = store
            return store

    def _made(self, name: str) -> Store:
        """Return the store of that name beside the index's own, a new one if there is none."""
        with self._opening:
            scheme = watches.scheme_beside(self.scheme)
            store = self._opened.get(name) or self._store.create_beside(name, scheme)
            self._opened[name] = store
            return store

    def _beside(self) -> dict[str, tuple[Store, PostingsOf]]:
        """Return the stores beside the index's own, the hits' first, and what computes their postings."""
        written, there = self._hits(), self._watches()
        both = {hits.NAME: written, watches.NAME: there}
        return {name: (one.store, one.postings_of) for name, one in both.items() if one}


def unknown_watch(name: str) -> InvalidDocument:
    """Return the refusal of a name that no watch has."""
    return InvalidDocument("unknown_watch", f"there is no watch {name!r} in the index; check the name")


def _arrived(stored: Stored) -> Arrived | None:
    """Return a document that came in; None if it cannot be read, which `check` tells."""
    try:
        return Arrived(stored.number, decode(stored.id, stored.payload, stored.digest))
    except StoreDamaged:
        return None

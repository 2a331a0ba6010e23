"""Looking buckets up: one round trip, and what writers have not finished meanwhile is not seen.

The first reply says which chunk numbers are taken and which of them belong to writers at work. Numbers taken later are
hidden; those of writers at work are asked for one by one: hidden, unless an id leads to them already. One that does has
perhaps not been seen in all its buckets, so these are read again, and of this second reading its postings alone are
taken: however fast others write, two readings are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.stores.base import Numbers, Postings
from dedup.stores.names import Names
from dedup.stores.redis.documents import Documents
from dedup.stores.redis.layout import Layout
from dedup.stores.redis.postings import listed_in, numbers_in, own_key, read_own
from dedup.stores.redis.records import AWAITED, Writer
from dedup.stores.redis.requests import Wire, command

_TRIES = 5  # not measured: a writer that asked for numbers knows them a round trip later, or is dead


@dataclass(frozen=True, slots=True)
class Found:
    """Postings as they were found: bucket (its place in the question) and number of each, in order.

    Attributes:
        further: for each bucket, postings of its own set that are not listed.
        given: chunk numbers below it had been given out before.
        writers: those at work before.
    """

    buckets: NDArray[np.int64]
    numbers: Numbers
    further: NDArray[np.int64]
    documents: int
    given: int
    writers: list[Writer]

    def suspects(self) -> NDArray[np.bool_]:
        """Return which postings may be of documents that are not yet there."""
        unsure: NDArray[np.bool_] = self.numbers >= self.given
        for writer in self.writers:
            unsure |= (self.numbers >= writer.first) & (self.numbers < writer.end)
        return unsure

    def joined(self, later: "Found", numbers: Sequence[int]) -> "Found":
        """Return these postings, and those of the given numbers that a later reading found."""
        new = np.isin(later.numbers, numbers)
        buckets = np.concatenate((self.buckets, later.buckets[new]))
        listed = np.concatenate((self.numbers, later.numbers[new]))
        both = np.unique(buckets << 32 | listed)
        return replace(self, buckets=both >> 32, numbers=both.astype(np.uint32))

    def answer(self, hidden: NDArray[np.bool_], limit: int) -> Postings:
        """Return all postings but the hidden ones, the lowest `limit` of each bucket."""
        seen = ~hidden
        buckets, numbers = self.buckets[seen], self.numbers[seen]
        listed = np.bincount(buckets, minlength=len(self.further))
        counts = listed + self.further
        if len(listed) and listed.max() > limit:
            starts = np.concatenate(([0], listed.cumsum()))
            low = np.arange(len(numbers)) - starts[buckets] < limit
            numbers, listed = numbers[low], np.minimum(listed, limit)
        return Postings(counts.astype(np.uint32), np.concatenate(([0], listed.cumsum())), numbers, self.documents)


class Lookups:
    """Reads buckets."""

    def __init__(self, wire: Wire, layout: Layout, documents: Documents) -> None:
        """Work on an open index."""
        self._wire, self._layout, self._documents = wire, layout, documents

    def look(self, names: Names, limit: int) -> Postings:
        """Return what the buckets of these names list; see `Store.lookup`."""
        found = self.read(names, limit)
        hidden = found.suspects()
        shown = self.shown(found)
        if shown:
            found = found.joined(self._read(names, limit), shown)
            hidden = found.suspects() & ~np.isin(found.numbers, shown)
        return found.answer(hidden, limit)

    def read(self, names: Names, limit: int) -> Found:
        """Return all postings, those of writers at work too, and who is at work with which numbers."""
        for _ in range(_TRIES):
            found = self._read(names, limit)
            if all(writer.first != AWAITED for writer in found.writers):
                break
        return found

    def shown(self, found: Found) -> list[int]:
        """Return the suspects that lead to a living document which no other of the numbers leads to.

        That document need not be the one that the postings were of: it may have been replaced since they were read,
        and its successor's postings written after that.
        """
        suspects = np.unique(found.numbers[found.suspects()]).tolist()
        if not suspects:
            return []
        seen, there = set(found.numbers.tolist()), zip(suspects, self._documents.fetch(suspects), strict=True)
        return [number for number, one in there if one and (number in one.numbers or seen.isdisjoint(one.numbers))]

    def _read(self, names: Names, limit: int) -> Found:
        """Ask until the shards asked are those that there are, and all hot buckets are known."""
        layout = self._layout
        while True:
            hot, start = layout.hot_among(names), layout.known
            shards = layout.generations[0]
            control = [command(b"GET", layout.seq), command(b"HVALS", layout.pending)]
            own = read_own(layout.namespace, names[hot].tolist(), limit)
            rest = [*shards.read(names), *own, *(command(b"ZCARD", key) for key in layout.id_lists), *layout.refresh()]
            if self._wire.nodes_are_many:  # only one server's replies are in order
                (given, entries), replies = self._wire.ask(control), self._wire.ask(rest)
            else:
                given, entries, *replies = self._wire.ask([*control, *rest])
            changed = layout.take(start, replies[-2:])
            if not changed and (layout.known == start or layout.hot_among(names) == hot):
                break
        writers = [Writer.load(entry) for entry in entries]
        lists = replies[: len(names)]
        sizes = np.zeros(len(names), np.int64)
        documents = sum(replies[len(names) + len(own) : -2])
        lengths = np.fromiter(map(len, lists), np.int64, len(lists))
        listed = np.repeat(np.arange(len(lists)), lengths) << 32 | listed_in(lists)
        if hot:
            theirs = self._own_lists(names, hot, writers, replies[len(names) :], sizes)
            listed = np.sort(np.concatenate((listed, theirs)))
        return Found(listed >> 32, listed.astype(np.uint32), sizes, documents, int(given or 0), writers)

    def _own_lists(
        self, names: Names, hot: list[int], writers: list[Writer], replies: Sequence[Any], further: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the postings (place, then number) in hot buckets' own sets; write how many more there are."""
        lists, sizes = replies[0 : 2 * len(hot) : 2], replies[1 : 2 * len(hot) : 2]
        extras = self._at_work(names, hot, writers)
        lists = [[*dict.fromkeys((*one, *extra))] if extra else one for one, extra in zip(lists, extras, strict=True)]
        places = np.repeat(np.array(hot, np.int64), [len(listed) for listed in lists])
        further[hot] = np.maximum(np.subtract(sizes, [len(one) for one in lists]), 0)
        return places << 32 | numbers_in(lists)

    def _at_work(self, names: Names, hot: list[int], writers: list[Writer]) -> list[list[bytes]]:
        """Return the members of writers at work in hot buckets' own sets: what is hidden must not be counted."""
        ranges = [
            (b"[" + writer.first.to_bytes(4, "big"), b"(" + writer.end.to_bytes(4, "big"))
            for writer in writers
            if writer.first < writer.end
        ]
        if not (ranges and hot):
            return [[]] * len(hot)
        keys = [own_key(self._layout.namespace, int(names[place])) for place in hot]
        replies = self._wire.ask([command(b"ZRANGEBYLEX", key, *one) for key in keys for one in ranges])
        width = len(ranges)
        return [[*chain.from_iterable(replies[i * width : (i + 1) * width])] for i in range(len(hot))]

"""Sweep and check an index in use: expired documents, leftovers of crashed writers, missing records.

What no pointer leads to is dead for good if its number is below a floor, below every number that a writer now in the
journal may use: numbers are never used again. What a pointer leads to must be whole, whatever its number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from dedup.stores.base import CheckReport, Numbers, PostingsOf, Stored, SweepReport, lives
from dedup.stores.check import check as compare
from dedup.stores.check import delete_orphans
from dedup.stores.names import Names, flatten
from dedup.stores.redis import records
from dedup.stores.redis.documents import Documents, seconds
from dedup.stores.redis.layout import SUBSHARDS, TAGS, Layout
from dedup.stores.redis.records import Pointer, Writer
from dedup.stores.redis.requests import Wire, command, pack
from dedup.stores.redis.writing import Journal, PostingWriter, count

_AT_ONCE = 2_000  # not measured: bounds a reply
_DOCUMENTS_AT_ONCE = 256  # not measured: bounds the texts held at once
Page = list[tuple[bytes, Pointer]]


@dataclass(frozen=True, slots=True)
class Census:
    """One look at an index.

    Attributes:
        given: chunk numbers below it had been given out.
        floor: of those below it, the ones that no pointer leads to are dead.
        now: the server's time.
        dead: the journal's entries of writers that are no more.
        quiet: whether nobody was writing.
    """

    wire: Wire
    layout: Layout
    documents: Documents
    postings: PostingWriter
    given: int
    floor: int
    now: float
    dead: list[bytes]
    quiet: bool

    @classmethod
    def take(cls, wire: Wire, layout: Layout, documents: Documents, postings: PostingWriter) -> "Census":
        """See who is writing; the next number is read first, so that whoever took one before is in the journal."""
        given, entries, time = wire.ask(
            [command(b"GET", layout.seq), command(b"HGETALL", layout.pending), (layout.pending, pack(b"TIME"), 1)]
        )
        now = seconds(time)
        writers = {token: Writer.load(data) for token, data in zip(entries[::2], entries[1::2], strict=True)}
        dead = [token for token, writer in writers.items() if now - writer.began > records.LEASE]
        alive = [writer.floor for token, writer in writers.items() if token not in dead]
        floor = min([int(given or 0), *alive])
        return cls(wire, layout, documents, postings, int(given or 0), floor, now, dead, not alive)

    def pointers(self) -> Iterator[tuple[int, bytes, Page]]:
        """Iterate over all pointers to numbers that were given out: tag, key and what it holds, a hash at a time."""
        for tag, key, page in _pointers(self.wire, self.layout):
            judged = [(name, pointer) for name, pointer in page if pointer.number < self.given]
            if judged:
                yield tag, key, judged

    def stored(self) -> Iterator[Stored]:
        """Iterate over all documents whose numbers had been given out, in no order."""
        numbers = (pointer.number for _, _, page in self.pointers() for _, pointer in page)
        while some := list(islice(numbers, _DOCUMENTS_AT_ONCE)):
            yield from filter(None, self.documents.records(some))

    def lost_chunks(self, *, repair: bool) -> int:
        """Return how many further chunks' numbers lead nowhere; on demand let them lead to their document again."""
        pairs = (
            (one.number, number)
            for _, _, page in self.pointers()
            for _, one in page
            for number in range(one.number + 1, one.number + one.chunks)
        )
        lost = 0
        while some := list(islice(pairs, _AT_ONCE)):
            there = self.documents.present({number for pair in some for number in pair})
            gone = [(first, number) for first, number in some if first in there and number not in there]
            lost += len(gone)
            if repair:
                self.documents.write({number: records.pack_chunk(first) for first, number in gone})
        return lost

    def walk(self) -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings of numbers that had been given out."""
        for names, numbers in self.postings.walk():
            judged = numbers < self.given
            yield names[judged], numbers[judged]

    def put(self, names: Names, numbers: Numbers) -> int:
        """Put postings of documents that are still there."""
        living = {number for number in set(numbers.tolist()) if self.documents.fetch([number])[0]}
        wanted = np.isin(numbers, np.fromiter(living, np.uint32, len(living)))
        return self.counted(self.postings.put(names[wanted], numbers[wanted]))

    def delete(self, names: Names, numbers: Numbers) -> int:
        """Delete postings."""
        return -self.counted(-self.postings.delete(names, numbers))

    def counted(self, change: int) -> int:
        """Keep the count of postings true."""
        count(self.wire, self.layout, postings=change)
        return change

    def bury(self, *, recount: bool) -> int:
        """Delete records that no pointer leads to, then the dead writers' entries; return how many records."""
        alive, chunks = self._alive()
        prefix, deleted = self.layout.document(0)[:-1], 0
        for keys in self.wire.keys(prefix + b"*"):
            numbers = np.array([int(key[len(prefix) :]) for key in keys], np.int64)
            numbers = numbers[numbers < self.floor]
            deleted += self.documents.unlink(numbers[~alive(numbers)].tolist())
        if self.dead:
            self.wire.one(command(b"HDEL", self.layout.pending, *self.dead))
        if recount and self.quiet:
            total = sum(len(names) for names, _ in self.postings.walk())
            self.wire.one(command(b"HSET", self.layout.counts, b"chunks", chunks, b"postings", total))
        return deleted

    def _alive(self) -> tuple[Callable[[NDArray[np.int64]], NDArray[np.bool_]], int]:
        """Return what tells the numbers of living documents, below the floor, in a bit each; and how many there are."""
        bits, chunks = np.zeros(self.floor // 8 + 1, np.uint8), 0
        for _, _, page in self.pointers():
            for _, pointer in page:
                numbers = np.arange(pointer.number, min(pointer.number + pointer.chunks, self.floor))
                np.bitwise_or.at(bits, numbers >> 3, (1 << (numbers & 7)).astype(np.uint8))
                chunks += pointer.chunks
        return lambda numbers: (bits[numbers >> 3] >> (numbers & 7).astype(np.uint8) & 1).astype(bool), chunks

    def expire(self, postings_of: PostingsOf) -> int:
        """Delete documents whose time has come, and pointers whose records are gone; return how many expired."""
        expired = 0
        for tag, key, page in self.pointers():
            there = self.wire.ask([command(b"EXISTS", self.layout.document(pointer.number)) for _, pointer in page])
            gone = [
                one for one, exists in zip(page, there, strict=True) if not (exists and lives(one[1].expires, self.now))
            ]
            if gone:
                expired += self._expire(tag, key, gone, postings_of)
        return expired

    def _expire(self, tag: int, key: bytes, gone: Page, postings_of: PostingsOf) -> int:
        with Journal(self.wire, self.layout) as journal:
            stored = self.documents.records([pointer.number for _, pointer in gone])
            if not self.wire.delete_if_same(
                key, {name: pointer.pack() for name, pointer in gone}, self.layout.id_lists[tag]
            ):
                return 0
            found = [one for one in stored if one]
            postings = [posting for one in found for posting in one.postings(postings_of)]
            journal.added -= self.postings.delete(*flatten(postings))
            journal.chunks -= sum(pointer.chunks for _, pointer in gone)
            self.documents.forget([pointer for _, pointer in gone])
            return len(found)

    def orphans(self) -> int:
        """Delete the postings of the dead; return how many there were."""
        alive = self._alive()[0]

        def is_safe(numbers: Numbers) -> NDArray[np.bool_]:
            safe = numbers >= self.floor
            safe[~safe] = alive(numbers[~safe].astype(np.int64))
            return safe

        return delete_orphans(self, is_safe)


def _pointers(wire: Wire, layout: Layout) -> Iterator[tuple[int, bytes, Page]]:
    for tag in range(TAGS):
        keys = [layout.pointers(tag, sub) for sub in range(SUBSHARDS)]
        for key, flat in zip(keys, wire.ask([command(b"HGETALL", key) for key in keys]), strict=True):
            pairs = zip(flat[::2], flat[1::2], strict=True)
            yield tag, key, [(name, Pointer(*Pointer.load(data) or ())) for name, data in pairs]


def hidden_chunks(wire: Wire, layout: Layout, *, repair: bool) -> int:
    """Return how many chunks have numbers that nobody has given out; on demand pass over those numbers.

    That comes about where the server that gives numbers out has lost its last writes and others have not. Look-ups take
    such a number for that of a document being written.
    """
    pairs = [(one.number + one.chunks, one.chunks) for _, _, page in _pointers(wire, layout) for _, one in page]
    given = int(wire.one(command(b"GET", layout.seq)) or 0)
    hidden = [(end, chunks) for end, chunks in pairs if end > given]
    if hidden and repair:
        wire.one(command(b"INCRBY", layout.seq, max(hidden)[0] - given))
    return sum(chunks for _, chunks in hidden)


def sweep(census: Census, postings_of: PostingsOf) -> SweepReport:
    """Delete what has expired and what the dead left; see `Store.sweep`."""
    expired = census.expire(postings_of)
    postings = census.orphans()
    return SweepReport(expired, census.bury(recount=True), postings)


def check(census: Census, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
    """Compare postings and documents both ways; see `Store.check`."""
    if repair:
        census.expire(postings_of)
    lost = census.lost_chunks(repair=repair)
    report = compare(census, census.stored, postings_of, repair=repair, floor=census.floor)
    if repair:
        census.bury(recount=True)
    return replace(report, missing=report.missing + lost)

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
from dedup.stores.names import Names
from dedup.stores.redis import records
from dedup.stores.redis.documents import Led, seconds
from dedup.stores.redis.layout import SUBSHARDS, TAGS, Layout, numbers_of
from dedup.stores.redis.mending import withdraw
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.records import Pointer, writers_in
from dedup.stores.redis.requests import Wire, command, pack
from dedup.stores.redis.writing import Journal, count, strike

_DOCUMENTS_AT_ONCE = 256  # not measured: bounds the texts held at once
_NUMBERS_TRIED = 1 << 14  # not measured: as many numbers are asked for one by one, of which many may lead nowhere
Page = list[Led]


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

    parts: Parts
    given: int
    floor: int
    now: float
    dead: list[bytes]
    quiet: bool

    @classmethod
    def take(cls, parts: Parts) -> "Census":
        """See who is writing; the next number is read first, so that whoever took one before is in the journal."""
        pending = parts.layout.pending
        given, entries, time = parts.wire.ask(
            [command(b"GET", parts.layout.seq), command(b"HGETALL", pending), (pending, pack(b"TIME"), 1)]
        )
        now, writers = seconds(time), writers_in(entries)
        dead = [token for token, writer in writers.items() if writer.is_dead(now)]
        alive = [writer.floor for token, writer in writers.items() if token not in dead]
        floor = min([int(given or 0), *alive])
        return cls(parts, int(given or 0), floor, now, dead, not alive)

    def pointers(self) -> Iterator[tuple[int, bytes, Page]]:
        """Iterate over all pointers to numbers that were given out: tag, key and what it holds, a hash at a time."""
        for tag, key, page in _pointers(self.parts.wire, self.parts.layout):
            judged = [(name, pointer) for name, pointer in page if pointer.number < self.given]
            if judged:
                yield tag, key, judged

    def stored(self) -> Iterator[Stored]:
        """Iterate over all documents whose numbers had been given out, in no order."""
        led = (one for _, _, page in self.pointers() for one in page)
        while some := list(islice(led, _DOCUMENTS_AT_ONCE)):
            yield from filter(None, self.parts.documents.led_to(some))

    def arrivals(self, first: int) -> Iterator[Stored]:
        """Iterate over the living documents numbered from `first` on and below the floor, in that order."""
        numbers = np.arange(first, self.floor)
        if len(numbers) > _NUMBERS_TRIED:
            led = [np.array([one.number for _, one in page], np.int64) for _, _, page in self.pointers()]
            numbers = np.sort(np.concatenate([np.empty(0, np.int64), *led]))
            numbers = numbers[(numbers >= first) & (numbers < self.floor)]
        for start in range(0, len(numbers), _DOCUMENTS_AT_ONCE):
            some = numbers[start : start + _DOCUMENTS_AT_ONCE].tolist()
            found = self.parts.documents.fetch(some)
            yield from (one for number, one in zip(some, found, strict=True) if one and one.number == number)

    def expired(self) -> int:
        """Return how many documents have expired."""
        return sum(not lives(one.expires, self.now) for _, _, page in self.pointers() for _, one in page)

    def holes(self, *, repair: bool) -> tuple[list[str], int]:
        """Return the ids that lead to no record of theirs, and how many further chunks' numbers lead nowhere.

        On demand the numbers lead to their document again.
        """
        lost, gone = list[str](), 0
        for _, _, page in self.pointers():
            there = self.parts.documents.present(page)
            lost += [_shown(name) for (name, _), is_there in zip(page, there, strict=True) if not is_there]
            further = {
                number: one.number
                for (_, one), is_there in zip(page, there, strict=True)
                if is_there
                for number in one.numbers[1:]
            }
            nowhere = further.keys() - self.parts.documents.leading(further)
            gone += len(nowhere)
            if repair:
                self.parts.documents.write({number: records.pack_chunk(further[number]) for number in nowhere})
        return lost, gone

    def unlisted(self, *, repair: bool) -> int:
        """Return how many ids that lead to something are not in the list that a scan follows; on demand list them."""
        count = 0
        for tag, key, page in self.pointers():
            ids, names = self.parts.layout.id_lists[tag], [name for name, _ in page]
            led = command(b"HMGET", key, *names)
            # a full server refuses transactions, so pointers are read before and after
            before, listed, after = self.parts.wire.ask([led, command(b"ZMSCORE", ids, *names), led])
            seen = zip(names, listed, before, after, strict=True)
            unlisted = [name for name, score, first, last in seen if score is None and first and first == last]
            count += len(unlisted)
            if repair and unlisted:
                self.parts.wire.one(command(b"ZADD", ids, *(part for name in unlisted for part in (0, name))))
        return count

    def walk(self) -> Iterator[tuple[Names, Numbers]]:
        """Iterate over all postings of numbers that had been given out."""
        for names, numbers in self.parts.postings.walk():
            judged = numbers < self.given
            yield names[judged], numbers[judged]

    def put(self, names: Names, numbers: Numbers) -> int:
        """Put postings of documents that are still there."""
        living = {number for number in set(numbers.tolist()) if self.parts.documents.fetch([number])[0]}
        wanted = np.isin(numbers, np.fromiter(living, np.uint32, len(living)))
        return self.counted(self.parts.postings.put(names[wanted], numbers[wanted]))

    def delete(self, names: Names, numbers: Numbers) -> int:
        """Delete postings."""
        return -self.counted(-self.parts.postings.delete(names, numbers))

    def counted(self, change: int) -> int:
        """Keep the count of postings true."""
        count(self.parts.wire, self.parts.layout, postings=change)
        return change

    def bury(self, *, recount: bool) -> int:
        """Delete records that no pointer leads to, then the dead writers' entries; return how many records."""
        alive, chunks = self._alive()
        prefix, deleted = self.parts.layout.document(0)[:-1], 0
        for keys in self.parts.wire.keys(prefix + b"*"):
            numbers = np.array(numbers_of(keys, prefix, 10), np.int64)
            numbers = numbers[numbers < self.floor]
            deleted += self.parts.documents.unlink(self.parts.documents.lasting(numbers[~alive(numbers)].tolist()))
        if self.dead:
            self.parts.wire.ask(strike(self.parts.layout, self.dead))
        if recount and self.quiet:
            total = sum(len(names) for names, _ in self.parts.postings.walk())
            self.parts.wire.one(command(b"HSET", self.parts.layout.counts, b"chunks", chunks, b"postings", total))
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

    def expire(self, postings_of: PostingsOf, *, forget: bool) -> tuple[int, list[str]]:
        """Delete documents whose time has come, on demand pointers whose records are gone too.

        Returns:
            How many documents there were, and the ids whose records were gone.
        """
        expired, lost = 0, list[str]()
        for tag, key, page in self.pointers():
            there = self.parts.documents.present(page) if forget else [True] * len(page)
            gone = [
                one
                for one, is_there in zip(page, there, strict=True)
                if not (is_there and lives(one[1].expires, self.now))
            ]
            if gone and (stored := self._expire(tag, key, gone, postings_of)) is not None:
                expired += len(stored)
                lost += [_shown(name) for name, _ in gone if name not in stored]
        return expired, lost

    def _expire(self, tag: int, key: bytes, gone: Page, postings_of: PostingsOf) -> set[bytes] | None:
        """Delete pointers and what they lead to; return the ids that led to a record, None if they lead elsewhere."""
        parts, pointers = self.parts, {name: pointer.pack() for name, pointer in gone}
        with Journal(parts.wire, parts.layout, olds=[pointer.number for _, pointer in gone]) as journal:
            stored = [one for one in parts.documents.led_to(gone) if one]
            if not parts.wire.delete_if_same(key, pointers, parts.layout.id_lists[tag]):
                return None
            withdraw(parts, journal, stored, postings_of)
            journal.chunks -= sum(pointer.chunks for _, pointer in gone)
            parts.documents.forget(one.numbers for one in stored)
            return {one.id.encode() for one in stored}

    def orphans(self) -> int:
        """Delete the postings of the dead; return how many there were."""
        alive = self._alive()[0]

        def is_safe(numbers: Numbers) -> NDArray[np.bool_]:
            safe = numbers >= self.floor
            safe[~safe] = alive(numbers[~safe].astype(np.int64))
            return safe

        return delete_orphans(self, is_safe)


def _shown(name: bytes) -> str:
    """Return an id as a string, whatever its bytes are."""
    return name.decode(errors="backslashreplace")


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
    expired, _ = census.expire(postings_of, forget=False)
    postings = census.orphans()
    return SweepReport(expired, census.bury(recount=True), postings)


def check(census: Census, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
    """Compare postings and documents both ways; see `Store.check`."""
    dropped = census.expire(postings_of, forget=True)[1] if repair else []
    lost, chunks = census.holes(repair=repair)
    unlisted = census.unlisted(repair=repair)
    report = compare(census, census.stored, postings_of, now=census.now, repair=repair, floor=census.floor)
    mended = report.repaired
    if repair:
        census.bury(recount=True)
        mended += len(dropped) + chunks + unlisted
    return replace(report, lost=(*dropped, *lost), missing=report.missing + chunks + unlisted, repaired=mended)

"""One call of put: written, made current, confirmed; begun anew with other numbers if a server changes meanwhile.

What an attempt that was given up has left is of no use: the server may lack any part of it. So whatever it began to
write is written again, also where its pointer is there, and both it and what it replaced are deleted in the end.
"""

import time
from collections.abc import Mapping, Sequence
from typing import cast

from dedup.admission import id_key
from dedup.errors import StoreBusy, StoreFull
from dedup.model import Status
from dedup.stores.base import Buckets, Entry, PostingsOf, lives
from dedup.stores.names import flatten
from dedup.stores.redis.documents import Flip, Led
from dedup.stores.redis.judging import LOOKS, TURNS, Judging, pauses
from dedup.stores.redis.mending import mend, withdraw
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.records import Pointer, pack_chunk, pack_record
from dedup.stores.redis.writing import Journal


class Putting:
    """A call of put, over as many attempts as it takes."""

    def __init__(
        self, parts: Parts, entries: Sequence[Entry], postings_of: PostingsOf, judging: Judging | None = None
    ) -> None:
        """Be ready to put the entries, those that are judged if they are found to be new."""
        self._parts, self._given, self._postings_of = parts, entries, postings_of
        self._entries = list(entries)
        self._judging = judging
        self._keys = [id_key(entry.id) for entry in entries]
        self._before: dict[int, Pointer | None] = {}
        self._own: list[range] = []
        self._given_up: list[Journal] = []
        self._statuses: list[Status] = list(map(_unwritten, entries))

    def attempt(self) -> list[Status]:
        """Put what is not there yet, and return what became of each entry.

        Raises:
            ServersChanged: another attempt is needed.
            StoreBusy: others' documents, on which some of these depend, are neither put nor given up for too long.
        """
        self._entries = list(self._given)  # without what a judge has added in an attempt before
        for place, entry in enumerate(self._entries):
            if self._statuses[place] == "duplicate":
                self._statuses[place] = _unwritten(entry)
        with self._parts.wire.steady():
            for journal in self._given_up:  # the server was away when they were given up
                journal.give_up()
            self._give_up_announced()
            left = self._put_some(range(len(self._entries)))
            for pause in pauses(TURNS):
                if not left:
                    return self._statuses
                time.sleep(pause)
                left = self._put_some(left)
        raise StoreBusy(
            f"index {self._parts.wire.name}: {len(left):,} documents depend on what other writers are putting, and "
            f"these have not finished for {TURNS:.0f} s; put the batch again"
        )

    def _give_up_announced(self) -> None:
        """Delete the records that an attempt before has announced: nobody is to wait for them any more."""
        numbers = [number for numbers in self._own for number in numbers] if self._judging else []
        if numbers:
            stored = {one.number: one for one in self._parts.documents.records(numbers) if one}
            gone = self._parts.documents.not_current(stored)
            self._parts.documents.forget(stored[number].numbers for number in gone)

    def _put_some(self, places: Sequence[int]) -> Sequence[int]:
        """Put the entries at some places; return those that had to give way to other writers' and must begin anew."""
        found, now = self._parts.documents.pointers([self._keys[place] for place in places])
        known = dict(zip(places, found, strict=True))
        fresh = self._fresh(known, now)
        if fresh:
            return self._put(fresh, known, now)
        self._parts.durability.confirm()
        return []

    def _fresh(self, known: Mapping[int, Pointer | None], now: float) -> list[int]:
        """Return the places of the entries that must be written, given where their ids lead."""
        stays = [
            (place, old)
            for place, old in known.items()
            if old
            and lives(old.expires, now)
            and (self._entries[place].create or old.digest == self._entries[place].digest)
            and not self._is_own(old)
        ]
        # a removal that was cut short leaves the pointer alone, a failover perhaps another's record
        there = self._parts.documents.present([(self._keys[place], old) for place, old in stays])
        left_alone = {place for (place, _), is_there in zip(stays, there, strict=True) if is_there}
        return [place for place in known if place not in left_alone]

    def _is_own(self, pointer: Pointer) -> bool:
        """Return whether an attempt that was given up has written it."""
        return any(pointer.number in numbers for numbers in self._own)

    def _put(self, fresh: list[int], known: Mapping[int, Pointer | None], now: float) -> Sequence[int]:
        olds = [old.number for place in fresh if (old := known[place])]
        chunks = sum(len(self._entries[place].postings) for place in fresh)
        judged = self._judging is not None
        journal = Journal(self._parts.wire, self._parts.layout, chunks, olds, judged=judged)
        self._given_up.append(journal)  # until it has left
        with journal:
            self._own.append(range(journal.first, journal.first + chunks))
            flips = self._flips(journal.first, fresh, known, now)
            self._write(journal, flips)
            left = self._commit_judged(journal, flips, now) if self._judging else self._commit(journal, flips, now)
            mend(self._parts, journal, self._postings_of)
        self._given_up.pop()
        return left

    def _commit(self, journal: Journal, flips: dict[int, Flip], now: float) -> list[int]:
        """Make documents current, and clean up; nothing is left to be put."""
        if flips:
            flipped = self._parts.documents.replace(journal, list(flips.values()))
            self._parts.durability.confirm()
            self._clean(journal, flips, flipped, now)
        return []

    def _commit_judged(self, journal: Journal, flips: dict[int, Flip], now: float) -> list[int]:
        """Make those current that are found to be new, and take the others back; return those that gave way."""
        judging, waiting = cast("Judging", self._judging), flips
        for pause in pauses(LOOKS):
            found = judging.judge(self._entries, waiting, self._own)
            for place, entry in found.free.items():
                journal.added += judging.amend(self._entries[place], entry, flips[place])
                self._entries[place] = entry
            self._commit(journal, {place: flips[place] for place in found.free}, now)
            for place in (*found.refused, *found.behind):
                self._take_back(journal, self._entries[place], flips[place].fresh)
            for place in found.refused:
                self._statuses[place] = "duplicate"
            waiting = {place: flips[place] for place in found.ahead}
            if found.behind or not waiting:
                break
            time.sleep(pause)
        for place in waiting:
            self._take_back(journal, self._entries[place], flips[place].fresh)
        return sorted([*waiting, *found.behind])

    def _flips(self, number: int, fresh: list[int], known: Mapping[int, Pointer | None], now: float) -> dict[int, Flip]:
        """Return the pointer to be written for each place, the numbers given out from `number` on."""
        flips = {}
        for place in fresh:
            entry, old = self._entries[place], known[place]
            if not (old and self._is_own(old)):
                self._before.setdefault(place, old)
            pointer = Pointer(number, len(entry.postings), entry.expires(now), entry.digest)
            flips[place] = Flip(self._keys[place], pointer, old, entry.create)
            number += pointer.chunks
        return flips

    def _write(self, journal: Journal, flips: dict[int, Flip]) -> None:
        """Write records and postings, which nothing leads to yet."""
        postings: list[tuple[int, Buckets]] = []
        values: dict[int, bytes] = {}
        for place, (_, pointer, _, _) in flips.items():
            entry = self._entries[place]
            values[pointer.number] = pack_record(entry, pointer.expires)
            values |= dict.fromkeys(pointer.numbers[1:], pack_chunk(pointer.number))
            postings += enumerate(entry.postings, pointer.number)
        try:
            self._parts.documents.write(values)
            journal.added += self._parts.postings.put(*flatten(postings))
        except StoreFull:
            self._parts.postings.delete(*flatten(postings))
            self._parts.documents.forget(flip.fresh.numbers for flip in flips.values())
            journal.leave()
            raise

    def _clean(
        self, journal: Journal, flips: dict[int, Flip], flipped: Sequence[tuple[bool, Pointer | None]], now: float
    ) -> None:
        """Delete what was replaced, and what was written for ids that somebody else has created meanwhile."""
        gone, retried = list[Led](), len(self._own) > 1 or self._parts.wire.repeated
        for (place, flip), (current, old) in zip(flips.items(), flipped, strict=True):
            if not current:
                self._take_back(journal, self._entries[place], flip.fresh)
                continue
            before = self._before.get(place) if old and self._is_own(old) else old
            self._statuses[place] = _status(flip, before, now)
            perhaps = self._before.get(place) if retried else None
            gone += [(flip.key, one) for one in dict.fromkeys((old, before, perhaps)) if one]
        stored = [one for one in self._parts.documents.led_to(gone) if one]
        withdraw(self._parts, journal, stored, self._postings_of)
        self._parts.documents.entomb(stored)

    def _take_back(self, journal: Journal, entry: Entry, pointer: Pointer) -> None:
        """Delete what was written for a document whose id somebody else has created meanwhile."""
        journal.added -= self._parts.postings.delete(*flatten(list(enumerate(entry.postings, pointer.number))))
        self._parts.documents.forget([pointer.numbers])


def _status(flip: Flip, before: Pointer | None, now: float) -> Status:
    """Return what a put did to what its flip met: another writer may have removed the document, or put the same."""
    if flip.create or before is None or not lives(before.expires, now):
        return "put"
    return "unchanged" if before.digest == flip.fresh.digest else "replaced"


def _unwritten(entry: Entry) -> Status:
    """Return what became of an entry that was not written."""
    return "kept" if entry.create else "unchanged"

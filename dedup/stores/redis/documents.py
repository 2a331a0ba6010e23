"""Documents in Redis: a pointer for each id, a record for each pointer, and lists of ids in their order."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from dedup.errors import StoreDamaged, StoreFull
from dedup.stores.base import Stored, lives
from dedup.stores.redis.layout import Layout
from dedup.stores.redis.records import Pointer, first_of, load_record
from dedup.stores.redis.requests import Request, Wire, command, pack, transaction
from dedup.stores.redis.writing import Journal

_PAGE = 64  # not measured: ids of each of 32 lists in a reply
_PASSED_OVER = 1 << 16  # more numbers than are given out in the seconds that a server can lose


def seconds(reply: Sequence[bytes]) -> float:
    """Return what TIME replies as seconds since 1970."""
    return int(reply[0]) + int(reply[1]) / 1e6


class Flip(NamedTuple):
    """A pointer to be written.

    Attributes:
        key: the id as UTF-8.
        fresh: where it leads from then on.
        known: where it led before, as far as is known.
        create: leave it if it leads to something.
    """

    key: bytes
    fresh: Pointer
    known: Pointer | None
    create: bool


class Documents:
    """Reads and flips pointers, reads and deletes records."""

    def __init__(self, wire: Wire, layout: Layout) -> None:
        """Work on an open index."""
        self._wire, self._layout = wire, layout
        self._time: Request = (layout.pending, pack(b"TIME"), 1)

    def pointers(self, keys: Sequence[bytes]) -> tuple[list[Pointer | None], float]:
        """Return the pointer of each id, given as UTF-8, and the server's time."""
        *found, time = self._wire.ask([*(self._pointer(key) for key in keys), self._time])
        return [Pointer.load(data) for data in found], seconds(time)

    def get(self, keys: Sequence[bytes]) -> list[Stored | None]:
        """Return the living document of each id."""
        answers: dict[bytes, Stored | None] = dict.fromkeys(keys)
        left, before = list(answers), dict[bytes, Pointer]()
        while left:
            found, now = self.pointers(left)
            # a pointer that is still the same although its record was gone belongs to a removal that was cut short
            alive = {
                key: pointer
                for key, pointer in zip(left, found, strict=True)
                if pointer and lives(pointer.expires, now) and before.get(key) != pointer
            }
            found_there = self.records([one.number for one in alive.values()])
            answers |= {
                key: stored if stored and stored.id.encode() == key else None
                for key, stored in zip(alive, found_there, strict=True)
            }
            left, before = [key for key in alive if answers[key] is None], alive
        return [answers[key] for key in keys]

    def records(self, numbers: Sequence[int]) -> list[Stored | None]:
        """Return the record that each first chunk's number leads to."""
        return [
            None if data is None else load_record(number, data)
            for number, data in zip(numbers, self._wire.ask([self._record(one) for one in numbers]), strict=True)
        ]

    def present(self, numbers: Collection[int]) -> set[int]:
        """Return those chunk numbers that lead to something."""
        replies = self._wire.ask([command(b"EXISTS", self._layout.document(number)) for number in numbers])
        return {number for number, exists in zip(numbers, replies, strict=True) if exists}

    def fetch(self, numbers: Sequence[int]) -> list[Stored | None]:
        """Return the living document of each chunk number: in one round trip, unless it is a further chunk's.

        A second one follows if somebody is writing, or died while writing: it asks whether the records are current.
        """
        *found, writers, time = self._wire.ask(
            [*(self._record(number) for number in numbers), command(b"HLEN", self._layout.pending), self._time]
        )
        firsts = [first_of(data) if data else None for data in found]
        owners = sorted({first for first in firsts if first is not None})
        further = dict(zip(owners, self.records(owners), strict=True))
        now = seconds(time)
        answers: list[Stored | None] = []
        for number, data, first in zip(numbers, found, firsts, strict=True):
            record = further[first] if first is not None else load_record(number, data) if data else None
            fits = record and lives(record.expires, now) and number < record.number + record.chunks
            answers.append(record if fits else None)
        return self._current(answers) if writers else answers

    def _current(self, answers: list[Stored | None]) -> list[Stored | None]:
        """Return None instead of a record that its id's pointer does not lead to."""
        keys = list({one.id.encode() for one in answers if one})
        found = dict(zip(keys, self.pointers(keys)[0], strict=True))

        def is_current(stored: Stored) -> bool:
            pointer = found[stored.id.encode()]
            return pointer is not None and pointer.number == stored.number

        return [one if one and is_current(one) else None for one in answers]

    def write(self, values: dict[int, bytes]) -> None:
        """Write what chunk numbers lead to.

        Raises:
            StoreDamaged: numbers are another document's: the server that gives them out has lost its last ones, and
                gives them out again. Nothing of that document is changed; these numbers are passed over from then on.
        """
        there = self._wire.ask(
            [command(b"SET", self._layout.document(number), data, b"NX", b"GET") for number, data in values.items()]
        )
        strange = {number for (number, data), old in zip(values.items(), there, strict=True) if old not in (None, data)}
        if strange:
            self.unlink([number for number in values if number not in strange])
            self._wire.one(command(b"INCRBY", self._layout.seq, _PASSED_OVER))
            raise StoreDamaged(
                f"index {self._wire.name}: a server has lost its last writes and gives out numbers that are taken; "
                "they are passed over from now on: put the batch again, and run `dedup check --repair`"
            )

    def replace(self, journal: Journal, flips: Sequence[Flip]) -> list[tuple[Pointer | None, Stored | None] | None]:
        """Flip pointers, the commit point, and delete the records replaced.

        Returns:
            What each id led to, and the document that was there; None if it was only to be created, and was there.
        """
        journal.hold()
        self._clear([flip for flip in flips if flip.create and flip.known])
        written = [flip.fresh.pack() for flip in flips]
        replies = self._flip(
            [flip.key for flip in flips],
            lambda place, at: [
                command(b"HGET", at, flips[place].key),
                command(b"HSETNX" if flips[place].create else b"HSET", at, flips[place].key, written[place]),
            ],
            lambda ids, members: command(b"ZADD", ids, *(part for key in members for part in (b"0", key))),
        )
        olds: list[Pointer | None] = []
        for flip, data, own in zip(flips, replies, written, strict=True):
            journal.doubtful |= (
                data == own
            )  # the transaction had been done, its reply lost, and whom it replaced with it
            olds.append(flip.known if flip.create or data == own else Pointer.load(data))
        kept = [
            flip.create and data not in (None, own) for flip, data, own in zip(flips, replies, written, strict=True)
        ]
        olds = [None if stays else old for stays, old in zip(kept, olds, strict=True)]
        journal.chunks += sum(flip.fresh.chunks for flip, stays in zip(flips, kept, strict=True) if not stays)
        journal.chunks -= sum(old.chunks for old in olds if old)
        taken = self._take(olds)
        return [None if stays else (old, one) for stays, old, one in zip(kept, olds, taken, strict=True)]

    def _clear(self, flips: Sequence[Flip]) -> None:
        """Delete pointers that lead to nothing living, so that their ids can be created."""
        for flip in flips:
            tag, at = self._layout.id_place(flip.key)
            if flip.known:
                self._wire.delete_if_same(at, {flip.key: flip.known.pack()}, self._layout.id_lists[tag])

    def remove(self, journal: Journal, keys: Sequence[bytes]) -> list[Stored | None]:
        """Delete living documents: the record first, so that no text outlives its pointer."""
        known, now = self.pointers(keys)
        gone = {key: old for key, old in zip(keys, known, strict=True) if old and lives(old.expires, now)}
        stored = dict(zip(gone, self._take(list(gone.values())), strict=True))
        spelled = list(gone)
        changes = (
            spelled,
            lambda place, at: [command(b"HGET", at, spelled[place]), command(b"HDEL", at, spelled[place])],
            lambda ids, members: command(b"ZREM", ids, *members),
        )
        try:
            replies = self._flip(*changes)
        except StoreFull:  # a full server refuses even to queue what would make room
            journal.doubtful = True
            replies = self._flip(*changes, at_once=False)
        flipped = [Pointer.load(data) for data in replies]
        later = [now_there if now_there != gone[key] else None for key, now_there in zip(spelled, flipped, strict=True)]
        stored |= {key: one for key, one in zip(spelled, self._take(later), strict=True) if one}
        journal.chunks -= sum(old.chunks for old in flipped if old)
        return [stored.get(key) for key in keys]

    def _flip(
        self,
        keys: Sequence[bytes],
        change: Callable[[int, bytes], list[Request]],
        enlist: Callable[[bytes, list[bytes]], Request],
        *,
        at_once: bool = True,
    ) -> list[bytes | None]:
        """Update pointers and id lists, `at_once` with one MULTI/EXEC for each tag; return the previous pointers."""
        by_tag: dict[int, list[tuple[int, bytes]]] = {}
        for place, key in enumerate(keys):
            tag, at = self._layout.id_place(key)
            by_tag.setdefault(tag, []).append((place, at))
        groups = []
        for tag, places in by_tag.items():
            ids = self._layout.id_lists[tag]
            changes = [one for place, at in places for one in change(place, at)]
            groups.append((ids, [*changes, enlist(ids, [keys[place] for place, _ in places])]))
        if at_once:
            answers = self._wire.ask([transaction(ids, commands) for ids, commands in groups])
        else:
            answers = [self._wire.ask(commands) for _, commands in groups]
        before: list[bytes | None] = [None] * len(keys)
        for places, replies in zip(by_tag.values(), answers, strict=True):
            for (place, _), data in zip(places, replies[:-1:2], strict=True):
                before[place] = data
        return before

    def _take(self, pointers: Sequence[Pointer | None]) -> list[Stored | None]:
        """Delete the records that pointers led to, and return them."""
        gone = [one for one in pointers if one]
        if not gone:
            return [None] * len(pointers)
        found = iter(self.records([one.number for one in gone]))
        self.forget(gone)
        return [next(found) if one else None for one in pointers]

    def forget(self, pointers: Sequence[Pointer]) -> None:
        """Delete records and the pointers of their further chunks."""
        self.unlink([number for one in pointers for number in range(one.number, one.number + one.chunks)])

    def unlink(self, numbers: Sequence[int]) -> int:
        """Delete what chunk numbers lead to; return how many there were."""
        deleted: list[Any] = self._wire.ask([command(b"UNLINK", self._layout.document(number)) for number in numbers])
        return sum(deleted)

    def page(self, after: bytes) -> list[bytes]:
        """Return the next ids, as UTF-8 and in that order, that sort after `after`; none at the end."""
        start = b"(" + after if after else b"-"
        lists = self._wire.ask(
            [command(b"ZRANGEBYLEX", ids, start, b"+", b"LIMIT", 0, _PAGE) for ids in self._layout.id_lists]
        )
        ends = [found[-1] for found in lists if len(found) == _PAGE]
        return sorted(key for found in lists for key in found if not ends or key <= min(ends))

    def _pointer(self, key: bytes) -> Request:
        return command(b"HGET", self._layout.id_place(key)[1], key)

    def _record(self, number: int) -> Request:
        return command(b"GET", self._layout.document(number))

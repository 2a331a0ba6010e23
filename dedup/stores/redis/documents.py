"""Documents in Redis: a pointer for each id, a record for each pointer, and lists of ids in their order."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dedup.errors import StoreFull
from dedup.stores.base import Stored, lives
from dedup.stores.redis.histories import ServersChanged
from dedup.stores.redis.layout import Layout
from dedup.stores.redis.records import Pointer, first_of, head_length, key_of_tomb, load_record, pack_tomb
from dedup.stores.redis.requests import Request, Wire, command, pack, transaction
from dedup.stores.redis.writing import PASSED_OVER, Journal

_PAGE = 64  # not measured: ids of each of 32 lists in a reply
_TOMB_SECONDS = 30  # not measured: longer than a reader takes from a look-up to its fetch, patience included
Led = tuple[bytes, Pointer]
"""An id, as UTF-8, and its pointer."""


def seconds(reply: Sequence[bytes]) -> float:
    """Return what TIME replies as seconds since 1970."""
    return int(reply[0]) + int(reply[1]) / 1e6


def _record_in(number: int, data: bytes | None) -> Stored | None:
    """Return the document that a number leads to, None for nothing, a further chunk, or what was replaced."""
    if data is None or first_of(data) is not None or key_of_tomb(data) is not None:
        return None
    return load_record(number, data)


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
        *found, header, time = self._wire.ask([*(self._pointer(key) for key in keys), self._layout.header, self._time])
        self._layout.hold(header)
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
            answers |= zip(alive, self.led_to(list(alive.items())), strict=True)
            left, before = [key for key in alive if answers[key] is None], alive
        return [answers[key] for key in keys]

    def led_to(self, pointers: Sequence[Led]) -> list[Stored | None]:
        """Return the record that each id's pointer leads to; None if it is not there, or another document's."""
        found = self.records([pointer.number for _, pointer in pointers])
        return [
            one if pointer.leads_to(key, one) else None for (key, pointer), one in zip(pointers, found, strict=True)
        ]

    def present(self, pointers: Sequence[Led]) -> list[bool]:
        """Return whether each id's pointer leads to a record of its own."""
        heads = self._wire.ask([self._head(one) for one in pointers])
        return [pointer.heads(key, head) for (key, pointer), head in zip(pointers, heads, strict=True)]

    def _head(self, led: Led) -> Request:
        key, pointer = led
        return command(b"GETRANGE", self._layout.document(pointer.number), 0, head_length(key) - 1)

    def records(self, numbers: Sequence[int]) -> list[Stored | None]:
        """Return the record that each number leads to, None if it is no first chunk's."""
        found = self._wire.ask([self._record(number) for number in numbers])
        return [_record_in(number, data) for number, data in zip(numbers, found, strict=True)]

    def announced(self, numbers: Sequence[int]) -> list[Stored | None]:
        """Return the document whose chunk each number is, whether or not its id leads to it yet."""
        values = dict(zip(numbers, self._wire.ask([self._record(number) for number in numbers]), strict=True))
        firsts = {number: first_of(data) if data else None for number, data in values.items()}
        owners = sorted({first for first in firsts.values() if first is not None})
        there = dict(zip(owners, self.records(owners), strict=True))
        return [
            _record_in(number, values[number]) if first is None else there[first] for number, first in firsts.items()
        ]

    def rewrite(self, number: int, record: bytes) -> None:
        """Write another record in place of one that nothing leads to yet."""
        self._wire.one(command(b"SET", self._layout.document(number), record, b"XX"))

    def leading(self, numbers: Collection[int]) -> set[int]:
        """Return those chunk numbers that lead to something."""
        replies = self._wire.ask([command(b"EXISTS", self._layout.document(number)) for number in numbers])
        return {number for number, exists in zip(numbers, replies, strict=True) if exists}

    def fetch(self, numbers: Sequence[int]) -> list[Stored | None]:
        """Return the living document of each chunk number: in one round trip, unless it is a further chunk's.

        A second one follows if somebody is writing, or died while writing: it asks whether the records are current.
        A document that was replaced meanwhile is asked for again, by its id.
        """
        *found, writers, header, time = self._wire.ask(
            [*map(self._record, numbers), command(b"HLEN", self._layout.pending), self._layout.header, self._time]
        )
        self._layout.hold(header)
        values = dict(zip(numbers, found, strict=True))
        firsts = {number: first_of(data) if data else None for number, data in values.items()}
        owners = sorted({first for first in firsts.values() if first is not None})
        values |= zip(owners, self._wire.ask([self._record(owner) for owner in owners]), strict=True)
        there, replaced = dict[int, Stored](), dict[int, bytes]()
        for number, first in firsts.items():
            at = number if first is None else first
            stored, key = _record_in(at, values[at]), key_of_tomb(values[at] or b"")
            if key is not None:
                replaced[number] = key
            elif stored and number in stored.numbers:
                there[number] = stored
        if writers:
            replaced |= self.not_current(there)
        again = dict.fromkeys(replaced.values())
        again |= zip(again, self.get(list(again)), strict=True)
        now = seconds(time)
        alive = {number: one for number, one in there.items() if lives(one.expires, now)}
        return [again[replaced[number]] if number in replaced else alive.get(number) for number in numbers]

    def not_current(self, there: Mapping[int, Stored]) -> dict[int, bytes]:
        """Return the id of each record that its id's pointer does not lead to."""
        ids = {number: stored.id.encode() for number, stored in there.items()}
        keys = list(dict.fromkeys(ids.values()))
        led = dict(zip(keys, self.pointers(keys)[0], strict=True)) if keys else {}

        def is_current(stored: Stored, pointer: Pointer | None) -> bool:
            return pointer is not None and (pointer.number, pointer.digest) == (stored.number, stored.digest)

        return {number: key for number, key in ids.items() if not is_current(there[number], led[key])}

    def write(self, values: dict[int, bytes]) -> None:
        """Write what chunk numbers lead to.

        Raises:
            ServersChanged: numbers are another document's: the server that gives them out has lost its last ones, and
                gives them out again. Nothing of that document is changed; these numbers are passed over from then on.
        """
        there = self._wire.ask(
            [command(b"SET", self._layout.document(number), data, b"NX", b"GET") for number, data in values.items()]
        )
        if any(old not in (None, data) for data, old in zip(values.values(), there, strict=True)):
            self.unlink([number for number, old in zip(values, there, strict=True) if old is None])
            self._wire.one(command(b"INCRBY", self._layout.seq, PASSED_OVER))
            raise ServersChanged(
                f"index {self._wire.name}: a server has lost its last writes and gives out numbers that are taken; "
                "they are passed over from now on: put the batch again, and run `dedup check --repair`"
            )

    def replace(self, journal: Journal, flips: Sequence[Flip]) -> list[tuple[bool, Pointer | None]]:
        """Flip pointers, the commit point, and see that the records that they lead to are there.

        Returns:
            Whether each id leads to the fresh document now, and where it led before.

        Raises:
            ServersChanged: a record is gone, or another's.
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
            [(flip.key, flip.fresh) for flip in flips],
        )
        return [self._flipped(journal, flip, data) for flip, data in zip(flips, replies, strict=True)]

    def _flipped(self, journal: Journal, flip: Flip, data: bytes | None) -> tuple[bool, Pointer | None]:
        """Return what became of one flip, given the pointer that the transaction found."""
        again = data == flip.fresh.pack()
        journal.doubtful |= again  # it had been done, its reply lost, and whom it replaced with it
        if flip.create and data is not None and not again:
            return False, None
        old = flip.known if flip.create or again else Pointer.load(data)
        journal.chunks += flip.fresh.chunks - (old.chunks if old else 0)
        return True, old

    def _hold(self, fresh: Sequence[Led], heads: Sequence[bytes]) -> None:
        """Refuse to go on if a record that a fresh pointer leads to is gone, or another's."""
        if not all(pointer.heads(key, head) for (key, pointer), head in zip(fresh, heads, strict=True)):
            raise ServersChanged(
                f"index {self._wire.name}: a server has lost a part of the batch while it was written; put it again"
            )

    def _clear(self, flips: Sequence[Flip]) -> None:
        """Delete pointers that lead to nothing living, so that their ids can be created."""
        for flip in flips:
            tag, at = self._layout.id_place(flip.key)
            if flip.known:
                self._wire.delete_if_same(at, {flip.key: flip.known.pack()}, self._layout.id_lists[tag])

    def remove(self, journal: Journal, gone: Mapping[bytes, Pointer]) -> dict[bytes, Pointer]:
        """Delete the pointers of ids, the commit point; return where those led that this call has deleted.

        Where a reply was lost these are all: whoever deleted a pointer that is gone, this call may have.
        """
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
        found = {key: Pointer.load(data) for key, data in zip(spelled, replies, strict=True)}
        journal.doubtful |= self._wire.repeated and None in found.values()
        journal.chunks -= sum(old.chunks for old in found.values() if old)
        return {key: old or gone[key] for key, old in found.items() if old or self._wire.repeated}

    def _flip(
        self,
        keys: Sequence[bytes],
        change: Callable[[int, bytes], list[Request]],
        enlist: Callable[[bytes, list[bytes]], Request],
        fresh: Sequence[Led] = (),
        *,
        at_once: bool = True,
    ) -> list[bytes | None]:
        """Update pointers and id lists, `at_once` with one MULTI/EXEC for each tag; return the previous pointers.

        After the transactions the index, and what the fresh pointers lead to, must be there.
        """
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
            flips = [transaction(ids, commands) for ids, commands in groups]
            *answers, header = self._wire.ask([*flips, *map(self._head, fresh), self._layout.header])
            self._layout.hold(header)
            self._hold(fresh, answers[len(flips) :])
            del answers[len(flips) :]
        else:
            answers = [self._wire.ask(commands) for _, commands in groups]
        before: list[bytes | None] = [None] * len(keys)
        for places, replies in zip(by_tag.values(), answers, strict=True):
            for (place, _), data in zip(places, replies[:-1:2], strict=True):
                before[place] = data
        return before

    def forget(self, numbers: Iterable[range]) -> None:
        """Delete what the chunk numbers of documents lead to."""
        self.unlink([number for some in numbers for number in some])

    def entomb(self, gone: Sequence[Stored]) -> None:
        """Delete records and leave their ids for a while, for readers that have looked up their numbers already."""
        tombs = [
            command(b"SET", self._layout.document(one.number), pack_tomb(one.id.encode()), b"EX", _TOMB_SECONDS)
            for one in gone
        ]
        further = [number for one in gone for number in one.numbers[1:]]
        leads = [command(b"EXPIRE", self._layout.document(number), _TOMB_SECONDS) for number in further]
        try:
            self._wire.ask([*tombs, *leads])
        except StoreFull:  # late readers miss them
            self.forget(one.numbers for one in gone)

    def unlink(self, numbers: Sequence[int]) -> int:
        """Delete what chunk numbers lead to; return how many there were."""
        deleted: list[Any] = self._wire.ask([command(b"UNLINK", self._layout.document(number)) for number in numbers])
        return sum(deleted)

    def lasting(self, numbers: Sequence[int]) -> list[int]:
        """Return the chunk numbers but those that lead to what goes by itself."""
        left = self._wire.ask([command(b"TTL", self._layout.document(number)) for number in numbers])
        return [number for number, seconds_left in zip(numbers, left, strict=True) if seconds_left < 0]

    def page(self, after: bytes) -> list[bytes]:
        """Return the next ids, as UTF-8 and in that order, that sort after `after`; none at the end."""
        start = b"(" + after if after else b"-"
        pages = [command(b"ZRANGEBYLEX", ids, start, b"+", b"LIMIT", 0, _PAGE) for ids in self._layout.id_lists]
        *lists, header = self._wire.ask([*pages, self._layout.header])
        self._layout.hold(header)
        ends = [found[-1] for found in lists if len(found) == _PAGE]
        return sorted(key for found in lists for key in found if not ends or key <= min(ends))

    def _pointer(self, key: bytes) -> Request:
        return command(b"HGET", self._layout.id_place(key)[1], key)

    def _record(self, number: int) -> Request:
        return command(b"GET", self._layout.document(number))

"""Judging what is to go in beside other writers who do the same: announced, looked at, made current or taken back.

A writer writes records and postings first, which nothing leads to yet; then it looks. Of two writers whose documents
depend on each other at least one sees the other's, for both write before they look. Who sees a document that another
has announced, and that is neither current nor taken back, must know what becomes of it:

* one of a higher number is waited for: either its writer did not see ours, and makes it current, or it gives way;
* one of a lower number goes first: ours is taken back, and begins anew with a higher number.

So nobody waits for somebody who waits: the writer of the highest number never does. What a dead writer has announced is
not waited for any more after half a minute. No lock, no script; this is the bakery of Lamport (CACM 17, 8, 1974), with
chunk numbers for tickets.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dedup.stores.base import Buckets, Entry, Judge, Judged, Numbers, Postings, Stored
from dedup.stores.names import flatten, names_of
from dedup.stores.redis.documents import Flip
from dedup.stores.redis.lookups import Lookups
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.records import pack_record

_PAUSES = 0.005, 0.25  # seconds, not measured: the first about as long as a small batch takes
LOOKS = 5.0
"""Seconds for which documents of higher numbers are waited for: a sixth of the time for which others wait for ours."""
TURNS = 90.0
"""Seconds for which documents of lower numbers are given way to: three times as long as a dead writer is awaited."""
TOGETHER, BYTES = 250, 1 << 20
"""Entries, and bytes of payloads, that are judged together; ADR 34: 2,000 of 16 kB took 11 s, longer than may be."""
_RANDOM = random.SystemRandom()


def pauses(seconds: float) -> Iterator[float]:
    """Yield growing pauses, each up to twice as long by chance so that two writers do not keep step, for so long."""
    pause, longest = _PAUSES
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield pause * _RANDOM.uniform(1, 2)
        pause = min(1.5 * pause, longest)


def in_turn(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield entries in parts that are judged and current within seconds, since others may wait for them."""
    part, size = list[Entry](), 0
    for entry in entries:
        part.append(entry)
        size += len(entry.payload)
        if len(part) == TOGETHER or size > BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


@dataclass(slots=True)
class Findings:
    """What was found of entries, by place.

    Attributes:
        free: what is to be made current now, as the judge wants it written.
        refused: what is not to go in.
        ahead: what depends on documents of higher numbers, to be looked at again.
        behind: what depends on documents of lower numbers, to be taken back and put anew.
    """

    free: dict[int, Entry] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)


class Judging:
    """Asks the judge of one call of put."""

    def __init__(self, parts: Parts, lookups: Lookups, judge: Judge) -> None:
        """Work on an open index."""
        self._parts, self._lookups, self._judge = parts, lookups, judge

    def judge(self, entries: Sequence[Entry], flips: Mapping[int, Flip], own: Sequence[range]) -> Findings:
        """Judge the entries at the places of flips, in their order; `own` are the chunk numbers of this call."""
        seen = Announced(self._parts, self._lookups, own)
        places = list(flips)
        olds = self._olds([flips[place] for place in places])
        judged = self._judge(seen, [entries[place] for place in places], olds)
        findings, open_to = Findings(), dict[int, bool]()
        for turn, (place, one) in enumerate(zip(places, judged, strict=True)):
            first = flips[place].fresh.number
            awaited = one.numbers & seen.undecided
            if entries[place].create and one.entry:
                open_to[turn] = False  # somebody else may create it first: what depends on it waits until it is current
            behind = any(number < first for number in awaited) or any(open_to.get(other) for other in one.places)
            if awaited or not open_to.keys().isdisjoint(one.places):
                open_to[turn] = behind
                (findings.behind if behind else findings.ahead).append(place)
            else:
                _settle(findings, place, one)
        return findings

    def _olds(self, flips: Sequence[Flip]) -> list[Stored | None]:
        """Return the document that each id led to when last seen."""
        led = [(flip.key, flip.known) for flip in flips if flip.known]
        found = dict(zip((key for key, _ in led), self._parts.documents.led_to(led), strict=True))
        return [found.get(flip.key) for flip in flips]

    def amend(self, written: Entry, wanted: Entry, flip: Flip) -> int:
        """Write what the judge adds to an entry that is written already; return how many postings."""
        if wanted == written:
            return 0
        pointer = flip.fresh
        self._parts.documents.rewrite(pointer.number, pack_record(wanted, pointer.expires))
        more = [_more(*both) for both in zip(written.postings, wanted.postings, strict=True)]
        return self._parts.postings.put(*flatten(list(enumerate(more, pointer.number))))


def _settle(findings: Findings, place: int, judged: Judged) -> None:
    if judged.entry:
        findings.free[place] = judged.entry
    else:
        findings.refused.append(place)


def _more(written: Buckets, wanted: Buckets) -> Buckets:
    return np.setdiff1d(wanted, written)


class Announced:
    """What a writer sees that judges: what is current, and what other writers have announced.

    Attributes:
        undecided: the numbers of the documents fetched that are announced, and not yet current.
    """

    def __init__(self, parts: Parts, lookups: Lookups, own: Sequence[range]) -> None:
        """See all but the numbers of this call of put."""
        self._parts, self._lookups = parts, lookups
        self._own = own
        self._unsure = set[int]()
        self.undecided = set[int]()

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets; see `Snapshot.lookup` in `base`."""
        found = self._lookups.read(names_of(buckets), limit)
        hidden = np.zeros(len(found.numbers), np.bool_)
        for own in self._own:
            hidden |= (found.numbers >= own.start) & (found.numbers < own.stop)
        suspects = found.suspects() & ~hidden
        if suspects.any():
            _, now = self._parts.documents.pointers([])
            for writer in found.writers:
                if not writer.is_awaited(now):
                    hidden |= (found.numbers >= writer.first) & (found.numbers < writer.end)
            shown = self._lookups.shown(found)
            hidden &= ~np.isin(found.numbers, shown)
            self._unsure.update(found.numbers[suspects & ~hidden].tolist())
            self._unsure.difference_update(shown)
        return found.answer(hidden, limit)

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the document of each chunk number, current or announced; see `Snapshot.fetch` in `base`."""
        listed = numbers.tolist()
        sure = [number for number in listed if number not in self._unsure]
        found = dict(zip(sure, self._parts.documents.fetch(sure), strict=True))
        unsure = [number for number in listed if number in self._unsure]
        announced = dict(zip(unsure, self._parts.documents.announced(unsure), strict=True))
        self.undecided.update(one.number for one in announced.values() if one)
        found |= announced
        return [found[number] for number in listed]

"""What the engine asks of an index, and what an index promises: 64-bit buckets in, document numbers out.

A store knows nothing of text: a document is an opaque payload, a digest and, for each of its chunks, an array of
buckets. Every kind of store passes the same suite, `tests/contract/`; `tests/model_store.py` is the obvious model.

Promises, the same for all kinds:

* an acknowledged document is found by the next look-up, from any process, and survives `kill -9`;
* a document is indexed whole or not at all, whatever fails half way;
* putting the same id again replaces it; putting identical content (equal digest) again changes nothing;
* a document that is replaced while it is looked up is found, in its old or its new version;
* a removed document is never returned again, and its payload is gone;
* the postings of what was replaced or removed go in the same step, and what a killed writer leaves is swept;
* a bucket's list is truncated, never dropped, and its count stays true;
* numbers are never given out twice;
* an expired document is never returned, and a sweep leaves nothing of it.

Buckets are hashes: a store may tell them apart by 48 of their bits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dedup.model import Status
from dedup.scheme import Scheme

Buckets = NDArray[np.uint64]
Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document to write.

    Attributes:
        id: 1 to 480 bytes of UTF-8.
        digest: 16 bytes, equal for equal content.
        payload: the document itself, opaque to the store.
        postings: for each chunk (at least one) its buckets, distinct within the whole document, uint64.
        ttl: seconds after which the document is as good as removed; 0 means never.
        create: put it only if there is no living document of that id.
    """

    id: str
    digest: bytes
    payload: bytes
    postings: tuple[Buckets, ...]
    ttl: int = 0
    create: bool = False

    def __post_init__(self) -> None:
        """Refuse an entry without a chunk: it would have no number of its own."""
        if not self.postings:
            raise ValueError(f"entry {self.id!r} has no chunk; give at least one array of buckets, even an empty one")

    def expires(self, now: float) -> int:
        """Return when a document put `now` (seconds since 1970) expires, in whole seconds; 0 for never."""
        return ceil(now) + self.ttl if self.ttl else 0


@dataclass(frozen=True, slots=True)
class Stored:
    """One document as the store holds it; its chunks are numbered number … number + chunks - 1.

    Attributes:
        expires: when it is as good as removed, in seconds since 1970 by the store's clock; 0 means never.
    """

    id: str
    number: int
    chunks: int
    digest: bytes
    payload: bytes
    expires: int = 0

    @property
    def numbers(self) -> range:
        """The numbers of the document's chunks."""
        return range(self.number, self.number + self.chunks)

    def postings(self, postings_of: "PostingsOf") -> list[tuple[int, Buckets]]:
        """Return the chunk number and the buckets of each chunk."""
        return list(enumerate(postings_of(self), self.number))


PostingsOf = Callable[[Stored], Sequence[Buckets]]
"""Computes the buckets of a document's chunks anew, from the payload."""


def lives(expires: int, now: float) -> bool:
    """Return whether a document that expires then (0 for never) is not yet to be treated as absent."""
    return not expires or expires > now


@dataclass(frozen=True, slots=True)
class Postings:
    """The answer to one look-up of n buckets, in the order asked.

    Attributes:
        counts: (n,) uint32, the true number of postings in each bucket, listed or not.
        offsets: (n + 1,) int64; bucket i lists numbers[offsets[i]:offsets[i + 1]].
        numbers: uint32 chunk numbers, ascending within a bucket: the lowest `limit` of each.
        documents: how many the index holds.
    """

    counts: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    numbers: Numbers
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """Size of an index: documents (expired ones too until a sweep), chunks, postings, bytes on disk or in memory.

    Attributes:
        grow: whether `dedup index grow` is due.
        reader: the process that reads the oldest state of the index, which is kept for it; 0 if all read the newest.
        behind: how many times the index has been written since that state.
    """

    documents: int
    chunks: int
    postings: int
    bytes: int
    grow: bool = False
    reader: int = 0
    behind: int = 0


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What `sweep` deleted: expired documents, records that no id leads to, postings of the dead."""

    expired: int = 0
    records: int = 0
    postings: int = 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found.

    Attributes:
        documents: how many there are, expired ones left out.
        postings: how many there are, after the repair if there was one.
        orphans: postings that no living document answers for.
        missing: postings that a document lacks.
        lost: ids whose document is gone or another's; repairing forgets them, so that they can be put again.
        repaired: how many of the orphans, the missing and the lost were mended.
        damaged: ids of documents that cannot be read, which no repair brings back: to be put again, or removed.
        expired: documents whose time is over, which are there until a sweep.
    """

    documents: int
    postings: int
    orphans: int
    missing: int
    lost: tuple[str, ...] = ()
    repaired: int = 0
    damaged: tuple[str, ...] = ()
    expired: int = 0

    def joined(self, name: str, other: "CheckReport") -> "CheckReport":
        """Return the report with the faults of an index of that name beside this one; its ids come after the name."""
        return replace(
            self,
            orphans=self.orphans + other.orphans,
            missing=self.missing + other.missing,
            lost=(*self.lost, *(f"{name}/{one}" for one in other.lost)),
            repaired=self.repaired + other.repaired,
            damaged=(*self.damaged, *(f"{name}/{one}" for one in other.damaged)),
        )

    @property
    def remaining(self) -> int:
        """How many faults another check would find."""
        return self.orphans + self.missing + len(self.lost) - self.repaired + len(self.damaged)

    @property
    def sound(self) -> bool:
        """Whether another check would find nothing."""
        return not self.remaining


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to become of an entry.

    Attributes:
        entry: what to write, with all that the judge adds; None if it is not to go in.
        numbers: those of the documents that this depends on.
        places: those of the entries, judged with it and before it, that this depends on.
    """

    entry: Entry | None
    numbers: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()


class Snapshot(Protocol):
    """What one look-up reads."""

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets (distinct), at most `limit` numbers of each."""

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the living document that each chunk number belongs to, None where there is none.

        If another document has replaced it since the number was looked up, that one may be returned instead.
        """


Judge = Callable[[Snapshot, Sequence[Entry], Sequence[Stored | None]], list[Judged]]
"""Decides of entries, given what is there and, of each entry, the living document that it would replace."""


class Store(Snapshot, Protocol):
    """An index of one kind; see the module for its promises. `lookup` and `fetch` read a state of their own each."""

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf, judge: Judge | None = None) -> list[Status]:
        """Write entries (distinct ids) in one durable step, and return what became of each, in order.

        What a `judge` refuses is a `duplicate`. It sees what is there in the very step that writes, so of two writers
        who put what depends on each other one sees the other's. It may be asked several times; the last time counts.

        An entry whose digest equals the current one's is `unchanged` and costs no write: its expiry stays too. One that
        was only to create a document is `kept` where there is one: of several at once exactly one is `put`. A
        replaced document goes in the same step, payload and postings. An expired document is treated as absent, and
        goes like a replaced one.
        """

    def remove(self, ids: Sequence[str], postings_of: PostingsOf) -> list[bool]:
        """Remove documents, payload and postings, in one durable step; whether there was one of each id."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Read for one look-up: a document that is there all the while is found, however often it is replaced.

        A store that cannot read one state all the while keeps this promise by what `Snapshot.fetch` may return.
        """

    def get(self, ids: Sequence[str]) -> list[Stored | None]:
        """Return documents by id."""

    def scan(self, after: str = "") -> Iterator[Stored]:
        """Iterate over all documents whose id sorts after `after`, in order of the id's UTF-8 bytes."""

    def arrivals(self, first: int = 0) -> tuple[int, Iterator[Stored]]:
        """Return what has come in from chunk number `first` on, so that a reader can follow the index.

        Returns:
            The number to go on from, and the documents that have numbers from `first` up to it and are current when
            they are reached, in order of number. Whoever goes on from there misses none: no document gets a number
            below it any more.
        """

    def stats(self) -> Stats:
        """Return the index's size."""

    def expired(self) -> int:
        """Return how many of the documents have expired and wait for a sweep; all ids are read for it."""

    def check(self, postings_of: PostingsOf, *, repair: bool) -> CheckReport:
        """Verify that every posting's document exists and that every document's postings are there."""

    def sweep(self, postings_of: PostingsOf) -> SweepReport:
        """Delete expired documents, text and postings, and whatever interrupted writers left; readers go on."""

    def grow(self) -> bool:
        """Spread the postings over more shards if that is due, while readers and writers go on; whether it was."""

    def beside(self, name: str) -> Self | None:
        """Open the index of that name which lies beside this one, as this one was opened; None if there is none.

        It is of the same kind and at the same place, in the folder or on the server, and no URL names it. The caller
        closes it. Beside an index in memory nothing is found again.
        """

    def create_beside(self, name: str, scheme: Scheme) -> Self:
        """Open the index of that name which lies beside this one, a new one of that scheme if there is none."""

    def backup(self, folder: Path, beside: "Mapping[str, Store]") -> None:
        """Write one state of the index into a new folder, while readers and writers go on.

        Of those beside it, given by name, a state that is older goes with it.

        Raises:
            InvalidInput: the index is on a server, which makes backups itself.
            StoreForeign: the folder is there already, and not empty.
        """

    def close(self) -> None:
        """Release everything; a second close does nothing, any other call afterwards raises StoreClosed."""

"""Finding documents by any part of an id or of chosen metadata, in a table that follows the index."""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal
from unicodedata import normalize

from dedup.dates import published
from dedup.engine import Arrival, Index
from dedup.errors import InvalidInput
from service.catalogue_table import Key, Row, Table
from service.problems import Problem

Sort = Literal["id", "date"]
MOST = 1_000_000  # ADR 20: each takes 110 bytes, and up to 1 us of a search
SECONDS = 2.0  # ADR 20: 21,578 documents are read in 1.3 s; so long a search waits for what has come in
MOST_WORDS = 16  # not measured: more than a person writes into the field
LONGEST = 300  # not measured: characters of a field, a long title
_BATCH = 256  # not measured: documents read at once
_AGE = struct.Struct(">d")
_FIRST: Mapping[Sort, Key] = {"id": (b"",), "date": (float("-inf"), b"")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched.

    Attributes:
        words: each must be a part of the id or of a field, whatever its case; separated by blanks.
        sort: by the id's UTF-8 bytes, or by date, newest first, documents without a date last.
        cursor: only what follows there; see `Hit`.
        limit: how many documents at most.
    """

    words: str = ""
    sort: Sort = "id"
    cursor: str = ""
    limit: int = 50

    @property
    def searches(self) -> bool:
        """Whether this needs more than the index' own order."""
        return bool(self.words.split()) or self.sort != "id"

    @property
    def parts(self) -> list[bytes]:
        """The words as the table has them.

        Raises:
            InvalidInput: there are too many.
        """
        parts = [_folded(word) for word in self.words.split()]
        if len(parts) > MOST_WORDS:
            raise InvalidInput(f"{len(parts)} words are searched; give at most {MOST_WORDS}")
        return parts

    @property
    def after(self) -> Key:
        """Where to go on.

        Raises:
            Problem: 422 if the cursor was never given.
        """
        if not self.cursor:
            return _FIRST[self.sort]
        try:
            data = bytes.fromhex(self.cursor)
            age, name = (data[: _AGE.size], data[_AGE.size :]) if self.sort == "date" else (b"", data)
            name.decode("utf-8", "surrogatepass")
            return (*_AGE.unpack(age), name) if age else (name,)
        except (ValueError, struct.error):
            raise Problem(422, "invalid_cursor", "the cursor is wrong; send the `next` of the page before") from None


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found, and the cursor behind it."""

    id: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        hits: at most `limit` of them, in order, and then one that says that there are more.
        found: how many there are.
        searched: how many documents were searched.
        documents: how many the index holds.
    """

    hits: tuple[Hit, ...]
    found: int
    searched: int
    documents: int


class Catalogue:
    """Ids, dates and chosen metadata of the documents of an index, whoever puts, replaces and removes them.

    Nothing is read before the first search. What comes in later has higher numbers than all before, so it is read from
    the last number on. A removal leaves more documents here than in the index: then each is asked for.
    """

    def __init__(self, index: Index, fields: Sequence[str]) -> None:
        """Follow `index`; `fields` of the metadata are searched beside the id."""
        self._index, self._fields, self._table = index, fields, Table()
        self._follower = ThreadPoolExecutor(1, "catalogue")
        self._closing = self._whole = False
        self._next = self._uncounted = 0

    def search(self, wanted: Wanted) -> Found:
        """Find documents, after two seconds at most among those that have been read by then.

        Raises:
            InvalidInput: there are too many words.
            Problem: 422 if the cursor was never given.
            StoreError: the index cannot be read.
        """
        parts, after = wanted.parts, wanted.after
        self.follow()
        found, keys = self._table.find(parts, after, wanted.limit + 1, time.time())
        documents = self._index.stats().documents
        searched = documents if self._whole else min(len(self._table), documents)
        return Found(tuple(map(_hit, keys)), found, searched, documents)

    def follow(self, seconds: float = SECONDS) -> None:
        """Read what has come in, on a thread of its own that goes on when `seconds` are over.

        Raises:
            StoreError: the index cannot be read.
        """
        done, _ = wait([self._follower.submit(self._follow)], seconds)
        for one in done:
            one.result()

    def close(self) -> None:
        """Stop following."""
        self._closing = True
        self._follower.shutdown(cancel_futures=True)
        self._table.close()

    def _follow(self) -> None:
        end, arrivals = self._index.arrivals(self._next)
        while some := list(islice(arrivals, _BATCH)):
            self._whole = False
            if self._closing or len(self._table) >= MOST:
                return
            self._table.put([self._row(one) for one in some])
            self._next = some[-1].next
        self._next = end
        self._verify()
        self._whole = not self._closing

    def _verify(self) -> None:
        """Drop what is gone, if there are more documents here than in the index.

        The index counts expired documents that were not swept, which may be `uncounted` here.
        """
        documents = self._index.stats().documents
        if len(self._table) + self._uncounted > documents:
            for page in self._pages():
                standing = self._index.standing([number for _, number in page])
                self._table.drop(key for key, number in page if number not in standing)
        self._uncounted = documents - len(self._table)

    def _pages(self) -> Iterator[list[tuple[bytes, int]]]:
        last = b""
        while not self._closing and (page := self._table.numbers(last, _BATCH)):
            yield page
            last = page[-1][0]

    def _row(self, arrival: Arrival) -> Row:
        when = published(arrival.metadata)
        words = [arrival.id, *(_words(arrival.metadata.get(field)) for field in self._fields)]
        age = -when.at.timestamp() if when else float("inf")
        return arrival.id.encode(), arrival.number, arrival.expires, age, _folded("\0".join(words))


def cursor_behind(key: Key) -> str:
    """Return the cursor that leads on from a place in one of the two orders."""
    *age, name = key
    return (b"".join(map(_AGE.pack, age)) + name).hex()


def _hit(key: Key) -> Hit:
    return Hit(key[-1].decode(), cursor_behind(key))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "\0".join(map(_words, value))[:LONGEST]
    return str(value)[:LONGEST] if isinstance(value, str | int | float) else ""


def _folded(words: str) -> bytes:
    return normalize("NFC", normalize("NFKC", words).casefold()).encode("utf-8", "surrogatepass")

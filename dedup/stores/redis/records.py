"""The bytes of what is stored: an id's pointer, a document's record, a writer's entry in the journal."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np

from dedup.errors import StoreDamaged
from dedup.stores.base import Entry, Stored

_POINTER = struct.Struct(">III16s")
_RECORD = struct.Struct(">I16sIH")  # chunks, digest, expiry, bytes of the id; then the id and the payload
_CHUNK = struct.Struct(">I")
_HEAD = slice(4, 20), slice(24, None)  # of a record: the digest; the length of the id, and the id
_TOMB = b"\0\0\0\0"  # no document has 0 chunks
_WRITER = struct.Struct(">IIII")
AWAITED = (1 << 32) - 1
LEASE = 120
"""Seconds after which a writer that has not finished is taken for dead."""
LAST_WORDS = 10
"""Seconds within which a server has done what a broken connection brought it."""
AWAITED_SECONDS = 30
"""Seconds for which what a writer has announced is waited for: it may be made current for a third of them, and a server
that is away for a while is asked again for half of them."""


class Pointer(NamedTuple):
    """What an id leads to: the commit point of a put is writing it."""

    number: int
    chunks: int
    expires: int
    digest: bytes

    @classmethod
    def load(cls, data: bytes | None) -> Self | None:
        """Return the pointer that `pack` wrote, None for nothing."""
        return None if data is None else cls(*_POINTER.unpack(data))

    def pack(self) -> bytes:
        """Return the pointer's 28 bytes."""
        return _POINTER.pack(*self)

    def leads_to(self, key: bytes, stored: Stored | None) -> bool:
        """Return whether a record is the one that this pointer, the pointer of the id `key`, was written with."""
        return stored is not None and stored.digest == self.digest and stored.id.encode() == key

    def heads(self, key: bytes, head: bytes) -> bool:
        """Return the same, given only the first `head_length` bytes of a record."""
        digest, name = _HEAD
        return head[digest] == self.digest and head[name] == len(key).to_bytes(2) + key

    @property
    def numbers(self) -> range:
        """The numbers of the document's chunks."""
        return range(self.number, self.number + self.chunks)


def head_length(key: bytes) -> int:
    """Return how many bytes of a record say whose it is."""
    return _RECORD.size + len(key)


def pack_record(entry: Entry, expires: int) -> bytes:
    """Return a document's record."""
    key = entry.id.encode()
    return _RECORD.pack(len(entry.postings), entry.digest, expires, len(key)) + key + entry.payload


def load_record(number: int, data: bytes) -> Stored:
    """Return the document that `pack_record` wrote.

    Raises:
        StoreDamaged: nobody wrote that.
    """
    try:
        chunks, digest, expires, length = _RECORD.unpack_from(data)
        end = _RECORD.size + length
        return Stored(data[_RECORD.size : end].decode(), number, chunks, digest, data[end:], expires)
    except (struct.error, UnicodeDecodeError) as error:
        raise StoreDamaged(f"document {number} is damaged in the index ({error}); restore a backup") from error


def pack_chunk(first: int) -> bytes:
    """Return what a further chunk's number leads to."""
    return _CHUNK.pack(first)


def first_of(data: bytes) -> int | None:
    """Return the first chunk's number if `data` is what `pack_chunk` wrote."""
    return int(_CHUNK.unpack(data)[0]) if len(data) == _CHUNK.size else None


def pack_tomb(key: bytes) -> bytes:
    """Return what a replaced document's number leads to for a while: its id."""
    return _TOMB + key


def key_of_tomb(data: bytes) -> bytes | None:
    """Return the id if `data` is what `pack_tomb` wrote."""
    return data[len(_TOMB) :] if len(data) > len(_TOMB) and data.startswith(_TOMB) else None


class Writer(NamedTuple):
    """A writer at work.

    Attributes:
        began: when, by the server's time.
        floor: the lowest chunk number that it may use.
        first: the first that it uses; `AWAITED` until it knows.
        end: the one after the last.
    """

    began: int
    floor: int
    first: int = 0
    end: int = 0

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Return what `pack` wrote."""
        return cls(*_WRITER.unpack(data))

    def pack(self) -> bytes:
        """Return the journal's entry."""
        return _WRITER.pack(*self)

    def is_dead(self, now: float) -> bool:
        """Return whether the writer has not finished for so long, by the server's time, that it never will."""
        return now - self.began > LEASE

    def is_awaited(self, now: float) -> bool:
        """Return whether what the writer has announced may still become current.

        After an error a writer sets its start back, so that it counts as dead when its last words are done.
        """
        age = now - self.began
        return age <= AWAITED_SECONDS or LEASE - LAST_WORDS <= age <= LEASE

    @property
    def mended(self) -> Self:
        """The entry of a dead writer that has left nothing that is known: it began in 1970, and uses no numbers."""
        return self._replace(began=0, first=0, end=0)


def writers_in(entries: Sequence[bytes]) -> dict[bytes, Writer]:
    """Return the journal's entries, by token, from what HGETALL replies."""
    return {token: Writer.load(data) for token, data in zip(entries[::2], entries[1::2], strict=True)}


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Return chunk numbers as the journal keeps them."""
    return np.fromiter(numbers, ">u4").tobytes()


def load_numbers(data: bytes) -> list[int]:
    """Return what `pack_numbers` was given."""
    numbers: list[int] = np.frombuffer(data, ">u4").tolist()
    return numbers

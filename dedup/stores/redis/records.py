"""The bytes of what is stored: an id's pointer, a document's record, a writer's entry in the journal."""

import struct
from typing import NamedTuple, Self

from dedup.errors import StoreDamaged
from dedup.stores.base import Entry, Stored

_POINTER = struct.Struct(">III16s")
_RECORD = struct.Struct(">I16sIH")  # chunks, digest, expiry, bytes of the id; then the id and the payload
_CHUNK = struct.Struct(">I")
_WRITER = struct.Struct(">IIII")
AWAITED = (1 << 32) - 1
LEASE = 120
"""Seconds after which a writer that has not finished is taken for dead."""


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

"""One state of an LMDB index, read in one transaction: documents by id and by number, and the buckets."""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedup.admission import known_key
from dedup.errors import StoreDamaged
from dedup.stores.base import Buckets, Entry, Numbers, Postings, Stored, lives
from dedup.stores.lmdb_environment import Databases
from dedup.stores.names import names_of

if TYPE_CHECKING:
    import lmdb

    Transaction = lmdb.Transaction[memoryview]

NUMBER = struct.Struct(">I")
_RECORD = struct.Struct(">I16sH")  # chunks, digest, bytes of the id; then the id, the expiry if any, and the payload
_EXPIRES = 1 << 15  # set in the length of the id if an expiry follows


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a transaction reads; a writing one sees what it has written."""

    name: str
    databases: Databases
    txn: "Transaction"

    def lookup(self, buckets: Buckets, limit: int) -> Postings:
        """Read buckets; see `Snapshot.lookup` in `base`."""
        found = self.databases.postings.lookup(self.txn, names_of(buckets), limit)
        return replace(found, documents=self.txn.stat(self.databases.ids)["entries"])

    def fetch(self, numbers: Numbers) -> list[Stored | None]:
        """Return the living document of each chunk number; see `Snapshot.fetch` in `base`."""
        found, last = list[Stored | None](), None
        with self.txn.cursor(self.databases.documents) as cursor:
            for number in numbers.tolist():
                if last is None or number not in last.numbers:  # a long document has thousands of chunks
                    last = _owner(cursor, number)
                found.append(alive(last))
        return found

    def by_id(self, document_id: str) -> Stored | None:
        """Return the document of an id, expired or not."""
        key = known_key(document_id)
        return self.by_key(key) if key else None

    def by_key(self, key: bytes) -> Stored | None:
        """Return the document of an id given as UTF-8, expired or not."""
        pointer = self.txn.get(key, db=self.databases.ids)
        return None if pointer is None else self._led(key, bytes(pointer))

    def by_ids(self, after: bytes) -> Iterator[Stored]:
        """Iterate over the documents, expired or not, whose ids sort after `after`, in order of their ids."""
        with self.txn.cursor(self.databases.ids) as cursor:
            more = cursor.set_range(after + b"\0") if after else cursor.first()
            while more:
                yield self._led(bytes(cursor.key()), bytes(cursor.value()))
                more = cursor.next()

    def expired(self) -> int:
        """Return how many documents have expired, by what their ids lead to."""
        now = time.time()
        with self.txn.cursor(self.databases.ids) as cursor:
            return sum(not lives(_expiry(pointer), now) for pointer in cursor.iternext(keys=False))

    def documents(self, first: int = 0) -> Iterator[Stored]:
        """Iterate over the documents from number `first` on, expired or not, in order of their numbers."""
        with self.txn.cursor(self.databases.documents) as cursor:
            if cursor.set_range(NUMBER.pack(first)):
                for key, record in cursor:
                    yield _stored(key, record)

    def numbers(self) -> Iterator[tuple[int, int]]:
        """Iterate over each document's first chunk number and how many there are."""
        free, end = 0, int.from_bytes(bytes(self.txn.get(b"state", b""))[:8], "big")
        with self.txn.cursor(self.databases.documents) as cursor:
            for key, record in cursor:
                number, chunks = NUMBER.unpack(key)[0], _RECORD.unpack_from(record)[0]
                if not free <= number < number + chunks <= end:
                    raise self._damaged(f"document {number} has chunks of another")
                yield number, chunks
                free = number + chunks

    def verify(self, chunks: int) -> None:
        """Make sure that ids, documents and their counts agree, which neither digests nor postings would tell.

        Raises:
            StoreDamaged: they do not.
        """
        counts = [self.txn.stat(database)["entries"] for database in (self.databases.ids, self.databases.documents)]
        each = [own for _, own in self.numbers()]
        led = sum(1 for _ in self.by_ids(b""))
        if {*counts, len(each)} != {led} or sum(each) != chunks:
            raise self._damaged(f"{led:,} ids, {counts[1]:,} documents and {chunks:,} chunks are not so many")

    def _led(self, key: bytes, pointer: bytes) -> Stored:
        """Return the document that an id's pointer leads to, which must agree with the id and the pointer."""
        record = self.txn.get(pointer[: NUMBER.size], db=self.databases.documents)
        if record is None:
            raise self._damaged(f"document {int.from_bytes(pointer, 'big')} is gone")
        stored = _stored(pointer[: NUMBER.size], record)
        expires = _expiry(pointer)
        if stored.id.encode() != key or (expires and expires != stored.expires):
            raise self._damaged(
                f"the document {stored.id!r} is not what its id {key.decode(errors='replace')!r} leads to"
            )
        return stored

    def _damaged(self, what: str) -> StoreDamaged:
        return StoreDamaged(
            f"index {self.name}: {what}; restore it from a backup, or put its documents into a new index"
        )


def pointer(number: int, expires: int) -> bytes:
    """Return what an id leads to: the first chunk number, and once more the expiry if there is one."""
    return NUMBER.pack(number) + (NUMBER.pack(expires) if expires else b"")


def _expiry(pointer: bytes | memoryview) -> int:
    """Return when the document that a pointer leads to expires; 0 for never."""
    return int.from_bytes(pointer[NUMBER.size :], "big")


def record(entry: Entry, key: bytes, expires: int) -> bytes:
    """Return what an entry's first chunk number leads to; `key` is its id as UTF-8."""
    length = len(key) | (_EXPIRES if expires else 0)
    expiry = NUMBER.pack(expires) if expires else b""
    return _RECORD.pack(len(entry.postings), entry.digest, length) + key + expiry + entry.payload


def alive(stored: Stored | None) -> Stored | None:
    """Return a document unless it has expired."""
    return stored if stored and lives(stored.expires, time.time()) else None


def _owner(cursor: "lmdb.Cursor[memoryview]", number: int) -> Stored | None:
    """Return the document with the largest first number up to `number`, if its chunks reach that far."""
    key = NUMBER.pack(number)
    if not (cursor.set_range(key) and bytes(cursor.key()) == key) and not cursor.prev():
        return None
    stored = _stored(*cursor.item())
    return stored if number in stored.numbers else None


def _stored(key: bytes | memoryview, record: bytes | memoryview) -> Stored:
    chunks, digest, length = _RECORD.unpack_from(record)
    end = _RECORD.size + (length & ~_EXPIRES)
    document_id = bytes(record[_RECORD.size : end]).decode()
    expires = NUMBER.unpack_from(record, end)[0] if length & _EXPIRES else 0
    payload = bytes(record[end + (NUMBER.size if expires else 0) :])
    return Stored(document_id, NUMBER.unpack(key)[0], chunks, digest, payload, expires)

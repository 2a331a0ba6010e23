"""The bytes that Redis holds are those of the layout, written out by hand: an index of today is read by tomorrow."""

import re

import numpy as np
import pytest

from dedup.errors import StoreDamaged
from dedup.stores.base import Entry, Stored
from dedup.stores.redis import records
from dedup.stores.redis.records import AWAITED, LEASE, Pointer, Writer

DIGEST, OTHER = bytes(range(16)), bytes(range(1, 17))
KEY = "ü1".encode()
POINTER = Pointer(7, 3, 1_000, DIGEST)
RECORD = bytes.fromhex("00000002") + DIGEST + bytes.fromhex("000003e8 0003") + KEY + b"payload"


def test_pointer_is_28_bytes() -> None:
    """A pointer is number, chunks and expiry, each in four big-endian bytes, and the digest."""
    data = bytes.fromhex("00000007 00000003 000003e8") + DIGEST
    assert POINTER.pack() == data
    assert Pointer.load(data) == POINTER
    assert Pointer.load(None) is None
    assert [*POINTER.numbers] == [7, 8, 9]


def test_record_is_a_head_the_id_and_the_payload() -> None:
    """A record is chunks, digest, expiry and the id's length in bytes, then the id, then the payload."""
    entry = Entry("ü1", DIGEST, b"payload", (np.array([1], np.uint64), np.array([2, 3], np.uint64)))
    assert records.pack_record(entry, 1_000) == RECORD
    assert records.load_record(7, RECORD) == Stored("ü1", 7, 2, DIGEST, b"payload", 1_000)
    assert RECORD[: records.head_length(KEY)].endswith(KEY)
    assert records.load_record(7, RECORD[: records.head_length(KEY)]).payload == b""


@pytest.mark.parametrize("data", [b"", RECORD[:25], RECORD[:27], RECORD.replace(KEY, b"\xff" * 3)])
def test_what_is_no_record_is_damage(data: bytes) -> None:
    """A record that ends before its id does, or whose id is no UTF-8, is damaged, and the number is said."""
    with pytest.raises(StoreDamaged, match=re.escape("document 7 is damaged")):
        records.load_record(7, data)


def test_pointer_leads_only_to_the_record_of_its_id_and_digest() -> None:
    """A record of another id, of another digest, or with an id that begins alike is another's; so is none at all."""
    records_and_owners = [
        (RECORD, True),
        (RECORD.replace(DIGEST, OTHER), False),
        (RECORD.replace(KEY, b"abc"), False),
        (RECORD.replace(b"\0\3" + KEY, b"\0\4" + KEY), False),
        (RECORD.replace(b"\0\3" + KEY, b"\0\2" + KEY[:2]), False),
    ]
    for data, leads in records_and_owners:
        assert POINTER.leads_to(KEY, records.load_record(7, data)) is leads
        assert POINTER.heads(KEY, data[: records.head_length(KEY)]) is leads
    assert POINTER.leads_to(KEY, None) is False
    assert POINTER.heads(KEY, b"") is False


def test_chunk_and_tomb_are_told_apart() -> None:
    """A further chunk leads to the first one's number, a tomb to an id; neither reads as the other, nor as a record."""
    chunk, tomb = records.pack_chunk(258), records.pack_tomb(KEY)
    assert (chunk, tomb) == (b"\0\0\1\2", b"\0\0\0\0" + KEY)
    assert [records.first_of(data) for data in (chunk, tomb, RECORD, b"")] == [258, None, None, None]
    assert [records.key_of_tomb(data) for data in (tomb, chunk, RECORD, b"\0\0\0\0")] == [KEY, None, None, None]
    assert records.key_of_tomb(records.pack_tomb(b"x")) == b"x"


def test_writer_is_dead_when_its_lease_has_run_out() -> None:
    """A writer's entry is four numbers; it is dead once more than two minutes have passed since it began."""
    writer = Writer(1_000, 5, 6, 9)
    data = bytes.fromhex("000003e8 00000005 00000006 00000009")
    assert writer.pack() == data
    assert Writer.load(data) == writer
    assert Writer(1, 2) == (1, 2, 0, 0)
    assert (LEASE, AWAITED) == (120, 0xFFFFFFFF)
    assert [writer.is_dead(now) for now in (900, 1_119, 1_120, 1_120.1)] == [False, False, False, True]
    assert writer.mended == (0, 5, 0, 0)
    assert writer.mended.is_dead(1_700_000_000)


def test_journal_is_read_by_token() -> None:
    """HGETALL's flat reply becomes writers by token; a reply with a token too many is refused."""
    first, second = Writer(1, 2, 3, 4), Writer(5, 6, AWAITED, 0)
    assert records.writers_in([b"a", first.pack(), b"b", second.pack()]) == {b"a": first, b"b": second}
    assert records.writers_in([]) == {}
    with pytest.raises(ValueError, match="argument"):
        records.writers_in([b"a", first.pack(), b"b"])


def test_numbers_are_four_bytes_each() -> None:
    """Chunk numbers up to the last come back as plain numbers, in their order."""
    data = b"\0\0\1\2" + b"\xff" * 4 + b"\0\0\0\0"
    assert records.pack_numbers(iter([258, 0xFFFFFFFF, 0])) == data
    assert records.load_numbers(data) == [258, 0xFFFFFFFF, 0]
    assert all(type(number) is int for number in records.load_numbers(data))

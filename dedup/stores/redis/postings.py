"""Postings in Redis: sorted sets whose members are 8 bytes, the rest of a bucket's name and a chunk number.

A bucket's name is that of the LMDB layout, 48 bits. Its first `bits` bits are a shard's key, the others, big-endian,
begin the member; all scores are 0, so that members are in the order of their bytes: of the bucket, then of the number.
A shard of up to 128 members is one packed list, 12 bytes a posting; one member more, and it takes 100 for good. So a
bucket that would fill its shard is registered as hot, and further postings of it go to a sorted set of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.stores.base import Numbers
from dedup.stores.names import NAME_BITS, Names
from dedup.stores.redis.requests import Request, pack

FEWEST_BITS, MOST_BITS = 16, 32  # ADR 5: 65,536 shards, 48 postings each at 20,000 articles
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_POSTING = np.dtype([("rest", ">u4"), ("number", ">u4")])


def listed_in(replies: Iterable[Sequence[bytes]]) -> Numbers:
    """Return the chunk numbers of members of shards."""
    return np.frombuffer(b"".join(map(b"".join, replies)), _POSTING)["number"].astype(np.uint32)


def numbers_in(replies: Iterable[Sequence[bytes]]) -> Numbers:
    """Return the chunk numbers that are the members of hot buckets' own sets."""
    return np.frombuffer(b"".join(map(b"".join, replies)), ">u4").astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Shards:
    """One generation of shards: the whole index's postings but those of hot buckets' own sets.

    Attributes:
        namespace: what all keys of the index begin with.
        number: the generation's own.
        bits: how many bits of a name are in the key.
    """

    namespace: bytes
    number: int
    bits: int

    @property
    def prefix(self) -> bytes:
        """What its keys begin with."""
        return b"%b:p%d:" % (self.namespace, self.number)

    def successor(self, bits: int) -> "Shards":
        """Return the generation that follows this one."""
        return Shards(self.namespace, self.number + 1, bits)

    @property
    def digits(self) -> int:
        """Hexadecimal digits in a key."""
        return -(-self.bits // 4)

    def shard_of(self, names: Names) -> NDArray[np.uint64]:
        """Return the number of the shard that each name is in."""
        return names >> np.uint64(NAME_BITS - self.bits)

    def keys(self, shards: NDArray[np.uint64]) -> list[bytes]:
        """Return the keys of shards."""
        digits = self.digits
        shifts = np.arange(4 * (digits - 1), -1, -4, dtype=np.uint64)
        spelled = np.empty((len(shards), len(self.prefix) + digits), np.uint8)
        spelled[:, : len(self.prefix)] = np.frombuffer(self.prefix, np.uint8)
        spelled[:, len(self.prefix) :] = _HEX[(shards[:, None] >> shifts) & np.uint64(15)]
        keys: list[bytes] = spelled.view(f"V{spelled.shape[1]}").ravel().tolist()
        return keys

    def members(self, names: Names, numbers: Numbers) -> NDArray[np.uint8]:
        """Return the (n, 8) bytes of members."""
        members = np.empty(len(names), _POSTING)
        members["rest"] = names & np.uint64((1 << (NAME_BITS - self.bits)) - 1)
        members["number"] = numbers
        return members.view(np.uint8).reshape(-1, 8)

    def postings(self, shards: NDArray[np.uint64], found: Sequence[Sequence[bytes]]) -> tuple[Names, Numbers]:
        """Return the names and numbers of all members of some shards."""
        members = np.frombuffer(b"".join(map(b"".join, found)), _POSTING)
        lengths = np.fromiter(map(len, found), np.int64, len(found))
        names = np.repeat(shards << np.uint64(NAME_BITS - self.bits), lengths) | members["rest"]
        return names, members["number"].astype(np.uint32)

    def read(self, names: Names) -> list[Request]:
        """Return a request for each name that gives its members: `range_of` with the bytes laid out at once."""
        if not len(names):
            return []
        keys = self.keys(self.shard_of(names))
        sample = _range_of(keys[0], b"0000")
        packed = np.empty((len(names), len(sample)), np.uint8)
        packed[:] = np.frombuffer(sample, np.uint8)
        key_at, low_at = sample.index(keys[0]), sample.index(b"[0000")
        packed[:, key_at : key_at + len(keys[0])] = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1)
        rest = self.members(names, np.zeros(len(names), np.uint32))[:, :4]
        packed[:, low_at + 1 : low_at + 5] = rest
        packed[:, low_at + 12 : low_at + 16] = rest
        commands = packed.view(f"V{len(sample)}").ravel().tolist()
        return [(key, data, 1) for key, data in zip(keys, commands, strict=True)]

    def read_plainly(self, names: Names) -> list[Request]:
        """Return what `read` does, one by one: its tested twin."""
        rests = self.members(names, np.zeros(len(names), np.uint32))[:, :4]
        keys = self.keys(self.shard_of(names))
        return [(key, _range_of(key, rest.tobytes()), 1) for key, rest in zip(keys, rests, strict=True)]

    def write(self, names: Names, numbers: Numbers) -> list[Request]:
        """Return requests that put sorted postings, a command a shard."""
        return self._by_shard(names, numbers, b"ZADD", b"$1\r\n0\r\n$8\r\n")

    def delete(self, names: Names, numbers: Numbers) -> list[Request]:
        """Return requests that delete sorted postings, a command a shard."""
        return self._by_shard(names, numbers, b"ZREM", b"$8\r\n")

    def _by_shard(self, names: Names, numbers: Numbers, verb: bytes, before: bytes) -> list[Request]:
        if not len(names):
            return []
        shards, starts = np.unique(self.shard_of(names), return_index=True)
        width = len(before) + 10
        packed = np.empty((len(names), width), np.uint8)
        packed[:, : len(before)] = np.frombuffer(before, np.uint8)
        packed[:, len(before) : -2] = self.members(names, numbers)
        packed[:, -2:] = (13, 10)
        data, ends = packed.tobytes(), [*starts[1:].tolist(), len(names)]
        each = before.count(b"$")
        head = b"*%%d\r\n$4\r\n%b\r\n$%d\r\n%%b\r\n%%b" % (verb, len(self.prefix) + self.digits)
        return [
            (key, head % (2 + each * (end - start), key, data[start * width : end * width]), 1)
            for key, start, end in zip(self.keys(shards), starts.tolist(), ends, strict=True)
        ]


def _range_of(key: bytes, rest: bytes) -> bytes:
    """Return the command that reads all members of a bucket, whose number of at most 32 bits follows the rest."""
    return pack(b"ZRANGEBYLEX", key, b"[" + rest, b"[" + rest + b"\xff\xff\xff\xff")


def own_key(namespace: bytes, name: int) -> bytes:
    """Return the key of a hot bucket's own set."""
    return b"%b:o:%012x" % (namespace, name)


def read_own(namespace: bytes, names: Sequence[int], limit: int) -> list[Request]:
    """Return two requests for each hot bucket: for the first numbers of its own set, and for how many there are."""
    keys = [own_key(namespace, name) for name in names]
    low, count = (
        pack(*parts).partition(own_key(namespace, 0))
        for parts in ((b"ZRANGE", own_key(namespace, 0), 0, max(limit, 1) - 1), (b"ZCARD", own_key(namespace, 0)))
    )
    return [(key, before + key + after, 1) for key in keys for before, _, after in (low, count)]

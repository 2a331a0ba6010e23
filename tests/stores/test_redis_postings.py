"""Requests to Redis are laid out by the thousand; each is what the plain way gives."""

import numpy as np
import pytest
from redis.connection import PythonRespSerializer

from dedup.stores.names import names_of
from dedup.stores.redis.postings import Shards
from dedup.stores.redis.requests import pack

BUCKETS = np.random.default_rng(5).integers(0, 2**64, 300, dtype=np.uint64)


def plain(*parts: bytes) -> bytes:
    """Return a command as redis-py packs it in plain Python."""
    return b"".join(PythonRespSerializer(6000, bytes).pack(*parts))


@pytest.mark.parametrize("bits", [16, 17, 20, 32])
def test_look_up_requests_are_those_of_the_plain_way(bits: int) -> None:
    """The requests for many buckets, laid out at once, equal those packed one by one."""
    names, shards = names_of(BUCKETS), Shards(b"name", 3, bits)
    assert shards.read(names) == shards.read_plainly(names)
    assert shards.read(names[:0]) == []


@pytest.mark.parametrize("bits", [16, 17, 20, 32])
def test_postings_are_written_by_shard(bits: int) -> None:
    """Each shard gets one command: its key the first bits of the name, its members the rest and the number."""
    names = np.sort(names_of(BUCKETS))
    numbers = np.arange(300, dtype=np.uint32) + np.uint32(2**32 - 300)
    expected: dict[bytes, list[bytes]] = {}
    for name, number in zip(names.tolist(), numbers.tolist(), strict=True):
        key = b"name:p3:%0*x" % (-(-bits // 4), name >> (48 - bits))
        rest = name & ((1 << (48 - bits)) - 1)
        expected.setdefault(key, []).append(rest.to_bytes(4, "big") + number.to_bytes(4, "big"))
    shards = Shards(b"name", 3, bits)
    scored = {key: [part for member in members for part in (b"0", member)] for key, members in expected.items()}
    assert shards.write(names, numbers) == [(key, plain(b"ZADD", key, *parts), 1) for key, parts in scored.items()]
    assert shards.delete(names, numbers) == [(key, plain(b"ZREM", key, *parts), 1) for key, parts in expected.items()]


def test_command_is_packed_as_redis_py_packs_it() -> None:
    """A command with empty, binary and numeric parts has the bytes that redis-py gives it."""
    assert pack(b"SET", b"", bytes(range(256)), 12, -1) == plain(b"SET", b"", bytes(range(256)), b"12", b"-1")

"""Where an index keeps what, and which of its buckets are hot: known to each process, refreshed by every request.

Every request also asks for the header, so that an index that is gone, or another one in its place, is noticed at once.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.errors import StoreGone
from dedup.stores.names import Names
from dedup.stores.redis.postings import FEWEST_BITS, MOST_BITS, Shards
from dedup.stores.redis.requests import Request, command

TAGS, SUBSHARDS = 32, 128  # not measured: hashes of pointers stay packed to half a million documents
_POSTINGS_A_DOCUMENT, _POSTINGS_A_SHARD = 160, 48  # ADR 5: 158 counted in articles; 48 leaves room below 128
GROW_AT = 80
"""Postings in an average shard from which on more shards are due: packed lists end at 128."""
_NAME = struct.Struct(">Q")
Known = tuple[bytes | None, int]
"""In which epoch the list of hot buckets was read, and how many of its entries."""


def bits_for(postings: int) -> int:
    """Return how many bits of a name should choose the shard, for that many postings."""
    return min(max((postings // _POSTINGS_A_SHARD).bit_length(), FEWEST_BITS), MOST_BITS)


def bits_for_documents(documents: int) -> int:
    """Return how many bits an index of that many articles should start with."""
    return bits_for(documents * _POSTINGS_A_DOCUMENT)


def numbers_of(keys: Iterable[bytes], prefix: bytes, base: int) -> list[int]:
    """Return the numbers that keys end in after `prefix`; a damaged key, which nobody named so, has none."""
    ends = (key[len(prefix) :] for key in keys)
    return [int(end, base) for end in ends if end and not end.strip(b"0123456789abcdef"[:base])]


class Layout:
    """The keys of one index.

    Attributes:
        generations: the shards to read, then those that are being built beside them, if any.
        hot: names of the buckets that may have a set of their own.
    """

    def __init__(self, namespace: bytes, name: str) -> None:
        """Name the keys, and the index as messages do; the rest is known from the first `take` on."""
        self.namespace, self._name = namespace, name
        self.meta, self.seq, self.pending, self.olds, self.counts, self.shape, self.epoch, self.hot_list = (
            b"%b:{%b}:%b" % (namespace, namespace, name)
            for name in (b"meta", b"seq", b"pending", b"olds", b"counts", b"layout", b"epoch", b"hot")
        )
        self.id_lists = [b"%b:ids:{%02d}" % (namespace, tag) for tag in range(TAGS)]
        self.generations: tuple[Shards, ...] = ()
        self.hot: set[int] = set()
        self.header = command(b"MGET", self.shape, self.meta, self.epoch)
        self._meta = self._written = b""
        self._known: Known = None, 0

    def refresh(self) -> list[Request]:
        """Return the two requests whose replies `take` takes."""
        return [self.header, command(b"LRANGE", self.hot_list, self._known[1], -1)]

    def take(self, start: Known, replies: Sequence[Any]) -> bool:
        """Learn what `refresh` asked for when `start` was known; return whether it has to be asked once more.

        Raises:
            StoreGone: the index is gone, or another one is in its place.
        """
        (written, _, epoch), names = replies
        self.hold(replies[0])
        if epoch != self._known[0]:  # the server may have lost the end of the list
            self.hot, self._known = set(), (epoch, 0)
        elif start[0] == epoch:
            self.hot.update(_NAME.unpack(name)[0] for name in names)
            self._known = epoch, max(self._known[1], start[1] + len(names))
        moved: bool = written != self._written
        if moved:
            self._written = written
            self.generations = tuple(
                Shards(self.namespace, int(generation), int(bits))
                for generation, _, bits in (one.partition(b":") for one in written.split())
            )
        return moved or start[0] != epoch

    def hold(self, header: Sequence[bytes | None]) -> None:
        """Hold what `header` asks for against what it was when the index was opened.

        Raises:
            StoreGone: the index is gone, or another one is in its place.
        """
        shape, meta, _ = header
        self._meta = self._meta or meta or b""
        if not shape or meta != self._meta:
            state = "another index is in its place" if meta else "it is gone"
            raise StoreGone(
                f"index {self._name}: {state}; the server was emptied, or started with other data, since the index was "
                "opened: open it again, and put the documents again"
            )

    @property
    def known(self) -> Known:
        """What has been read of the list of hot buckets."""
        return self._known

    def register(self, names: Sequence[int]) -> Request:
        """Return the request that makes buckets hot for everybody."""
        return command(b"RPUSH", self.hot_list, *map(_NAME.pack, names))

    def hot_among(self, names: Names) -> list[int]:
        """Return the places of hot names."""
        return [place for place, name in enumerate(names.tolist()) if name in self.hot] if self.hot else []

    def is_hot(self, names: Names) -> NDArray[np.bool_]:
        """Return which names are hot."""
        return np.isin(names, np.fromiter(self.hot, np.uint64, len(self.hot)))

    def document(self, number: int) -> bytes:
        """Return the key of a document's record, or of the pointer to it that a further chunk has."""
        return b"%b:d:%d" % (self.namespace, number)

    def id_place(self, key: bytes) -> tuple[int, bytes]:
        """Return the tag of an id, given as UTF-8, and the key of the hash that has its pointer."""
        spread = xxhash.xxh3_64_intdigest(key)
        tag = spread % TAGS
        return tag, self.pointers(tag, spread // TAGS % SUBSHARDS)

    def pointers(self, tag: int, sub: int) -> bytes:
        """Return the key of one hash of pointers."""
        return b"%b:x:{%02d}:%d" % (self.namespace, tag, sub)

"""Which story a document belongs to: kept before its payload, and as buckets of the story's name.

The story is no part of the document's content: it does not change the digest.
"""

import struct
from typing import NamedTuple

import msgspec
import numpy as np
import xxhash

from dedup.stores.base import Buckets

_FORMAT = b"\x02"  # the first byte of a payload with a story; the payload without follows
_LENGTH = struct.Struct("<I")
_IN, _BESIDE = 1, 2  # seeds, so that who belongs to a story and who links to it are in two buckets


class Membership(NamedTuple):
    """A document's place among the stories; the name is empty in an index without stories.

    Attributes:
        story: the name of the story that it belongs to.
        see_also: names of other stories that it resembles as much.
    """

    story: str = ""
    see_also: tuple[str, ...] = ()

    @property
    def buckets(self) -> Buckets:
        """The buckets that list the document as a member of its story, and as a link to the others."""
        names = [members_of(self.story)] if self.story else []
        return np.array([*names, *map(links_to, self.see_also)], np.uint64)


def in_story(chunks: tuple[Buckets, ...], membership: Membership) -> tuple[Buckets, ...]:
    """Return a document's buckets by chunk with those of its membership, which are in the first."""
    first, *further = chunks
    return (np.concatenate((first, membership.buckets)), *further) if membership.story else chunks


def out_of_story(chunks: tuple[Buckets, ...], membership: Membership) -> tuple[Buckets, ...]:
    """Return the buckets that `in_story` was given."""
    first, *further = chunks
    return (first[: len(first) - len(membership.buckets)], *further)


def members_of(story: str) -> int:
    """Return the bucket that lists a story's documents."""
    return xxhash.xxh3_64_intdigest(story.encode("utf-8", "surrogatepass"), _IN)


def links_to(story: str) -> int:
    """Return the bucket that lists the documents of other stories which resemble one of this story."""
    return xxhash.xxh3_64_intdigest(story.encode("utf-8", "surrogatepass"), _BESIDE)


def with_membership(payload: bytes, membership: Membership) -> bytes:
    """Return a payload of a document that belongs to a story."""
    head = msgspec.msgpack.encode(membership)
    return _FORMAT + _LENGTH.pack(len(head)) + head + payload


def split_membership(payload: bytes) -> tuple[Membership, bytes]:
    """Return the membership and the payload that `with_membership` was given.

    Raises:
        ValueError: what stands before the payload is damaged.
    """
    if payload[:1] != _FORMAT:
        return Membership(), payload
    try:
        (length,) = _LENGTH.unpack_from(payload, 1)
        end = 1 + _LENGTH.size + length
        return msgspec.msgpack.decode(payload[1 + _LENGTH.size : end], type=Membership), payload[end:]
    except (struct.error, msgspec.MsgspecError) as error:
        raise ValueError(f"its story cannot be read: {error}") from error


def membership_of(payload: bytes) -> Membership:
    """Return the membership alone.

    Raises:
        ValueError: it is damaged.
    """
    return split_membership(payload)[0]

"""A document's story, before its payload and in its buckets."""

import pytest
import xxhash

from dedup.errors import StoreDamaged
from dedup.model import Document
from dedup.stores.codec import content, decode, digest, encode
from dedup.stores.membership import Membership, membership_of, split_membership, with_membership

CONTENT = content("a text", b'{"n":1}')
PAYLOAD = with_membership(encode(CONTENT), Membership("räuber", ("b", "c")))


def test_a_story_stands_before_the_payload_and_leaves_the_content_alone() -> None:
    """A payload with a story decodes to the same document, with the story's name; its digest is the content's."""
    document = decode("a", PAYLOAD, digest(CONTENT))
    assert document == Document("a", "a text", {"n": 1})
    assert (document.story, document.version) == ("räuber", digest(CONTENT).hex())
    assert split_membership(PAYLOAD) == (Membership("räuber", ("b", "c")), encode(CONTENT))


def test_a_payload_without_a_story_has_none() -> None:
    """What an index without stories wrote belongs to no story."""
    assert membership_of(encode(CONTENT)) == Membership()
    assert decode("a", encode(CONTENT)).story is None


def test_members_and_links_are_in_buckets_of_their_own() -> None:
    """A story's bucket is the XXH3 of its name under seed 1, that of links to it under seed 2."""
    wanted = [
        xxhash.xxh3_64_intdigest("räuber".encode(), 1),
        xxhash.xxh3_64_intdigest(b"b", 2),
        xxhash.xxh3_64_intdigest(b"c", 2),
    ]
    assert Membership("räuber", ("b", "c")).buckets.tolist() == wanted
    assert Membership().buckets.tolist() == []


@pytest.mark.parametrize("damaged", [PAYLOAD[:3], PAYLOAD[:9], PAYLOAD[:5] + b"\xc1" * 20])
def test_a_damaged_story_is_told(damaged: bytes) -> None:
    """A payload cut short or changed before its content is damage, never another story."""
    with pytest.raises(StoreDamaged, match="its story cannot be read"):
        decode("a", damaged)

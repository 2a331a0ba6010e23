"""What a store keeps of a document: its text and metadata as one opaque payload, and their digest."""

import json
import struct
import threading

import xxhash
import zstandard

from dedup.errors import StoreDamaged, StoreTooNew
from dedup.model import Document
from dedup.stores.membership import split_membership

_FORMAT = 1
_LEVEL = 1  # on 1.8 kB articles 7.6 us and 53.6 % of the size; level 3: 9.9 us, 53.2 %; level 19: 181 us, 52.0 %
_METADATA_LENGTH = struct.Struct("<Q")


class _Coders(threading.local):
    """One compressor and one decompressor for each thread: they are reused, and must not be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_coders = _Coders()


def content(text: str, metadata: bytes) -> bytes:
    """Return text and metadata (as `dedup.admission.admit` encodes them) in one piece, to be encoded and hashed."""
    return _METADATA_LENGTH.pack(len(metadata)) + metadata + text.encode("utf-8", "surrogatepass")


def encode(content: bytes) -> bytes:
    """Return a content as a payload: a format byte and a checksummed zstd frame."""
    return bytes((_FORMAT,)) + _coders.compressor.compress(content)


def digest(content: bytes) -> bytes:
    """Return XXH3-128 of a content, 16 bytes: equal for equal text and metadata, whatever the order of keys."""
    return xxhash.xxh3_128_digest(content)


def decode(document_id: str, payload: bytes, digest: bytes = b"") -> Document:
    """Return the document whose content `encode` made a payload of; its digest, where it is known, is its version.

    Raises:
        StoreTooNew: if a newer version of this package wrote the payload.
        StoreDamaged: if the payload is not what was written.
    """
    try:
        membership, payload = split_membership(payload)
    except ValueError as error:
        raise StoreDamaged(f"document {document_id!r} is damaged in the index ({error}); put it again") from error
    if payload[:1] > bytes((_FORMAT,)):
        raise StoreTooNew(f"document {document_id!r} was written by a newer version of this package; upgrade it")
    try:
        content = _coders.decompressor.decompress(memoryview(payload)[1:])
        text_at = _METADATA_LENGTH.size + _METADATA_LENGTH.unpack_from(content)[0]
        metadata = json.loads(content[_METADATA_LENGTH.size : text_at].decode("utf-8", "surrogatepass"))
        text = content[text_at:].decode("utf-8", "surrogatepass")
    except (zstandard.ZstdError, struct.error, ValueError) as error:
        raise StoreDamaged(f"document {document_id!r} is damaged in the index ({error}); put it again") from error
    if digest and xxhash.xxh3_128_digest(content) != digest:
        raise StoreDamaged(f"document {document_id!r} is damaged in the index (its digest is another's); put it again")
    return Document(document_id, text, metadata, digest.hex(), membership.story or None)

"""Indexes whose documents belong to stories as a test says, whatever would be decided when they come in."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from dedup.admission import admit
from dedup.engine import Index
from dedup.model import Document
from dedup.scheme import Scheme
from dedup.sketching.chunks import chunks
from dedup.sketching.sketches import sketch
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Store, Stored
from dedup.stores.codec import content, decode, digest, encode
from dedup.stores.membership import Membership, in_story, membership_of, with_membership

SCHEME = Scheme(stories=0.5)


def put(store: Store, documents: Iterable[tuple[Document, Membership]], ttl: int = 0) -> None:
    """Put documents with what they belong to, one after the other."""
    for document, membership in documents:
        whole = content(document.text, admit(document))
        buckets = in_story(_postings([document.text], store.scheme)[0], membership)
        payload = with_membership(encode(whole), membership)
        store.put([Entry(document.id, digest(whole), payload, buckets, ttl)], postings_of)


def postings_of(stored: Stored) -> Sequence[Buckets]:
    """Compute a document's buckets anew."""
    text = decode(stored.id, stored.payload, stored.digest).text
    return in_story(_postings([text], SCHEME)[0], membership_of(stored.payload))


def _postings(texts: Sequence[str], scheme: Scheme) -> list[tuple[Buckets, ...]]:
    sketches = sketch(texts, scheme)
    return [chunks(sketches, row, scheme.unit) for row in range(len(texts))]


@contextmanager
def index_of(documents: Iterable[tuple[Document, Membership]], url: str = "memory:") -> Iterator[Index]:
    """Open an index of such documents."""
    with Index(open_store(url, SCHEME, create=True)) as index:
        put(index._store, documents)
        yield index

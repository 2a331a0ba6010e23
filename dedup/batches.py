"""Documents as they are put: checked, encoded and gathered, so that memory is bounded."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dedup.admission import admit, name_of
from dedup.errors import InvalidDocument
from dedup.model import Document, Reject
from dedup.stores.codec import content, digest, encode

BATCH = 2_000  # ADR 2: .42 M postings/s in batches of 100, 1.19 M and more of 2,000, 1.13 M of 20,000
BATCH_CHARACTERS = 1 << 25  # not measured: bounds memory where documents are long


class Encoded(NamedTuple):
    """A document ready to be sketched: of its metadata only the encoded form is held."""

    place: int
    id: str
    text: str
    payload: bytes
    digest: bytes


def batches(documents: Iterable[Document]) -> Iterator[list[Encoded | Reject]]:
    """Yield batches bounded in number and in size, so that memory is bounded too."""
    batch, size = list[Encoded | Reject](), 0
    for place, document in enumerate(documents):
        one = _encoded(place, document)
        batch.append(one)
        size += len(one.id) + (len(one.text) + len(one.payload) if isinstance(one, Encoded) else 0)
        if len(batch) == BATCH or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def each_id_once(batch: list[Encoded | Reject]) -> Iterator[list[Encoded | Reject]]:
    """Yield a batch in parts of which none has an id twice: each version is decided on where it stands."""
    part, ids = list[Encoded | Reject](), set[str]()
    for one in batch:
        if one.id in ids and isinstance(one, Encoded):
            yield part
            part, ids = [], set()
        part.append(one)
        if isinstance(one, Encoded):
            ids.add(one.id)
    yield part


def _encoded(place: int, document: Document) -> Encoded | Reject:
    try:
        metadata = admit(document)
    except InvalidDocument as error:
        return Reject(place, name_of(document), error.code, str(error))
    whole = content(document.text, metadata)
    return Encoded(place, document.id, document.text, encode(whole), digest(whole))

"""Lists of documents, searched or not, for programs and for the page: so much at a time, with a cursor to go on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from dedup.engine import Index
from dedup.model import Document
from service.backend import Service
from service.catalogue import Hit, Wanted, cursor_behind

T = TypeVar("T")
_READ = 16  # not measured: documents read at once, texts and all


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Some documents.

    Attributes:
        documents: as they are shown.
        next: the cursor of those that follow; None at the end.
        found: how many there are in all.
        searched: how many documents of the index were searched for them.
        total: how many the index holds.
    """

    documents: list[T]
    next: str | None
    found: int
    searched: int
    total: int


def listing(service: Service, wanted: Wanted, characters: float, shown: Callable[[Document], T]) -> Listing[T]:
    """List documents as `shown` makes them, whose texts have so many characters together, or a single one.

    Raises:
        Problem: 422 if the cursor was never given.
        InvalidInput: too many words are searched.
    """
    if wanted.searches:
        found = service.catalogue.search(wanted)
        some = _cut(_read(service.index, found.hits), wanted.limit, characters, shown)
        return Listing(*some, found.found, found.searched, found.documents)
    total = service.index.stats().documents
    every = ((one, cursor_behind((one.id.encode(),))) for one in service.index.documents(wanted.after[-1].decode()))
    return Listing(*_cut(every, wanted.limit, characters, shown), total, total, total)


def _read(index: Index, hits: tuple[Hit, ...]) -> Iterator[tuple[Document, str]]:
    """Yield the documents of hits, but those that were removed meanwhile."""
    left = iter(hits)
    while some := list(islice(left, _READ)):
        for hit, document in zip(some, index.get_many([hit.id for hit in some]), strict=True):
            if document:
                yield document, hit.cursor


def _cut(
    documents: Iterator[tuple[Document, str]], limit: int, characters: float, shown: Callable[[Document], T]
) -> tuple[list[T], str | None]:
    """Return the first documents, and the cursor of the rest if there is any."""
    page, size, last = list[T](), 0, ""
    for document, cursor in documents:
        size += len(document.text)
        if len(page) == limit or (page and size > characters):
            return page, last
        page.append(shown(document))
        last = cursor
    return page, None

"""Lists of documents and watches, for programs and for the page: so much at a time, with a cursor to go on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from dedup.engine import Index
from dedup.model import Document, Watch
from service.backend import Service
from service.catalogue import Hit, Wanted, cursor_behind

T = TypeVar("T")
S = TypeVar("S", Document, Watch)
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
        some = cut(_read(service.index, found.hits), wanted.limit, characters, shown)
        return Listing(*some, found.found, found.searched, found.documents)
    total = service.index.stats().documents
    every = ((one, cursor_behind((one.id.encode(),))) for one in service.index.documents(wanted.after[-1].decode()))
    return Listing(*cut(every, wanted.limit, characters, shown), total, total, total)


def _read(index: Index, hits: tuple[Hit, ...]) -> Iterator[tuple[Document, str]]:
    """Yield the documents of hits, but those that were removed meanwhile."""
    left = iter(hits)
    while some := list(islice(left, _READ)):
        for hit, document in zip(some, index.get_many([hit.id for hit in some]), strict=True):
            if document:
                yield document, hit.cursor


def cut(
    listed: Iterator[tuple[S, str]], limit: int, characters: float, shown: Callable[[S], T]
) -> tuple[list[T], str | None]:
    """Return the first of what has a text, each beside the cursor behind it, and the cursor of the rest if any is left.

    Their texts have so many characters together, or there is a single one.
    """
    page, size, last = list[T](), 0, ""
    for one, cursor in listed:
        size += len(one.text)
        if len(page) == limit or (page and size > characters):
            return page, last
        page.append(shown(one))
        last = cursor
    return page, None

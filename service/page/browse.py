"""What the page shows of a list of documents."""

from dataclasses import dataclass

from dedup.model import Document
from dedup.report.views import Name, name
from service.backend import Service
from service.catalogue import Wanted
from service.listing import Listing, listing

CHARACTERS = 1 << 24  # not measured: one of the longest texts, read for a page


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the list."""

    name: Name
    characters: int


def browse(service: Service, wanted: Wanted) -> tuple[Row | None, Listing[Row]]:
    """Return the document whose id is exactly what is searched, on the first page, and the list without it."""
    exact = service.index.get(wanted.words) if wanted.words and not wanted.cursor else None
    if not wanted.searches:
        service.catalogue.follow(0)  # a search is likely to come next
    found = listing(service, wanted, CHARACTERS, _row)
    return (_row(exact) if exact else None), found


def _row(document: Document) -> Row:
    return Row(name(document), len(document.text))

"""Finding documents by id or metadata, so much at a time that no request reads a whole index."""

from dataclasses import dataclass

from dedup.engine import Index
from dedup.model import Document
from dedup.report.views import Name, facts, name

SHOWN = 50  # not measured: a list that can be read
READ = 20_000  # what a filter may pass over before the page is sent: 0.4 s for texts of 800 letters on disk
CHARACTERS = 1 << 24  # one of the longest texts


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the list."""

    name: Name
    facts: tuple[tuple[str, str], ...]
    characters: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Some documents, in order of their ids.

    Attributes:
        rows: those that match.
        read: how many were read for it.
        last: the last id read, if there are more to read, else empty.
    """

    rows: tuple[Row, ...]
    read: int
    last: str


def search(index: Index, words: str, after: str) -> Listing:
    """List documents whose id sorts after `after` and whose id and metadata hold all `words`, whatever their case.

    At most 50 are listed, 20,000 read, and no more read after 16 million characters. A document whose id is exactly
    `words` comes first.
    """
    wanted = words.casefold().split()
    exact = index.get(words) if words and not after else None
    rows = [_row(exact)] if exact else []
    read, characters, last = 0, 0, ""
    for document in index.documents(after):
        if len(rows) >= SHOWN or read >= READ or characters >= CHARACTERS:
            return Listing(tuple(rows), read, last)
        read, characters, last = read + 1, characters + len(document.text), document.id
        row = _row(document)
        if document.id != words and _holds(row, wanted):
            rows.append(row)
    return Listing(tuple(rows), read, "")


def _row(document: Document) -> Row:
    return Row(name(document), facts(document.metadata), len(document.text))


def _holds(row: Row, wanted: list[str]) -> bool:
    words = " ".join([row.name.id, *(value for _, value in row.facts)]).casefold()
    return all(word in words for word in wanted)

"""HTML: a page is a document, its main text without menus and footers."""

from collections.abc import Iterator

from dedup.formats.items import Page, Rejected, Source
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.record import USUAL, Fields

MOST_BYTES = 8 << 20  # not measured: beyond any article's page


def records(
    stream: Stream,
    path: str,
    name: str,
    fields: Fields = USUAL,  # noqa: ARG001 - a page has none
    *,
    charset: str = "",
) -> Iterator[Page | Rejected]:
    """Yield the whole stream as one page of that name; by default the page itself tells its charset."""
    source = Source(path)
    try:
        data = stream.read(MOST_BYTES + 1)
    except DAMAGE as error:
        yield unreadable(source, error)
        return
    yield too_long(source, name) if len(data) > MOST_BYTES else Page(source, name, data, {}, charset)


def too_long(source: Source, name: str) -> Rejected:
    """Return the reject of a page that is too long to look for a main text in."""
    return Rejected(source, name, "long_page", f"more than {MOST_BYTES:,} bytes of HTML; extract the text yourself")

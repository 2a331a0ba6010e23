"""A plain text file: one document, UTF-8, every code point kept so that places are those of the file."""

from collections.abc import Iterator

from dedup.formats.encoding import not_utf8
from dedup.formats.items import Item, Record, Rejected, Source
from dedup.formats.stream import DAMAGE, Stream, unreadable
from dedup.model import Document
from dedup.record import USUAL, Fields

MOST_BYTES = 4 << 24
"""2 ** 24 code points, the longest text an index takes, have at most this many bytes."""


def records(
    stream: Stream,
    path: str,
    name: str,
    fields: Fields = USUAL,  # noqa: ARG001 - a text has none
) -> Iterator[Item]:
    """Yield the whole stream as one document of that name.

    Line ends stay as they are and so does a byte order mark: it is a zero-width character, which folding ignores.
    """
    source = Source(path)
    try:
        data = stream.read(MOST_BYTES + 1)
    except DAMAGE as error:
        yield unreadable(source, error)
        return
    if len(data) > MOST_BYTES:
        yield Rejected(source, name, "long_text", f"more than {MOST_BYTES:,} bytes; split it into documents")
        return
    try:
        yield Record(source, Document(name, data.decode("utf-8")))
    except UnicodeDecodeError as error:
        yield Rejected(source, name, "invalid_utf8", not_utf8(error))

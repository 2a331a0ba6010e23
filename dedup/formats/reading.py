"""Which reader a format has, and what a user may say of how files are written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import NamedTuple

from dedup.errors import InvalidInput
from dedup.extras import extra
from dedup.formats import csv, html, jsonl, parquet, text, warc
from dedup.formats.encoding import archive, check_encoding, other_encoding, recoded
from dedup.formats.items import Entry, Rejected, Source
from dedup.formats.stream import DAMAGE, UNPACKERS, Buffered, unreadable
from dedup.record import USUAL, Fields

STDIN = "-"
Reader = Callable[[Buffered, str, str, Fields], Iterator[Entry]]


class Format(NamedTuple):
    """How files of a kind are read: by what, whether they are text, and the extra with the packages that it needs."""

    records: Callable[..., Iterator[Entry]]
    text: bool = False
    extra: str = ""
    needs: tuple[str, ...] = ()


FORMATS = {
    "jsonl": Format(jsonl.records, text=True),
    "csv": Format(csv.records, text=True),
    "tsv": Format(partial(csv.records, delimiter="\t"), text=True),
    "parquet": Format(parquet.records, extra="parquet", needs=("pyarrow",)),
    "text": Format(text.records, text=True),
    "html": Format(html.records, extra="warc", needs=("trafilatura",)),
    "warc": Format(warc.records, extra="warc", needs=("fastwarc.warc", "trafilatura")),
}
ENDINGS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
    ".md": "text",
    ".markdown": "text",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".wet": "warc",
}
KNOWN = f"{', '.join(ENDINGS)} (also {', '.join(UNPACKERS)})"


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read, where their endings and their first bytes do not tell.

    Attributes:
        fields: which fields of a record are its id and its text.
        format: of `FORMATS`; by default the endings tell. In a folder, files of other formats are passed over.
        encoding: of text, CSV, JSON Lines and HTML; by default UTF-8, and what an HTML page says of itself.
        delimiter: between the values of CSV; by default the comma, semicolon, tab or bar that the first record shows.
        names: a pattern that reads metadata from the documents' names, as `{source}_{published}`; see `annotation`.
        metadata: a file with metadata for the documents: CSV, JSON Lines or Parquet with their ids, and no texts.

    Raises:
        InvalidInput: there is no such format or encoding, or the delimiter is not a single character.
    """

    fields: Fields = USUAL
    format: str | None = None
    encoding: str = ""
    delimiter: str = ""
    names: str = ""
    metadata: str = ""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if self.format not in (None, *FORMATS):
            raise InvalidInput(f"--format {self.format}: no known format; give {', '.join(FORMATS)}")
        if self.encoding:
            check_encoding(self.encoding)
        if self.delimiter:
            csv.check_delimiter(self.delimiter)


def reader_of(name: str, how: Reading, path: str = STDIN) -> Reader:
    """Return the reader of the format of that name.

    Raises:
        InvalidInput: there is no such format; `path` names the file in the message.
        MissingExtra: a package that it needs is not installed.
    """
    if name not in FORMATS:
        raise InvalidInput(f"{path}: {_unknown(name, path)}")
    known = FORMATS[name]
    with extra(known.extra, f"{path}: reading {name}"):
        for package in known.needs:
            import_module(package)
    records = known.records
    if how.delimiter and name in ("csv", "tsv"):
        records = partial(records, delimiter=how.delimiter)
    if how.encoding and (known.text or name == "html"):
        return partial(_recoded, partial(records, charset="utf-8") if name == "html" else records, how.encoding)
    return partial(_text, records) if known.text else records


def _unknown(ending: str, path: str) -> str:
    if ending == ".json":
        return f"no known format; if it holds an array, write an object a line: jq -c '.[]' {path} | dedup ingest -"
    if ending == ".pdf":
        return f"PDF is not read; make a text of it first: pdftotext {path}"
    return f"no known format; give a folder, a file ending in {KNOWN}, or say --format"


def _recoded(
    records: Callable[..., Iterator[Entry]], encoding: str, stream: Buffered, path: str, name: str, fields: Fields
) -> Iterator[Entry]:
    with recoded(stream, encoding) as plain:
        yield from records(plain, path, name, fields)


def _text(
    records: Callable[..., Iterator[Entry]], stream: Buffered, path: str, name: str, fields: Fields
) -> Iterator[Entry]:
    """Yield what a file of text holds, unless its first bytes tell that it is something else."""
    try:
        start = stream.peek(1)
    except DAMAGE as error:
        yield unreadable(Source(path), error)
        return
    if kind := archive(start):
        yield Rejected(Source(path), name, "not_text", f"this is {kind}; make a text of it first")
    elif encoding := other_encoding(start):
        reason = f"this is {encoding.upper()}; give --encoding {encoding}"
        yield Rejected(Source(path), name, "invalid_utf8", reason)
    else:
        yield from records(stream, path, name, fields)

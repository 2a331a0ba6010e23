"""Which reader a path gets, and which id a file gets that is one document."""

import glob
import os
import sys
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from dedup.errors import InvalidInput, MissingExtra
from dedup.formats import csv, html, jsonl, parquet, text, warc
from dedup.formats.extraction import extracted
from dedup.formats.items import Item, Page, Source
from dedup.formats.stream import UNPACKERS, Meter, Stream, open_file, open_stdin, unreadable
from dedup.record import USUAL, Fields

STDIN = "-"
PROCESSES = os.cpu_count() or 1
_WILD = set("*?[")
Reader = Callable[[Stream, str, str, Fields], Iterator[Item | Page]]


class Format(NamedTuple):
    """How files of a kind are read: by what, and which extra brings the packages that it needs."""

    records: Reader
    extra: str = ""
    needs: tuple[str, ...] = ()


FORMATS = {
    "jsonl": Format(jsonl.records),
    "csv": Format(csv.comma),
    "tsv": Format(csv.tab),
    "parquet": Format(parquet.records, "parquet", ("pyarrow",)),
    "text": Format(text.records),
    "html": Format(html.records, "warc", ("trafilatura",)),
    "warc": Format(warc.records, "warc", ("fastwarc", "trafilatura")),
}
ENDINGS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".warc": "warc",
    ".wet": "warc",
}
KNOWN = f"{', '.join(ENDINGS)} (also {', '.join(UNPACKERS)})"


def read(
    *paths: str,
    fields: Fields = USUAL,
    format: str | None = None,  # noqa: A002 - the option's name
    meter: Meter | None = None,
) -> Generator[Item, None, None]:
    """Return the records of folders, of files, of what patterns match, or, for `-`, of standard input.

    A text's or page's id is its path below the folder named, without the ending; that of a file named itself is its
    stem. Standard input is JSON Lines. Pages are extracted by as many processes as there are cores.

    Args:
        paths: in this order; a folder's files come in order of their names.
        fields: which fields of a record are its id and its text.
        format: of `FORMATS`; by default the endings tell. In a folder, files of other endings are passed over.
        meter: is told how many bytes are to be read, and how many have been.

    Raises:
        InvalidInput: at once, if a path does not exist or is of no known format, or a folder or pattern has nothing.
        MissingExtra: at once, if a format needs a package that is not installed.
    """
    meter = meter or Meter()
    if format not in (None, *FORMATS):
        raise InvalidInput(f"{format}: no known format; there are {', '.join(FORMATS)}")
    found = [one for path in paths for one in _found(path, fields, format, meter)]
    return extracted(chain.from_iterable(found), PROCESSES)


def read_queries(path: str) -> Iterator[Item]:
    """Return the records as `read` does; standard input that does not begin with `{` is one plain text with id `-`."""
    return extracted(_queries(), PROCESSES) if path == STDIN else read(path)


def read_text(path: str) -> Item:
    """Return one file of any ending, or standard input, as a plain text.

    Raises:
        InvalidInput: if the path does not exist.
    """
    if path == STDIN:
        return next(text.records(sys.stdin.buffer, STDIN, STDIN))
    place = _existing(path)
    return next(extracted(_unpacked(place, _split(Path(place.name))[0], text.records, USUAL, Meter()), 1))


def _queries() -> Iterator[Item | Page]:
    stream = open_stdin()
    start = stream.peek(1).removeprefix(jsonl.BYTE_ORDER_MARK).lstrip()
    yield from (jsonl if start.startswith(b"{") else text).records(stream, STDIN, STDIN, USUAL)


def _found(path: str, fields: Fields, name: str | None, meter: Meter) -> Iterator[Iterator[Item | Page]]:
    """Yield a stream of items for each file that a path stands for; what is wrong with the path is told at once."""
    place = Path(path)
    if path == STDIN:
        yield _stdin(_known(name or "jsonl"), fields, meter)
    elif place.is_dir():
        yield _folder(place, fields, name, meter)
    elif not place.exists() and set(path) & _WILD:
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            raise InvalidInput(f"{path}: nothing matches; check the pattern")
        yield from chain.from_iterable(_found(match, fields, name, meter) for match in matches)
    else:
        stem, ending = _split(Path(_existing(path).name))
        reader = _known(name or ENDINGS.get(ending) or ending, path)
        meter.expect(_size(place))
        yield _unpacked(place, stem, reader, fields, meter)


def _existing(path: str) -> Path:
    if not Path(path).exists():
        raise InvalidInput(f"{path}: no such file or folder; check the path")
    return Path(path)


def _known(name: str, path: str = STDIN) -> Reader:
    """Return the reader of a format, if what it needs is installed."""
    if name not in FORMATS:
        raise InvalidInput(f"{path}: no known format; give a folder, a file ending in {KNOWN}, or say --format")
    found = FORMATS[name]
    for package in found.needs:
        if find_spec(package) is None:
            advice = f"is not installed; pip install 'resembles[{found.extra}]'"
            raise MissingExtra(f"{path}: reading {name} needs {package}, which {advice}")
    return found.records


def _stdin(reader: Reader, fields: Fields, meter: Meter) -> Iterator[Item | Page]:
    try:
        size = os.fstat(sys.stdin.fileno()).st_size
    except OSError:
        size = 0
    meter.expect(size or None)
    return (item for stream in map(open_stdin, [meter]) for item in reader(stream, STDIN, STDIN, fields))


def _folder(folder: Path, fields: Fields, name: str | None, meter: Meter) -> Iterator[Item | Page]:
    formats = set()
    for place, _, ending in _walk(folder, name, []):
        formats.add(ENDINGS[ending])
        meter.expect(_size(place))
    if not formats:
        raise InvalidInput(f"{folder}: holds no file ending in {KNOWN}; name files of other endings with --format")
    readers = {one: _known(one, str(folder)) for one in formats}
    return _walked(folder, readers, fields, name, meter)


def _walked(
    folder: Path, readers: dict[str, Reader], fields: Fields, name: str | None, meter: Meter
) -> Iterator[Item | Page]:
    failed: list[OSError] = []
    for place, stem, ending in _walk(folder, name, failed):
        yield from _unpacked(place, stem, readers[ENDINGS[ending]], fields, meter)
    for error in failed:
        yield unreadable(Source(str(error.filename)), error)


def _walk(folder: Path, name: str | None, failed: list[OSError]) -> Iterator[tuple[Path, str, str]]:
    """Yield each file below of a known format (of that name, if any) with its name and ending, in order."""
    for parent, folders, files in os.walk(folder, onerror=failed.append):
        folders.sort()
        for file in sorted(files):
            place = Path(parent, file)
            stem, ending = _split(place.relative_to(folder))
            if ENDINGS.get(ending) in ({name} if name else FORMATS):
                yield place, stem, ending


def _unpacked(place: Path, stem: str, reader: Reader, fields: Fields, meter: Meter) -> Iterator[Item | Page]:
    try:
        stream = open_file(place, meter)
    except OSError as error:
        yield unreadable(Source(str(place)), error)
        return
    with stream:
        yield from reader(stream, str(place), stem, fields)


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0


def _split(name: Path) -> tuple[str, str]:
    """Return the name without its endings, slashes as in POSIX, and the ending that tells the format."""
    if name.suffix.lower() in UNPACKERS:
        name = name.with_suffix("")
    return name.with_suffix("").as_posix(), name.suffix.lower()

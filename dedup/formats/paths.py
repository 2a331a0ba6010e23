"""Which reader a path gets, and which id a text file."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from dedup.errors import InvalidInput
from dedup.formats import jsonl, text
from dedup.formats.record import Item, Source
from dedup.formats.stream import UNPACKERS, Stream, open_file, unreadable

STDIN = "-"
READERS: dict[str, Callable[[Stream, str, str], Iterator[Item]]] = {".jsonl": jsonl.records, ".txt": text.records}


def read(path: str) -> Iterator[Item]:
    """Return the records of a folder of `.txt`, of one file, or, for `-`, of JSON Lines on standard input.

    A text file's id is its path below the folder named, without the ending; that of a file named itself is its stem.

    Raises:
        InvalidInput: at once, if the path does not exist, is of no known format, or is a folder without texts.
    """
    if path == STDIN:
        return jsonl.records(sys.stdin.buffer, STDIN)
    place = Path(path)
    if place.is_dir():
        return _folder(place)
    _require(place)
    _, ending = _split(place)
    if ending not in READERS:
        known = ", ".join(READERS)
        raise InvalidInput(
            f"{path}: no known format; give a folder of .txt, or a file ending in {known} (also .gz, .zst)"
        )
    return _file(place, Path(place.name))


def read_queries(path: str) -> Iterator[Item]:
    """Return the records as `read` does; standard input that does not begin with `{` is one plain text with id `-`."""
    if path != STDIN:
        return read(path)
    # what lies below the buffer hands over what there is, so that a query is answered before the next one comes
    stream = io.BufferedReader(cast("io.RawIOBase", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)))
    start = stream.peek(1).removeprefix(jsonl.BYTE_ORDER_MARK).lstrip()
    reader = jsonl.records if start.startswith(b"{") else text.records
    return reader(stream, STDIN, STDIN)


def read_text(path: str) -> Item:
    """Return one file of any ending, or standard input, as a plain text.

    Raises:
        InvalidInput: if the path does not exist.
    """
    if path == STDIN:
        return next(text.records(sys.stdin.buffer, STDIN, STDIN))
    place = Path(path)
    _require(place)
    return next(_records(place, _split(Path(place.name))[0], text.records))


def _require(place: Path) -> None:
    if not place.exists():
        raise InvalidInput(f"{place}: no such file or folder; check the path")


def _folder(folder: Path) -> Iterator[Item]:
    found = _walk(folder)
    first = next(found, None)
    if first is None:
        raise InvalidInput(f"{folder}: holds no .txt file; other formats are named file by file")
    return _chain(first, found)


def _chain(first: Iterator[Item], rest: Iterator[Iterator[Item]]) -> Iterator[Item]:
    yield from first
    for items in rest:
        yield from items


def _walk(folder: Path) -> Iterator[Iterator[Item]]:
    """Yield the items of each text file below, in order of the names, and a reject for each folder not readable."""
    failed: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=failed.append):
        folders.sort()
        for name in sorted(files):
            place = Path(parent, name)
            if place.suffix.lower() == ".txt":
                yield _file(place, place.relative_to(folder))
    for error in failed:
        yield iter([unreadable(Source(str(error.filename)), error)])


def _file(place: Path, name: Path) -> Iterator[Item]:
    stem, ending = _split(name)
    return _records(place, stem, READERS[ending])


def _records(place: Path, name: str, reader: Callable[[Stream, str, str], Iterator[Item]]) -> Iterator[Item]:
    try:
        stream = open_file(place)
    except OSError as error:
        yield unreadable(Source(str(place)), error)
        return
    with stream:
        yield from reader(stream, str(place), name)


def _split(name: Path) -> tuple[str, str]:
    """Return the name without its endings, slashes as in POSIX, and the ending that tells the format."""
    if name.suffix.lower() in UNPACKERS:
        name = name.with_suffix("")
    return name.with_suffix("").as_posix(), name.suffix.lower()

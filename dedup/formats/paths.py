"""Which files a path stands for, and which id a file gets that is one document."""

import glob
import os
import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path, PurePath

from dedup.errors import InvalidInput
from dedup.formats.annotation import Pattern, annotated, pattern_of, table_of
from dedup.formats.extraction import extracted
from dedup.formats.items import Entry, Item, Page, PassedOver, Rejected, Source
from dedup.formats.lake_stream import open_remote
from dedup.formats.lakes import Remote, find, is_address, shown_path
from dedup.formats.reading import ENDINGS, FORMATS, KNOWN, STDIN, Reader, Reading, reader_of
from dedup.formats.stream import UNPACKERS, Buffered, Meter, open_file, open_stdin, unpacked, unreadable
from dedup.record import Fields

USUAL = Reading()
_MOST_SHOWN = 200  # not measured: three lines of a terminal
PROCESSES = os.cpu_count() or 1
_WILD = set("*?[")


def read(*paths: str, how: Reading = USUAL, meter: Meter | None = None) -> Generator[Item, None, None]:
    """Return the records of folders, of files, of what patterns match, all also by URL, or, for `-`, of standard input.

    A text's or page's id is its path below the folder named, without the ending; that of a file named itself is its
    stem. Standard input is JSON Lines. Pages are extracted by as many processes as there are cores.

    Args:
        paths: in this order; a folder's files come in order of their names.
        how: what endings and first bytes do not tell.
        meter: is told how many bytes are to be read and have been read, and what is passed over.

    Raises:
        InvalidInput: at once, if a path does not exist or is of no known format, or a folder or pattern has nothing.
        MissingExtra: at once, if a format or the kind of a URL needs a package that is not installed.
        StoreError: at once, if what a URL names does not answer, or refuses the credentials.
    """
    meter = meter or Meter()
    found = [one for path in paths for one in _found(path, how, meter)]
    return _annotated(extracted(_counted(chain.from_iterable(found), meter), PROCESSES), how, meter)


def read_queries(path: str, how: Reading = USUAL, meter: Meter | None = None) -> Iterator[Item]:
    """Return the records as `read` does; standard input that does not begin with `{` is one plain text with id `-`."""
    if path != STDIN or how.format:
        return read(path, how=how, meter=meter)
    meter = meter or Meter()
    return _annotated(extracted(_counted(_queries(how), meter), PROCESSES), how, meter)


def _annotated(items: Generator[Item, None, None], how: Reading, meter: Meter) -> Generator[Item, None, None]:
    """Return the items with the metadata that a pattern on their names and a table have for them."""
    if not (how.names or how.metadata):
        return items
    pattern = pattern_of(how.names) if how.names else None
    key = how.fields.id
    # a row's id stands for its text too, for it has none
    rows = read(how.metadata, how=Reading(Fields(key, key))) if how.metadata else None
    return _joined(items, pattern, rows, meter)


def _joined(
    items: Generator[Item, None, None], pattern: Pattern | None, rows: Iterable[Item] | None, meter: Meter
) -> Generator[Item, None, None]:
    table, rejects = table_of(rows) if rows is not None else (None, [])
    yield from rejects
    with closing(items):
        yield from annotated(items, pattern, table, meter)


def read_text(path: str, how: Reading = USUAL) -> Item:
    """Return one file of any ending, or standard input, as a plain text.

    Raises:
        InvalidInput: if the path does not exist.
    """
    reader = reader_of("text", how, shown_path(path))
    if path == STDIN:
        return _only(reader(open_stdin(), STDIN, STDIN, how.fields))
    if is_address(path):
        file, *others = find(path)
        if others or file.listed:
            return Rejected(Source(shown_path(path)), "", "unreadable_file", "several files; name one of them")
        return _only(_remote(file, _split(file.name)[0], reader, how, Meter()))
    place = _existing(path)
    if place.is_dir():
        return Rejected(Source(path), "", "unreadable_file", "a folder; name a text file")
    return _only(_unpacked(place, _split(Path(place.name))[0], reader, how, Meter()))


def _only(entries: Iterable[Entry]) -> Item:
    return next(extracted(_counted(entries, Meter()), 1))


def _counted(entries: Iterable[Entry], meter: Meter) -> Iterator[Item | Page]:
    """Yield the entries but those passed over, of which the meter is told."""
    for entry in entries:
        if isinstance(entry, PassedOver):
            meter.records_passed_over[entry.kind] += 1
        else:
            yield entry


def _queries(how: Reading) -> Iterator[Entry]:
    stream = open_stdin()
    start = stream.peek(1).removeprefix(BOM_UTF8).lstrip()
    yield from reader_of("jsonl" if start.startswith(b"{") else "text", how)(stream, STDIN, STDIN, how.fields)


def _found(path: str, how: Reading, meter: Meter) -> Iterator[Iterator[Entry]]:
    """Yield a stream of items for each file that a path stands for; what is wrong with the path is told at once."""
    place = Path(path)
    if path == STDIN:
        yield _stdin(reader_of(how.format or "jsonl", how), how, meter)
    elif is_address(path):
        yield from _lake(path, how, meter)
    elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a text that is too long for a path
        yield _folder(place, how, meter)
    elif not os.path.exists(path) and set(path) & _WILD:  # noqa: PTH110 - the same
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            raise InvalidInput(f"{path}: nothing matches; check the pattern")
        yield from chain.from_iterable(_found(match, how, meter) for match in matches)
    else:
        stem, ending = _split(Path(_existing(path).name))
        reader = reader_of(how.format or ENDINGS.get(ending) or ending, how, path)
        meter.expect(_size(place))
        yield _unpacked(place, stem, reader, how, meter)


def _existing(path: str) -> Path:
    if os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a text that is too long for a path
        return Path(path)
    advice = "check the path"
    if len(path.split()) > 1:
        advice = "check the path, or give a text itself on standard input, with - as the path"
    beginning = path if len(path) <= _MOST_SHOWN else f"{path[:_MOST_SHOWN]}…"
    raise InvalidInput(f"{beginning}: no such file or folder; {advice}")


def _stdin(reader: Reader, how: Reading, meter: Meter) -> Iterator[Entry]:
    try:
        size = os.fstat(sys.stdin.fileno()).st_size
    except OSError:
        size = 0
    meter.expect(size or None)
    return (item for stream in map(open_stdin, [meter]) for item in reader(stream, STDIN, STDIN, how.fields))


def _folder(folder: Path, how: Reading, meter: Meter) -> Iterator[Entry]:
    formats = set()
    for place, _, ending in _walk(folder, how, [], meter.passed_over):
        formats.add(ENDINGS[ending])
        meter.expect(_size(place))
    if not formats:
        raise InvalidInput(f"{folder}: {_nothing()}")
    readers = {one: reader_of(one, how, str(folder)) for one in formats}
    return _walked(folder, readers, how, meter)


def _walked(folder: Path, readers: dict[str, Reader], how: Reading, meter: Meter) -> Iterator[Entry]:
    failed: list[OSError] = []
    for place, stem, ending in _walk(folder, how, failed, Counter()):
        yield from _unpacked(place, stem, readers[ENDINGS[ending]], how, meter)
    for error in failed:
        yield unreadable(Source(str(error.filename)), error)


def _walk(
    folder: Path, how: Reading, failed: list[OSError], passed_over: Counter[str]
) -> Iterator[tuple[Path, str, str]]:
    """Yield each file below of a known format (of the one asked for, if any) with its name and ending, in order.

    Folders that cannot be read are added to `failed`, the endings of other files to `passed_over`.
    """
    for parent, folders, files in os.walk(folder, onerror=failed.append):
        folders.sort()
        for file in sorted(files):
            place = Path(parent, file)
            stem, ending = _split(place.relative_to(folder))
            if how.metadata and _same(place, how.metadata):
                continue
            if ENDINGS.get(ending) in ({how.format} if how.format else FORMATS):
                yield place, stem, ending
            else:
                passed_over[ending] += 1


def _same(place: Path, path: str) -> bool:
    """Return whether a file of a folder is the one that another option names."""
    return place.name == Path(path).name and os.path.exists(path) and place.samefile(path)  # noqa: PTH110 - as above


def _lake(url: str, how: Reading, meter: Meter) -> Iterator[Iterator[Entry]]:
    """Yield a stream of items for each file that a URL stands for, as `_found` does for a path."""
    count = 0
    for file in find(url):
        stem, ending = _split(file.name)
        if file.listed and ENDINGS.get(ending) not in ({how.format} if how.format else FORMATS):
            meter.passed_over[ending] += 1
            continue
        count += 1
        reader = reader_of(how.format or ENDINGS.get(ending) or ending, how, shown_path(file.url))
        meter.expect(file.size)
        yield _remote(file, stem, reader, how, meter)
    if not count:
        raise InvalidInput(f"{shown_path(url)}: {_nothing()}")


def _nothing() -> str:
    return f"holds no file ending in {KNOWN}; name files of other endings with --format"


def _unpacked(place: Path, stem: str, reader: Reader, how: Reading, meter: Meter) -> Iterator[Entry]:
    return _entries(lambda: open_file(place, meter), str(place), stem, reader, how)


def _remote(file: Remote, stem: str, reader: Reader, how: Reading, meter: Meter) -> Iterator[Entry]:
    return _entries(
        lambda: unpacked(open_remote(file), file.name.suffix, meter), shown_path(file.url), stem, reader, how
    )


def _entries(opened: Callable[[], Buffered], name: str, stem: str, reader: Reader, how: Reading) -> Iterator[Entry]:
    try:
        stream = opened()
    except OSError as error:
        yield unreadable(Source(name), error)
        return
    with stream:
        yield from reader(stream, name, stem, how.fields)


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError:
        return 0


def _split(name: PurePath) -> tuple[str, str]:
    """Return the name without its endings, slashes as in POSIX, and the ending that tells the format."""
    if name.suffix.lower() in UNPACKERS:
        name = name.with_suffix("")
    return name.with_suffix("").as_posix(), name.suffix.lower()

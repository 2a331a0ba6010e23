"""What the paths of a command hold: it tells what is passed over, and ends early where nothing is right."""

from collections import Counter
from collections.abc import Generator
from contextlib import closing

from dedup.cli.terminal import note
from dedup.errors import InvalidInput
from dedup.formats import Item, Meter, Reading, Rejected, read
from dedup.formats.lakes import shown_path

ENOUGH = 1_000
"""So many rejects, all of one code and with no document among them, mean a wrong option and not a bad record."""
_NAMED = 3  # not measured: paths in a report's head
_SHOWN = 8  # not measured: a line of a terminal
_BY_OPTION = {"no_id", "no_text", "invalid_utf8", "invalid_json", "not_an_object", "invalid_csv"}


def open_input(paths: list[str], how: Reading, meter: Meter) -> Generator[Item, None, None]:
    """Return the records of the paths, which are checked at once.

    Raises:
        InvalidInput: a path cannot be read; or, while reading, the first 1,000 records were rejected alike.
    """
    items = read(*paths, how=how, meter=meter)
    tell_files(meter)
    return _told(_unless_all_fail(items), meter)


def named(paths: list[str]) -> str:
    """Return what the paths together are called, without passwords."""
    more = [f"{len(paths) - _NAMED:,} more"] if len(paths) > _NAMED else []
    return ", ".join([*map(shown_path, paths[:_NAMED]), *more])


def tell_files(meter: Meter) -> None:
    """Say which files of folders are passed over, if any are."""
    if meter.passed_over:
        note(_passed_over("file", meter.passed_over))


def tell_records(meter: Meter) -> None:
    """Say which records of archives were passed over, if any were."""
    if meter.records_passed_over:
        note(_passed_over("record", meter.records_passed_over))


def _passed_over(noun: str, kinds: Counter[str]) -> str:
    count = kinds.total()
    what = f"1 {noun} of another kind" if count == 1 else f"{count:,} {noun}s of other kinds"
    most = [f"{many:,} {kind or 'without ending'}" for kind, many in kinds.most_common(_SHOWN)]
    return f"{what} passed over: {', '.join(most)}{' …' if len(kinds) > _SHOWN else ''}"


def _told(items: Generator[Item, None, None], meter: Meter) -> Generator[Item, None, None]:
    """Yield the items; at the end, or where reading stops, say which records were passed over."""
    try:
        with closing(items):
            yield from items
    finally:
        tell_records(meter)
        _tell_metadata(meter)


def _tell_metadata(meter: Meter) -> None:
    """Say of which documents the pattern of names or the table of metadata says nothing, and which rows are left."""
    for few, what in ((meter.names_unread, "of another form than --name"), (meter.without_row, "not in --metadata")):
        if few.count:
            first = f"{few.first!a}{' …' if few.count > 1 else ''}"
            note(f"{few.count:,} {'document is' if few.count == 1 else 'documents are'} {what}: {first}")
    if meter.rows_unused:
        note(f"{meter.rows_unused:,} {'row' if meter.rows_unused == 1 else 'rows'} of --metadata belong to no document")


def _unless_all_fail(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    codes = Counter[str]()
    with closing(items):
        for item in items:
            yield item
            if not isinstance(item, Rejected) or item.code not in _BY_OPTION:
                break
            codes[item.code] += 1
            if len(codes) > 1:
                break
            if codes[item.code] == ENOUGH:
                raise InvalidInput(f"the first {ENOUGH:,} records were rejected alike, as {item.code}: {item.reason}")
        yield from items

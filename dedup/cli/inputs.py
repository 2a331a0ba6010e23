"""What the paths of a command hold: it tells which files are passed over, and ends early where nothing is right."""

from collections import Counter
from collections.abc import Generator
from contextlib import closing

from dedup.cli.terminal import note
from dedup.errors import InvalidInput
from dedup.formats import Item, Meter, Reading, Rejected, read

ENOUGH = 1_000
"""So many rejects, all of one code and with no document among them, mean a wrong option and not a bad record."""
_SHOWN = 5  # not measured: a line of a terminal
_BY_OPTION = {"no_id", "no_text", "invalid_utf8", "invalid_json", "not_an_object", "invalid_csv"}


def open_input(paths: list[str], how: Reading, meter: Meter) -> Generator[Item, None, None]:
    """Return the records of the paths, which are checked at once.

    Raises:
        InvalidInput: a path cannot be read; or, while reading, the first 1,000 records were rejected alike.
    """
    items = read(*paths, how=how, meter=meter)
    if meter.passed_over:
        note(_passed_over(meter.passed_over))
    return _unless_all_fail(items)


def _passed_over(endings: Counter[str]) -> str:
    count = endings.total()
    files = "1 file of another kind" if count == 1 else f"{count:,} files of other kinds"
    shown = [f"{many:,} {ending or 'without ending'}" for ending, many in endings.most_common(_SHOWN)]
    return f"{files} passed over: {', '.join(shown)}{' …' if len(endings) > _SHOWN else ''}"


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

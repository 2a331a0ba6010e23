"""An id in a table for people: where it has to be broken, behind a hyphen, a slash or their like, not within a word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text

from dedup.cli.terminal import clean

_PARTS = re.compile(r"[^-_/.:~\s]*[-_/.:~\s]*")


@dataclass(frozen=True, slots=True)
class Id:
    """An id, as wide as the table has room for."""

    name: str
    style: str = ""

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Say how wide it is, and how wide its longest part."""
        parts = [cell_len(part) for part in _parts(self.name)]
        return Measurement(max(parts, default=0), sum(parts)).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Give as many parts to a line as it has room for; a part that is longer than a line is broken anywhere."""
        lines = [""]
        for part in _parts(self.name):
            if lines[-1] and cell_len(lines[-1] + part.rstrip()) > options.max_width:
                lines.append("")
            lines[-1] += part
        yield Text("\n".join(lines), self.style, overflow="fold")


def _parts(name: str) -> list[str]:
    return [part for part in _PARTS.findall(clean(name)) if part]

"""What reaches the terminal: data on standard output, notes and progress on standard error, nothing that steers it."""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.status import Status

MOST_ALIKE = 10
"""Notes of one kind that a command prints; not measured: half a terminal."""

_STEERING = [*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
_ESCAPES = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _STEERING}
_ESCAPES |= {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def clean(text: str, keep: str = "") -> str:
    """Return the text with control characters, direction overrides and lone surrogates escaped, but for `keep`."""
    escapes = {code: escape for code, escape in _ESCAPES.items() if chr(code) not in keep} if keep else _ESCAPES
    return text.translate(escapes)


def note(message: str) -> None:
    """Print one line on standard error."""
    print(clean(message), file=sys.stderr, flush=True)


def tell_ids(kind: str, names: Sequence[str], what: str, most: int = MOST_ALIKE) -> None:
    """Print a line for each document on standard error: at most so many, and how many more there are."""
    for name in names[:most]:
        note(f"{kind}: document {name!r} {what}")
    if len(names) > most:
        note(f"{kind}: {len(names) - most:,} more documents; --json lists the ids of all")


def give_up_output() -> None:
    """Throw away what standard output has not taken: the end of the process would try again."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def listed(counts: Mapping[str, int]) -> str:
    """Return counts in a line for people, each before its name."""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())


def line(value: dict[str, Any]) -> str:
    """Return one line of JSON in ASCII: lone surrogates survive, and nothing can steer a terminal."""
    return json.dumps(value)


class Progress:
    """Counts and a rate on standard error, once the work has taken a second, if somebody is looking."""

    def __init__(self, noun: str) -> None:
        """Count things called `noun`."""
        self.noun = noun
        self.done = 0
        self._start = time.monotonic()
        self._status: Status | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def __enter__(self) -> Self:
        """Start."""
        return self

    def advance(self, more: int) -> None:
        """Count `more` of them."""
        self.done += more
        if self.seconds < 1 or not sys.stderr.isatty():
            return
        if self._status is None:
            from rich.console import Console  # noqa: PLC0415 - short commands do without

            self._status = Console(stderr=True).status("")
            self._status.start()
        self._status.update(str(self))

    def __str__(self) -> str:
        """Return the count and the rate."""
        return f"{self.done:,} {self.noun}, {self.done / max(self.seconds, 1e-9):,.0f}/s"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the line."""
        if self._status is not None:
            self._status.stop()

"""Rejected records: each on standard error, and in a file if one was asked for."""

import json
from collections import Counter
from types import TracebackType
from typing import Self

from dedup.cli.exit import DONE, REJECTED
from dedup.cli.files import open_for
from dedup.cli.terminal import MOST_ALIKE, note
from dedup.formats import Rejected

_LONGEST_ID = 480


class Rejects:
    """Tells what was rejected as it happens, at most ten records of each code, and counts it."""

    def __init__(self, path: str | None) -> None:
        """Write JSON Lines to `path` too, unless it is None."""
        self.count = 0
        self._path = path
        self._codes = Counter[str]()
        self._file = open_for("--rejects", path, "ascii") if path else None

    def add(self, rejected: Rejected) -> None:
        """Tell of a rejected record."""
        self.count += 1
        self._codes[rejected.code] += 1
        name = rejected.id[:_LONGEST_ID]
        if self._codes[rejected.code] <= MOST_ALIKE:
            subject = f"{name}: " if name else ""
            note(f"rejected[{rejected.code}]: {rejected.source}: {subject}{rejected.reason}")
        if self._file:
            source = rejected.source
            record = {"path": source.path, "line": source.line, "id": name}
            self._file.write(json.dumps(record | {"code": rejected.code, "reason": rejected.reason}) + "\n")

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return REJECTED if self.count else DONE

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell how many records were rejected beyond those shown; close the file."""
        for code, count in self._codes.items():
            if count > MOST_ALIKE:
                kept = f"each is in {self._path}" if self._path else "--rejects FILE keeps each"
                note(f"rejected[{code}]: {count - MOST_ALIKE:,} more records; {kept}")
        if self._file:
            self._file.close()

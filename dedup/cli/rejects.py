"""Records that did not go in, rejected or duplicates: each on standard error, and in a file if one was asked for."""

import json
from collections import Counter
from types import TracebackType
from typing import Any, Self

import msgspec

from dedup.cli.exit import DONE, REJECTED
from dedup.cli.files import open_for
from dedup.cli.terminal import MOST_ALIKE, note
from dedup.formats import Rejected, Source
from dedup.model import Placed

_LONGEST_ID = 480


class LeftOut:
    """Tells of records as they are left out, at most ten of each kind, and counts them."""

    def __init__(self, option: str, path: str | None) -> None:
        """Write JSON Lines to `path`, which `option` names, too, unless it is None."""
        self.count = 0
        self._option, self._path = option, path
        self._kinds = Counter[str]()
        self._file = open_for(option, path, "ascii") if path else None

    def tell(self, kind: str, source: Source, name: str, reason: str, fields: dict[str, Any]) -> None:
        """Tell of a record: of what kind it is, where it stood, its id, why it is left out, the same as fields."""
        self.count += 1
        self._kinds[kind] += 1
        name = name[:_LONGEST_ID]
        if self._kinds[kind] <= MOST_ALIKE:
            note(f"{kind}: {source}: {name}: {reason}" if name else f"{kind}: {source}: {reason}")
        if self._file:
            record = {"path": source.path, "line": source.line, "id": name}
            self._file.write(json.dumps(record | fields) + "\n")

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
        for what, count in self._kinds.items():
            if count > MOST_ALIKE:
                kept = f"each is in {self._path}" if self._path else f"{self._option} FILE keeps each"
                note(f"{what}: {count - MOST_ALIKE:,} more records; {kept}")
        if self._file:
            self._file.close()


class Rejects(LeftOut):
    """The records that were rejected."""

    def __init__(self, path: str | None) -> None:
        """Write JSON Lines to `path` too, unless it is None."""
        super().__init__("--rejects", path)

    def add(self, rejected: Rejected) -> None:
        """Tell of a rejected record."""
        fields = {"code": rejected.code, "reason": rejected.reason}
        self.tell(f"rejected[{rejected.code}]", rejected.source, rejected.id, rejected.reason, fields)

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return REJECTED if self.count else DONE


class Duplicates(LeftOut):
    """The records that were not put, because each is like a document that is there."""

    def __init__(self, path: str | None) -> None:
        """Write JSON Lines to `path` too, unless it is None."""
        super().__init__("--duplicates", path)

    def add(self, source: Source, placed: Placed) -> None:
        """Tell of a duplicate, if it is one."""
        if of := placed.duplicate_of:
            held = of.containment.query_in_document
            stays = "; what the index has of this id stays" if placed.kept_version else ""
            reason = f"like {of.id!r}, Jaccard {of.jaccard:.2f}, {held:.0%} of it is there{stays}"
            fields = {"duplicate_of": msgspec.to_builtins(of), "kept_version": placed.kept_version}
            self.tell("duplicate", source, placed.id, reason, fields)

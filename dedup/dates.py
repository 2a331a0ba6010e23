"""When a document was published, as its metadata tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEYS = ("published", "date")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    Attributes:
        at: in UTC; a date or time without an offset counts as UTC.
        whole_day: whether only the date is known.
    """

    at: datetime
    whole_day: bool

    @property
    def machine(self) -> str:
        """ISO 8601."""
        return self.at.date().isoformat() if self.whole_day else self.at.isoformat().replace("+00:00", "Z")

    def __str__(self) -> str:
        """Return it for people: 19 April 2018, 14:05 UTC."""
        day = f"{self.at.day} {self.at:%B} {self.at.year}"
        return day if self.whole_day else f"{day}, {self.at:%H:%M} UTC"


def published(metadata: Mapping[str, Any]) -> Moment | None:
    """Return when `published`, else `date`, says in ISO 8601; None if neither does."""
    return next((found for key in KEYS if (found := moment(metadata.get(key)))), None)


def moment(value: object) -> Moment | None:
    """Return the point in time that a string names in ISO 8601; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        whole_day = len(value.strip()) <= len("2018-04-19")
        return Moment(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC), whole_day)
    except (ValueError, OverflowError):
        return None

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
    return next((moment for key in KEYS if (moment := _moment(metadata.get(key)))), None)


def _moment(value: object) -> Moment | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        whole_day = len(value.strip()) <= len("2018-04-19")
        return Moment(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC), whole_day)
    except (ValueError, OverflowError):
        return None

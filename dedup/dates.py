"""When a document was published, as its metadata tells."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from dedup.duration import seconds

KEYS = ("published", "date")
Precision = Literal["year", "month", "day", "time"]
_LONGEST_DAYS: dict[Precision, int] = {"year": 366, "month": 31, "day": 1, "time": 0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 64  # not measured: twice the longest form, so that no pattern runs over a text
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:E\+?\d+)?")
_YEAR, _MONTH = re.compile(r"\d{4}"), re.compile(r"(\d{4})[-/.](\d{1,2})")
_DAY = re.compile(r"^(\d{4})([-/.:])(\d{1,2})\2(\d{1,2})(?=[T ]|$)")
_ORDINAL = re.compile(r"^(\d{4})-?(\d{3})(?=[T ]|$)")
_SHORT_HOUR = re.compile(r"(?<=[T ])(?=\d:)")
_MIDNIGHT = re.compile(r"(?<=[T ])24(?=(?::?00)*(?:[.,]0*)?(?:Z|[+-][\d:]+)?$)")
_LEAP_SECOND = re.compile(r"(?<=[T ])(\d\d:?\d\d:?)60(?=\D|$)")
_ZONE = re.compile(r"\s*(?:UTC|GMT)$|\s+(?=[+-]\d\d:?\d\d$)")
_BACK = re.compile(r"-\s*\d+\s*[a-z]+")
_ARCHIVED = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_DIGITS = (len("2024"), len("20240131"), *_ARCHIVED)
_HYPHENED = re.compile(r"^(\d{1,2})-([A-Z]{3})-(\d{4})(?=$|[ T])(.*?)(?:\.\d+)?$")
_WEEKDAY = re.compile(r"^\w+,\s*|[,.]")
_NAMED: dict[str, Precision] = {
    "%d %B %Y": "day",
    "%d %b %Y": "day",
    "%B %d %Y": "day",
    "%b %d %Y": "day",
    "%B %Y": "month",
    "%b %Y": "month",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time.

    Attributes:
        at: in UTC, the first of what is named; a date or time without an offset counts as UTC.
        precision: what of it is known.
    """

    at: datetime
    precision: Precision = "time"

    @property
    def whole_day(self) -> bool:
        """Whether no time of day is known."""
        return self.precision != "time"

    @property
    def end(self) -> datetime:
        """The end of what is named: of a time itself, of a day the next midnight."""
        try:
            after = self.at + timedelta(days=_LONGEST_DAYS[self.precision])
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)
        if self.precision == "year":
            return after.replace(month=1, day=1)
        return after.replace(day=1) if self.precision == "month" else after

    def before(self, other: "Moment") -> bool:
        """Whether this is surely the earlier: 2018 is before 2019-01, but neither before nor after 2018-04."""
        return self.at < other.at and self.end <= other.at

    @property
    def machine(self) -> str:
        """ISO 8601."""
        day = self.at.date().isoformat()
        lengths = {"year": len("2018"), "month": len("2018-04"), "day": len("2018-04-19")}
        return day[: lengths[self.precision]] if self.whole_day else self.at.isoformat().replace("+00:00", "Z")

    def __str__(self) -> str:
        """Return it for people: 19 April 2018, 14:05 UTC."""
        year, month = str(self.at.year), f"{self.at:%B} {self.at.year}"
        written = {"year": year, "month": month}.get(self.precision, f"{self.at.day} {month}")
        return written if self.whole_day else f"{written}, {self.at:%H:%M} UTC"


def published(metadata: Mapping[str, Any]) -> Moment | None:
    """Return when `published`, else `date`, says; None if neither does."""
    return next((found for key in KEYS if (found := moment(metadata.get(key)))), None)


def unread(metadata: Mapping[str, Any]) -> Any:
    """Return what stands where a date should, `published`, else `date`, and names none; None if a date is there."""
    written = next((value for key in KEYS if (value := metadata.get(key)) not in (None, "")), None)
    return None if published(metadata) else written


def bound_of(written: str) -> Moment | None:
    """Return the time that a condition names: `now`, `today`, `-7d` for seven days ago, or what `moment` reads.

    Digits alone are a number or a name in a string, but for those of a year, of a day and of an archive's time.

    Raises:
        ValueError: it counts back from now, but not by a number and s, m, h, d or w.
    """
    now, plain = datetime.now(UTC), written.strip().lower()
    if plain == "now":
        return Moment(now)
    if plain == "today":
        return moment(now.date().isoformat())
    if _BACK.fullmatch(plain):
        return Moment(now - timedelta(seconds=seconds(plain[1:])))
    return moment(plain) if not _NUMBER.fullmatch(plain) or len(plain) in _DIGITS else None


def moment(value: object) -> Moment | None:
    """Return the point in time that a value names; None if it names none.

    It may be written in ISO 8601, of which the time, the day and the month may be missing, with slashes, dots or
    colons in place of the hyphens; as in mail and RSS (RFC 2822); with the month's English name, also as `02-JAN-1987`;
    in the 12 or 14 digits of web archives; or as the number of seconds since 1970, from 1973 on, or of milliseconds,
    microseconds or nanoseconds, which its length tells. What could be either a day or a month (3/4/2024) names none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > 64:
        return None
    written = str(value).strip().upper().removesuffix(".0")  # as a float or a table has a whole number
    written = _HYPHENED.sub(r"\1 \2 \3\4", written)
    if len(written) > _LONGEST:
        return None
    for read in (_number, _month, _iso, _mail, _named):
        try:
            if found := read(written):
                return found
        except (ValueError, OverflowError):
            continue
    return None


def _number(written: str) -> Moment | None:
    """Return what a number means by its length: a year, the digits of an archive, or the time since 1970."""
    if not _NUMBER.fullmatch(written):
        return None
    if _YEAR.fullmatch(written):
        return Moment(datetime(int(written), 1, 1, tzinfo=UTC), "year")
    if written.isdigit() and len(written) in _ARCHIVED and written[:2] in ("19", "20"):
        return Moment(datetime.strptime(written, _ARCHIVED[len(written)]).replace(tzinfo=UTC))
    digits = len(str(abs(int(float(written)))))
    if not 9 <= digits <= 20:  # a few seconds after 1970 are no date but a number of something else
        return None
    return Moment(_EPOCH + timedelta(seconds=float(written) / 1000 ** ((digits - 9) // 3)))


def _month(written: str) -> Moment | None:
    found = _MONTH.fullmatch(written)
    return Moment(datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC), "month") if found else None


def _iso(written: str) -> Moment:
    written = _DAY.sub(lambda day: f"{day[1]}-{day[3]:0>2}-{day[4]:0>2}", _ZONE.sub(_offset, written))
    written = _SHORT_HOUR.sub("0", _ORDINAL.sub(_day_of_year, written))
    midnight, leap = _MIDNIGHT.search(written), _LEAP_SECOND.search(written)
    written = _LEAP_SECOND.sub(r"\g<1>59", _MIDNIGHT.sub("00", written))
    at = datetime.fromisoformat(written) + timedelta(days=bool(midnight), seconds=bool(leap))
    return Moment(_in_utc(at), "day" if len(written) <= len("2018-04-19") else "time")


def _offset(zone: re.Match[str]) -> str:
    return "Z" if zone[0].strip() else ""


def _day_of_year(found: re.Match[str]) -> str:
    first = date(int(found[1]), 1, 1)
    day = first + timedelta(days=int(found[2]) - 1)
    return day.isoformat() if day.year == first.year else found[0]


def _mail(written: str) -> Moment:
    return Moment(_in_utc(parsedate_to_datetime(written)))


def _named(written: str) -> Moment | None:
    plain = _WEEKDAY.sub("", written)
    for form, precision in _NAMED.items():
        with suppress(ValueError):
            return Moment(datetime.strptime(plain, form).replace(tzinfo=UTC), precision)
    return None


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

"""The form's filter: dates, source, any other field, as conditions that `dedup.search.filters` reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dedup.dates import KEYS
from dedup.errors import InvalidInput

NAMES = ("from", "to", "source", "source_is", "other_source", "field", "is", "value")
_ORDERED = {"from": ">=", "to": "<="}


def conditions(sent: Mapping[str, str]) -> dict[str, Any]:
    """Return the conditions that the form's fields make, a condition a field of the metadata.

    Raises:
        InvalidInput: a date is none, or two conditions on a field cannot be joined.
    """
    joined = dict[str, Any]()
    for name, condition in _conditions({name: sent.get(name, "").strip() for name in NAMES}):
        before = joined.get(name)
        if before is None:
            joined[name] = condition
        elif isinstance(before, dict) and isinstance(condition, dict):
            joined[name] = {**before, **condition}
        else:
            raise InvalidInput(f"two conditions on {name!r} cannot be joined; leave one of them empty")
    return joined


def _conditions(sent: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if sent["from"]:
        yield "published", {">=": _day(sent["from"])}
    if sent["to"]:
        yield "published", {"<=": _day(sent["to"])}
    if sent["source"]:
        yield "source", _condition(sent["source_is"], sent["source"])
    if sent["other_source"]:
        yield "source", {"same": False}
    if sent["field"]:
        numbers = sent["field"] not in KEYS  # where 2026 is a year
        yield sent["field"], _condition(sent["is"], sent["value"], numbers=numbers)


def _condition(kind: str, value: str, *, numbers: bool = True) -> Any:
    """Return a condition on a value; commas separate alternatives, which may be numbers in the metadata."""
    if kind in _ORDERED:
        return {_ORDERED[kind]: next(iter(_numbers([value])), value) if numbers else value}
    values = [one.strip() for one in value.split(",") if one.strip()]
    alternatives = [*values, *_numbers(values)]
    return {"not": alternatives} if kind == "not" else alternatives


def _numbers(values: Sequence[str]) -> list[int]:
    return [int(value) for value in values if value.removeprefix("-").isdecimal() and len(value) <= len(str(1 << 63))]


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise InvalidInput(f"date {value!r}: write it as 2026-01-31") from None

"""`--where FIELD=VALUE`: the conditions of a filter, as they are written on a command line."""

import json
from collections.abc import Sequence
from typing import Any

from dedup.errors import InvalidInput
from dedup.search.filters import Filter


def where(written: Sequence[str]) -> Filter | None:
    """Return the filter that all of `written` make.

    Raises:
        InvalidInput: one is not of the form, or its condition makes no sense.
    """
    return Filter.of(conditions(written), None)


def conditions(written: Sequence[str]) -> dict[str, Any]:
    """Return the conditions that all of `written` make, field by field; several values of a field are alternatives.

    A value means itself as a string and what it is in JSON: `7` is met by 7 and by "7". A JSON array holds
    alternatives, a JSON object is a condition: `year={">=": 2020}`.

    Raises:
        InvalidInput: one is not of this form.
    """
    found: dict[str, Any] = {}
    for one in written:
        field, equals, value = one.partition("=")
        if not (field and equals):
            raise InvalidInput(f"--where {one}: write FIELD=VALUE")
        condition = _condition(value)
        if field in found and not (isinstance(condition, list) and isinstance(found[field], list)):
            raise InvalidInput(f"--where {one}: {field} has a condition already; write both in one JSON object")
        found[field] = found.get(field, []) + condition if isinstance(condition, list) else condition
    return found


def _condition(value: str) -> dict[str, Any] | list[Any]:
    try:
        meant = json.loads(value)
    except (ValueError, RecursionError):
        return [value]
    return meant if isinstance(meant, dict | list) else [value, meant]

"""JSON in and out: whatever an index holds can be written, and what could not be given back is refused."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.responses import Response

from dedup.json_shape import shape
from dedup.record import dumps, finite

NOSNIFF = {"X-Content-Type-Options": "nosniff"}


class JsonAnswer(Response):
    """A JSON answer; a lone surrogate in an indexed text becomes an escape and no error."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with `content`."""
        super().__init__(dumps(content), status, {**(headers or {}), **NOSNIFF})


class TooManyValues(ValueError):
    """JSON of more values and names than a request may have."""


def load(data: bytes, values: int, depth: int) -> Any:
    """Return what JSON holds; a byte order mark before it is ignored, as RFC 8259 allows.

    Args:
        data: the JSON, in UTF-8.
        values: values and names that it may have.
        depth: how many lists and objects may lie in one another.

    Raises:
        TooManyValues: if it has more than `values`; nothing has been made of it then.
        ValueError: if it is no JSON, no UTF-8, deeper than `depth`, or holds an object with a field twice, a lone
            surrogate or a number that no double can hold; the message never repeats the data.
    """
    found = shape(data)
    if found.depth > depth:
        raise ValueError(f"it is nested deeper than {depth} levels")
    if found.values > values:
        raise TooManyValues(f"the JSON holds more than {values:,} values and names; send less at once")
    try:
        text = data.removeprefix(BOM_UTF8).decode()
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=finite, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at character {error.pos}") from None
    if b"\\u" in data and not _encodable(value):
        raise ValueError("it holds half of a surrogate pair; send whole characters")
    return value


def _object(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(fields)
    if len(value) < len(fields):
        raise ValueError("an object in it has a field twice; send each field once")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _whole(digits: str) -> int:
    if len(digits) > 300:  # the digits of the largest double; also Python refuses to print very long ones
        raise ValueError("it holds a number of more than 300 digits")
    return int(digits)


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True

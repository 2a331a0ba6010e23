"""Arrow's values as JSON can hold them: the same strings for a moment whatever its unit, objects for maps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from dedup.record import dumps

if TYPE_CHECKING:
    import pyarrow as pa

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def values_of(column: "pa.Array[Any]") -> list[Any]:
    """Return a column's values: times and durations in ISO 8601, null for a float that is no number."""
    from pyarrow import types  # noqa: PLC0415 - an extra

    kind = column.type
    values = [_value(scalar) for scalar in column] if _holds_special(kind) else column.to_pylist()
    if types.is_nested(kind) or types.is_floating(kind) or types.is_dictionary(kind):
        return list(msgspec.json.decode(msgspec.json.encode(values)))  # JSON has null for what is no number
    return list(msgspec.to_builtins(values))


def _holds_special(kind: Any) -> bool:
    """Return whether Python has no value for some values of that type, or JSON has none."""
    from pyarrow import BaseExtensionType, types  # noqa: PLC0415 - an extra

    if types.is_temporal(kind) or types.is_map(kind):
        return True
    if types.is_struct(kind):
        return any(_holds_special(field.type) for field in kind)
    below = kind.storage_type if isinstance(kind, BaseExtensionType) else getattr(kind, "value_type", None)
    return below is not None and _holds_special(below)


def _value(scalar: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - an extra

    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.DictionaryScalar | pa.ExtensionScalar):
        return _value(scalar.value)
    if isinstance(scalar, pa.MapScalar):
        return {_name(_value(entry[0])): _value(entry[1]) for entry in scalar.values}
    if isinstance(scalar, pa.StructScalar):
        return {name: _value(below) for name, below in scalar.items()}
    if isinstance(scalar, pa.ListScalar):
        return [_value(element) for element in scalar.values]
    written = _WRITTEN.get(type(scalar).__name__)
    return written(scalar) if written else msgspec.to_builtins(scalar.as_py())


def _name(key: Any) -> str:
    """Return a map's key as a name in a JSON object: a number by its digits."""
    return key if isinstance(key, str) else dumps(key).decode()


@cache
def _zone(name: str) -> tzinfo:
    """Return a time zone, or UTC where this machine knows none of that name: the moment stays the same."""
    from pyarrow.lib import string_to_tzinfo  # noqa: PLC0415 - an extra

    try:
        found: tzinfo = string_to_tzinfo(name)
    except (LookupError, ValueError):
        return UTC
    return found


def _timestamp(scalar: Any) -> str:
    seconds, nanoseconds = _split(scalar)
    zone = scalar.type.tz
    try:
        at = _EPOCH + timedelta(seconds=seconds)
        at = at.astimezone(_zone(zone)) if zone else at.replace(tzinfo=None)
        written = at.isoformat().replace("+00:00", "Z")
    except OverflowError:  # years that Python does not know
        written = f"{np.datetime64(seconds, 's')}{'Z' if zone else ''}"
    place = written.index(":") + len(":00:00")
    return f"{written[:place]}{_fraction(nanoseconds)}{written[place:]}"


def _date(scalar: Any) -> str:
    days = scalar.value if scalar.type.bit_width == 32 else scalar.value // (86400 * 1000)
    return str(np.datetime64(days, "D"))


def _time(scalar: Any) -> str:
    seconds, nanoseconds = _split(scalar)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{_fraction(nanoseconds)}"


def _duration(scalar: Any) -> str:
    """Return it as msgspec writes the durations that Python knows: P1DT2.5S."""
    sign, scaled = "-" * (scalar.value < 0), abs(scalar.value)
    seconds, part = divmod(scaled, _PER_SECOND[scalar.type.unit])
    days, seconds = divmod(seconds, 86400)
    fraction = _fraction(part * 10**9 // _PER_SECOND[scalar.type.unit]).rstrip("0")
    time = f"T{seconds}{fraction}S" if seconds or fraction else ""
    return f"{sign}P{f'{days}D' if days or not time else ''}{time}"


def _split(scalar: Any) -> tuple[int, int]:
    """Return whole seconds and the nanoseconds beyond them."""
    per_second = _PER_SECOND[scalar.type.unit]
    seconds, part = divmod(scalar.value, per_second)
    return seconds, part * 10**9 // per_second


def _fraction(nanoseconds: int) -> str:
    """Return a fraction of a second, as Python writes it: nothing, or six digits; nine if it has nanoseconds."""
    digits = f".{nanoseconds:09}" if nanoseconds % 1000 else f".{nanoseconds // 1000:06}"
    return digits if nanoseconds else ""


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "TimestampScalar": _timestamp,
    "Date32Scalar": _date,
    "Date64Scalar": _date,
    "Time32Scalar": _time,
    "Time64Scalar": _time,
    "DurationScalar": _duration,
}

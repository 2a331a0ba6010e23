"""Durations as people write them."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LONGEST = 3_650 * _SECONDS["d"]


def seconds(written: str) -> int:
    """Return the seconds in `30d`, `12h`, `90m`, `45s` or `2w`.

    Raises:
        ValueError: it is something else, or more than ten years.
    """
    parts = re.fullmatch(r"([1-9][0-9]{0,9})([smhdw])", written)
    count = int(parts[1]) * _SECONDS[parts[2]] if parts else 0
    if not 0 < count <= _LONGEST:
        raise ValueError(f"{written!r}: give a number and s, m, h, d or w, of ten years at most, as in 30d")
    return count

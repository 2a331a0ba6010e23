"""How JSON is printed."""

import json
from typing import Any

from dedup.wire import answer_json, match_json

__all__ = ["answer_json", "line", "match_json"]


def line(value: dict[str, Any]) -> str:
    """Return one line of ASCII: lone surrogates survive, and nothing can steer a terminal."""
    return json.dumps(value)

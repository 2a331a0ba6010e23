"""What the tests of the command share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import Result

SEEDS = Path(__file__).parents[2] / "seeds"
TEXTS = SEEDS / "*.txt"
"""The seeds without what else lies beside them, which commands tell of."""
Run = Callable[..., Result]
Records = Callable[..., str]


def rows(output: str) -> list[dict[str, Any]]:
    """Return the JSON objects printed, one a line."""
    return [json.loads(line) for line in output.splitlines()]

"""A run: what it was made on, and its rows; one JSON file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.harness.row import Row

SCHEMA = 1
RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True, slots=True)
class Run:
    """All that one run measured.

    Attributes:
        size: "tiny", "small" or "full".
        machine: see `benchmarks.harness.machine.facts`.
        rows: in the order measured.
        seconds: how long each suite took.
        left_out: what was not measured, and why.
    """

    size: str
    machine: dict[str, str]
    rows: Sequence[Row]
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: Sequence[str] = ()

    def write(self, folder: Path) -> Path:
        """Write the run to `run.json` in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "run.json"
        told: dict[str, Any] = {"schema": SCHEMA, **asdict(self), "rows": [_rounded(row) for row in self.rows]}
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in told.pop("rows"))
        head = json.dumps(told, ensure_ascii=False, indent=1)
        path.write_text(f'{head[:-2]},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")
        return path

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            ValueError: the file is of another schema, or a row breaks a rule of `Row`.
        """
        told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        if told.pop("schema") != SCHEMA:
            raise ValueError(f"{folder}: results of another schema; run the benchmarks again")
        return cls(**{**told, "rows": [Row(**row) for row in told["rows"]]})


def _rounded(row: Row) -> dict[str, Any]:
    """Return what is not the default, with figures to five digits: more is noise, and makes differences unreadable."""
    told = {name: value for name, value in asdict(row).items() if value not in ("", None)}
    return {name: float(f"{value:.5g}") if isinstance(value, float) else value for name, value in told.items()}

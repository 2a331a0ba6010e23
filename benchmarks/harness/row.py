"""What a benchmark gives: rows of one shape, a speed never without what it found.

Units are a closed list, so that a reader, a plot and the page know which way is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MORE = frozenset({"MB/s", "documents/s", "inserts/s", "look-ups/s", "share", "operations/s"})
LESS = frozenset(
    {
        "ns/token",
        "documents/answer",
        "ms",
        "bytes/document",
        "bytes/posting",
        "MB",
        "RMSE",
        "bias",
        "instructions",
        "bytes/byte",
    }
)
TIMED = frozenset({"MB/s", "documents/s", "inserts/s", "look-ups/s", "operations/s", "ns/token", "ms"})
OURS = "resembles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        table: what it is listed under.
        name: who was measured; ours begins with "resembles".
        case: what was varied, in words.
        size: what was varied, as a number: documents or words; 0 where there is none.
        unit: one of `MORE` or `LESS`.
        median: of the rounds.
        spread: the distance between their quartiles.
        wall: the median by the wall clock where `median` is processor time.
        accuracy: what the very thing that was timed found, 0 to 1; needed beside every speed and duration.
        measure: what `accuracy` is.
        version: of the package measured.
    """

    table: str
    name: str
    case: str
    unit: str
    median: float
    size: int = 0
    spread: float = 0.0
    wall: float | None = None
    accuracy: float | None = None
    measure: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        """Refuse an unknown unit, a speed without accuracy, and an accuracy that does not say of what."""
        if self.unit not in MORE | LESS:
            raise ValueError(f"{self.name}: unknown unit {self.unit!r}; add it to MORE or LESS in harness/row.py")
        if self.unit in TIMED and self.accuracy is None:
            raise ValueError(f"{self.table}, {self.name}: {self.unit} without recall or accuracy; measure it, too")
        if (self.accuracy is None) != (not self.measure):
            raise ValueError(f"{self.table}, {self.name}: accuracy and what it is go together")

    @property
    def ours(self) -> bool:
        """Whether it is this package's."""
        return self.name.startswith(OURS)

    def beats(self, other: "Row") -> bool:
        """Whether this figure is the better one of two of the same unit."""
        return self.median > other.median if self.unit in MORE else self.median < other.median


def middle(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the distance between the quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75])
    return float(median), float(high - low)

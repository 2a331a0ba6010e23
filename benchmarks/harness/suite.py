"""What a suite is asked for, and how large."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes:
        name: "tiny" is for the tests, "small" takes minutes, "full" about twenty-five.
        data: the folder of evaluation texts, if there is one.
        rounds: how often each way is run.
        characters: of text given to the hot path.
        documents: sizes of indexes, ascending.
        largest: documents that the index on disk alone is filled with at last.
        articles: documents in which passages are looked up.
        trials: passages planted in each cell, and queries of each kind are ten times as many.
        pairs: pairs of texts on which estimators are judged, of 40 words; fewer of longer ones.
        seconds: that each load on the service lasts.
    """

    name: str
    data: Path | None
    rounds: int
    characters: int
    documents: tuple[int, ...]
    largest: int
    articles: int
    trials: int
    pairs: int
    seconds: float

    @property
    def queries(self) -> int:
        """Look-ups timed of each kind."""
        return 10 * self.trials


SCALES: dict[str, Callable[[Path | None], Scale]] = {
    "tiny": lambda _: Scale("tiny", None, 1, 20_000, (40, 80), 120, 60, 1, 12, 0.5),
    "small": lambda data: Scale("small", data, 5, 400_000, (1_000, 5_000), 20_000, 1_500, 10, 200, 2),
    "full": lambda data: Scale("full", data, 9, 3_000_000, (10_000, 30_000, 100_000), 1_000_000, 15_000, 50, 1_000, 5),
}


def tell(message: str) -> None:
    """Say on stderr what is under way."""
    print(message, file=sys.stderr, flush=True)

"""How far a command over a whole collection is, and what it says when it is interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from dedup.cli.exit import INTERRUPTED
from dedup.cli.terminal import Progress, note
from dedup.formats import Meter
from dedup.formats.lakes import shown_path


class Stages(Progress):
    """Shows one stage after the other, each with its share where that is known."""

    def __init__(self, meter: Meter) -> None:
        """Read from `meter` how much of the input has been read."""
        super().__init__("documents read")
        self._meter = meter
        self._total = 0

    def __call__(self, stage: str, more: int, total: int = 0) -> None:
        """Count `more` of what the stage works on, of `total` where that is known."""
        if stage != self.noun:
            self.noun, self.done = stage, 0
        self._total = total
        self.advance(more)

    def __str__(self) -> str:
        """Return the count, and the share of the input or of the stage."""
        if self._total:
            return f"{self.done:,} of {self._total:,} {self.noun}"
        if self.noun == "documents read" and self._meter.total:
            return f"{super().__str__()}, {self._meter.done / self._meter.total:.0%} of the input"
        return f"{self.done:,} {self.noun}"


@contextmanager
def uninterrupted(out: str) -> Iterator[None]:
    """Say, when what is done here is interrupted, that nothing was written to `out`, and end."""
    try:
        yield
    except KeyboardInterrupt as error:
        note(f"interrupted: nothing was written to {shown_path(out)}; run the same command again")
        raise typer.Exit(INTERRUPTED) from error

"""How far an ingest is: documents, rate, rejects, and by the bytes read how long it will take."""

import sys
from datetime import timedelta

from dedup.cli.rejects import Rejects
from dedup.cli.terminal import Progress, note
from dedup.formats import Meter

_REFRESH, _LINE = 0.2, 60.0  # not measured: seconds; a terminal moves, a log does not fill


class IngestProgress(Progress):
    """Refreshed five times a second in a terminal; a line a minute where standard error is a file.

    Attributes:
        left_out: how many documents the conditions have left out.
    """

    def __init__(self, meter: Meter, rejects: Rejects) -> None:
        """Read the bytes from `meter`, the rejects from `rejects`."""
        super().__init__("documents")
        self._meter, self._rejects, self.left_out = meter, rejects, 0
        self._pause = _REFRESH if sys.stderr.isatty() else _LINE
        self._due = self._pause

    def advance(self, more: int) -> None:
        """Count `more` documents that are durable; show it when that is due."""
        self.done += more
        if self.seconds < self._due:
            return
        self._due = self.seconds + self._pause
        super().advance(0)
        if self._pause == _LINE:
            note(str(self))

    def __str__(self) -> str:
        """Return counts, rate and, where the size of the input is known, the time left."""
        told = f"{super().__str__()}, {self._rejects.count:,} rejected"
        done, total = self._meter.done, self._meter.total
        if not done or not total:
            return told
        share = min(done / total, 1.0)
        left = timedelta(seconds=round(self.seconds * (1 - share) / share))
        return f"{told}, {share:.0%} read, about {left} left"

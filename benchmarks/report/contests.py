"""What the head of the page and its picture compare: ours beside the best way of each other package, by rule."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.harness.result import Run
from benchmarks.harness.row import Row
from benchmarks.report.cells import first_of, of

ALIKE = 0.9
"""Share of copies that a sketch must still see for its speed to count: one that skips text is no peer."""
LENGTH, THRESHOLD = "300 words", "0.8"
CORPUS = "dedup corpus"
SKETCHES, PAIRS, PASSAGES = "Text to sketch", "Near-duplicate documents", "PAN 2013 beside published systems"


@dataclass(frozen=True, slots=True)
class Contest:
    """Rows of one unit that can be compared.

    Attributes:
        title: what was measured.
        rows: ours first, if it was measured, then the best of each other package, best first.
    """

    title: str
    rows: Sequence[Row]

    @property
    def ours(self) -> Row | None:
        """Our row."""
        return next((row for row in self.rows if row.ours), None)

    @property
    def peer(self) -> Row | None:
        """The best of the others."""
        return next((row for row in self.rows if not row.ours), None)


def package(name: str) -> str:
    """Return whose way it is: names begin with that."""
    return re.split(r"[ ,']", name, maxsplit=1)[0]


def threads(row: Row) -> int:
    """Return the threads of a way: one, unless its name says more."""
    found = re.search(r"(\d+) threads", row.name)
    return int(found[1]) if found else 1


def contest(title: str, rows: Iterable[Row], worth: Callable[[Row], float] | None = None) -> Contest:
    """Return the best row of each package by `worth`, by default its figure, of which more is better."""
    best, measured = dict[str, Row](), worth or (lambda row: row.median)
    for row in sorted(rows, key=measured, reverse=True):
        best.setdefault(package(row.name), row)
    return Contest(title, sorted(best.values(), key=lambda row: not row.ours))


def sketching(run: Run) -> Contest:
    """Return the speeds from text to sketch on one thread, of ways that see copies."""
    rows = [row for row in of(run, SKETCHES, "MB/s") if row.case == LENGTH and threads(row) == 1]
    return contest(f"Text to sketch, {LENGTH}, MB/s", [row for row in rows if (row.accuracy or 0) >= ALIKE])


def found(run: Run) -> Contest:
    """Return recalls of the last collection, which holds real texts if there were any, best by F1."""
    rows = [row for row in of(run, PAIRS, "share") if row.case.endswith(f", {THRESHOLD}")]
    some = [row for row in rows if row.case == rows[-1].case]
    title = f"Near-duplicate pairs found, {first_of(some[0].case)}" if some else ""
    return contest(title, some, lambda row: f1(row.median, row.accuracy or 0))


def rates(run: Run) -> Contest:
    """Return documents a second on one thread, of the largest collection that all begin with as text."""
    rows = [row for row in of(run, PAIRS, "documents/s") if threads(row) == 1 and (not row.ours or CORPUS in row.name)]
    largest = max((row.size for row in rows), default=0)
    return contest("Whole collection, documents/s, one thread", [row for row in rows if row.size == largest])


def aligned(run: Run) -> Contest:
    """Return plagdet over all categories."""
    rows = [row for row in of(run, PASSAGES, "share") if row.case == "all"]
    return contest("Passages of PAN 2013, plagdet", rows)


def f1(recall: float, precision: float) -> float:
    """Return the harmonic mean."""
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0

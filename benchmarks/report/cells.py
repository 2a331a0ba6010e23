"""Figures, cells and tables in Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.harness.result import Run
from benchmarks.harness.row import Row

UNMEASURED = "not measured yet"


def figure(value: float) -> str:
    """Return a figure to three digits, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


def median(row: Row) -> str:
    """Return the figure of a row; of shares two digits, for there are as many trials as can tell these."""
    return f"{row.median:.2f}" if row.unit == "share" and row.median else figure(row.median)


def cell(row: Row | None, *, found: bool) -> str:
    """Return median, spread, and what was found."""
    if row is None:
        return ""
    spread = f" ± {figure(row.spread)}" if row.spread > 0.005 * abs(row.median) else ""
    share = f" ({row.accuracy:.2f})" if found and row.accuracy is not None else ""
    return f"{median(row)}{spread}{share}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]], *, words: bool = False) -> Iterator[str]:
    """Yield a table, its columns after the first one to the right unless they hold words; without lines nothing."""
    told = list(lines)
    if not told:
        return
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{(' --- |' if words else ' ---: |') * (len(head) - 1)}"
    yield from (f"| {' | '.join(line)} |" for line in told)


def grid(
    rows: Sequence[Row], across: Callable[[Row], str], down: Callable[[Row], str], head: str, *, found: bool = True
) -> Iterator[str]:
    """Yield a table; rows of the same place are one cell, the last wins."""
    columns = list(dict.fromkeys(map(across, rows)))
    cells = {(down(row), across(row)): row for row in rows}
    lines = (
        [name, *(cell(cells.get((name, column)), found=found) for column in columns)]
        for name in dict.fromkeys(map(down, rows))
    )
    return table([head, *columns], lines)


def named(row: Row) -> str:
    """Return the name, ours in bold, a peer's with its version."""
    if row.ours:
        return f"**{row.name}**"
    return f"{row.name} ({row.version})" if row.version else row.name


def of(run: Run, name: str, *units: str) -> list[Row]:
    """Return the rows of a table, of some units if any are given."""
    return [row for row in run.rows if row.table == name and (not units or row.unit in units)]


def first_of(case: str) -> str:
    """Return a case without what follows its last comma."""
    return case.rpartition(", ")[0]


def last_of(case: str) -> str:
    """Return what follows the last comma of a case."""
    return case.rpartition(", ")[2]

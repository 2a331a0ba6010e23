"""docs/performance.md, made from the latest full run and a template: `make bench-docs`.

Prose stands in `performance.template.md`; a line `{{NAME}}` in it is replaced by what this module makes of the rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.harness.result import RESULTS, Run
from benchmarks.harness.row import Row

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "performance.template.md"
PAGE = ROOT / "docs" / "performance.md"
PICTURES = "../benchmarks/results/full"
NOTICEABLE = 1.1
"""By how much a peer's figure must be better to be listed: less is within the spread."""
SMALL, ERRORS = 0.005, 1.15
"""Differences of shares, and ratios of errors, that as many trials as ours cannot tell."""


def page(run: Run) -> str:
    """Return the whole page."""
    made = TEMPLATE.read_text(encoding="utf-8")
    for name, part in PARTS.items():
        made = made.replace(f"{{{{{name}}}}}", "\n".join(part(run)))
    return made


def figure(value: float) -> str:
    """Return a figure to three digits, thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


def cell(row: Row | None, *, found: bool) -> str:
    """Return median, spread, and what was found."""
    if row is None:
        return ""
    spread = f" ± {figure(row.spread)}" if row.spread > 0.005 * abs(row.median) else ""
    share = f" ({row.accuracy:.2f})" if found and row.accuracy is not None else ""
    return f"{figure(row.median)}{spread}{share}"


def grid(
    rows: Sequence[Row], across: Callable[[Row], str], down: Callable[[Row], str], head: str, *, found: bool = True
) -> Iterator[str]:
    """Yield a table; rows of the same place are one cell, the last wins."""
    columns = list(dict.fromkeys(map(across, rows)))
    cells = {(down(row), across(row)): row for row in rows}
    yield f"| {head} | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    for name in dict.fromkeys(map(down, rows)):
        line = [cell(cells.get((name, column)), found=found) for column in columns]
        yield f"| {name} | {' | '.join(line)} |"


def named(row: Row) -> str:
    """Return the name, ours in bold, a peer's with its version."""
    if row.ours:
        return f"**{row.name}**"
    return f"{row.name} ({row.version})" if row.version else row.name


def of(run: Run, table: str, *units: str) -> list[Row]:
    """Return the rows of a table, of some units if any are given."""
    return [row for row in run.rows if row.table == table and (not units or row.unit in units)]


def machine(run: Run) -> Iterator[str]:
    """Yield what the run was made on."""
    facts = run.machine
    packages = ", ".join(f"{name} {facts[name]}" for name in list(facts)[7:])
    yield (
        f"Measured {facts['date']} on {facts['cores']} cores of {facts['processor']} ({facts['vectors']}), "
        f"{facts['memory']}, {facts['kernel']}, Python {facts['python']}: {packages}. "
        f"The run took {sum(run.seconds.values()) / 60:.0f} minutes."
    )
    yield from (f"Left out: {line}." for line in run.left_out)


def stages(run: Run) -> Iterator[str]:
    """Yield nanoseconds a token by stage on one thread, and the whole path on one and two."""
    rows = of(run, "Hot path", "ns/token")
    one = [row for row in rows if row.case.endswith("1 thread")]
    yield from grid(one, lambda row: row.name.partition(": ")[2], text_of, "ns a token", found=False)
    yield ""
    whole = of(run, "Hot path", "MB/s")
    yield from grid(whole, lambda row: row.case.rpartition(", ")[2], text_of, "MB/s, all stages", found=False)
    yield ""
    exact = min((row.accuracy for row in rows if row.accuracy is not None), default=0)
    yield f"Signatures equal to datasketch's, bit for bit, in all of these: {exact:.0%}."
    yield ""
    limits = [row for row in run.rows if row.name == "vector limit"]
    shares = [row.median for row in of(run, "Hot path", "share")]
    if limits and shares:
        yield (
            f"The vector units do {figure(limits[0].median / 1e9)} · 10⁹ lane operations a second in a loop of nothing "
            f"but multiply, add and minimum; the signature reaches {min(shares):.0%} to {max(shares):.0%} of that."
        )


def text_of(row: Row) -> str:
    """Return the case without the number of threads."""
    return row.case.rpartition(", ")[0]


def by_case(table: str, *units: str) -> Callable[[Run], Iterator[str]]:
    """Return what makes a table of a column a case."""

    def made(run: Run) -> Iterator[str]:
        return grid(of(run, table, *units), lambda row: f"{row.case}, {row.unit}", named, "")

    return made


def by_size(table: str) -> Callable[[Run], Iterator[str]]:
    """Return what makes a table for each case, of a column a size."""

    def made(run: Run) -> Iterator[str]:
        cases = list(dict.fromkeys((row.case, row.unit) for row in of(run, table)))
        for number, (case, unit) in enumerate(cases):
            if number:
                yield ""
            rows = [row for row in of(run, table, unit) if row.case == case]
            yield from grid(rows, lambda row: f"{row.size:,}", named, f"{case}, {unit}")

    return made


def listed(table: str) -> Callable[[Run], Iterator[str]]:
    """Return what makes a table of a line a case and a column a name."""

    def made(run: Run) -> Iterator[str]:
        return grid(of(run, table), named, lambda row: f"{row.case}, {row.unit}", "")

    return made


def misread(run: Run) -> Iterator[str]:
    """Yield a line a figure, a column for words and for characters in an index of each size."""
    rows = of(run, "Misread pages")
    return grid(rows, lambda row: f"{row.name}, {row.size:,} pages", lambda row: f"{row.case}, {row.unit}", "")


def by_threshold(run: Run) -> Iterator[str]:
    """Yield what is found by collection and threshold, then how fast."""
    rows = sorted(of(run, "Near-duplicate documents"), key=lambda row: (row.unit != "share", row.case))
    return grid(rows, named, lambda row: f"{row.case}, {row.unit}", "")


def grown(run: Run) -> Iterator[str]:
    """Yield look-ups and ingestion by the size of the index."""
    rows = of(run, "Look-up and ingestion, LMDB")
    return grid(rows, lambda row: f"{row.size:,} documents", lambda row: f"{row.case}, {row.unit}", "")


def sized(table: str) -> Callable[[Run], Iterator[str]]:
    """Return what makes a table of a line a case and size."""

    def made(run: Run) -> Iterator[str]:
        rows = of(run, table)
        return grid(rows, named, lambda row: f"{row.case}{f', {row.size:,}' if row.size else ''}, {row.unit}", "")

    return made


def better(run: Run) -> Iterator[str]:
    """Yield where a peer's figure is better than ours of the same case and size: of each case the largest size."""
    lines = dict[tuple[str, str], dict[tuple[str, str], str]]()
    for peer in run.rows:
        if peer.ours or not peer.version or peer.unit == "bias":
            continue
        ours = [one for one in run.rows if one.ours and _same(one, peer)]
        if peer.table == "Indexes":  # what is in memory is compared with what is in memory
            kind = "Redis" if peer.name.endswith("Redis") else "memory"
            ours = [one for one in ours if one.name.endswith(kind)]
        if ours and all(peer.beats(one) and _noticeable(peer, one) for one in ours):
            best = next(one for one in ours if not any(other.beats(one) for other in ours))
            found = "" if peer.accuracy is None else f" (found {peer.accuracy:.2f}, ours {best.accuracy:.2f})"
            told = f"{peer.case} {figure(peer.median)} against {figure(best.median)} {peer.unit}{found}"
            lines.setdefault((peer.table, named(peer)), {})[peer.case, peer.unit] = told
    for (table, name), cases in lines.items():
        yield f"- {table}, {name}: {'; '.join(cases.values())}."
    if not lines:
        yield "- nowhere in this run."


def _same(one: Row, other: Row) -> bool:
    return (one.table, one.case, one.size, one.unit) == (other.table, other.case, other.size, other.unit)


def _noticeable(peer: Row, ours: Row) -> bool:
    low, high = sorted((peer.median, ours.median))
    if peer.unit == "share":
        return high - low > SMALL
    return high > (ERRORS if peer.unit == "RMSE" else NOTICEABLE) * max(low, 1e-12)


def served(run: Run) -> Iterator[str]:
    """Yield a line a load."""
    rows = of(run, "HTTP")

    def what(row: Row) -> str:
        return row.unit if row.unit != "ms" else f"{row.case.rpartition(', ')[2]}, ms"

    return grid(rows, what, lambda row: row.case if row.unit != "ms" else text_of(row), "load")


def pictures(*names: str) -> Callable[[Run], Iterable[str]]:
    """Return what shows pictures."""
    return lambda _: [f"![{name}]({PICTURES}/{name}.svg)" for name in names]


PARTS: dict[str, Callable[[Run], Iterable[str]]] = {
    "machine": machine,
    "better": better,
    "stages": stages,
    "speed": by_case("Text to sketch", "MB/s"),
    "error": by_case("Estimator error", "RMSE", "bias"),
    "edits": by_case("What edits do"),
    "indexes": by_size("Indexes"),
    "documents": by_threshold,
    "news": by_case("News in clusters"),
    "passages": listed("Passages"),
    "pairs": listed("Passages of pairs"),
    "published": listed("PAN 2013 beside published systems"),
    "misread": misread,
    "labelled": listed("Labelled pairs"),
    "many": sized("Text that many print"),
    "growth": grown,
    "http": served,
    "collection": sized("A whole collection"),
    "runs": by_size("Runs of words that stand elsewhere"),
    **{f"picture {name}": pictures(name) for name in ("hot-path", "speed", "error", "growth", "recall", "passages")},
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(Run.read(RESULTS / "full")), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()

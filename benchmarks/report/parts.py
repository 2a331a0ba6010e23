"""The parts of the page that are made of rows: tables, pictures, and sentences with figures."""

from collections.abc import Callable, Iterable, Iterator

from benchmarks.harness.result import Run
from benchmarks.harness.row import Row
from benchmarks.report.cells import UNMEASURED, cell, figure, first_of, grid, last_of, named, of, table
from benchmarks.report.contests import CORPUS, PAIRS, threads

PICTURES = "../benchmarks/results/full"
LOOK_UPS = "Near-duplicate look-ups"

Part = Callable[[Run], Iterable[str]]


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


def scripts(run: Run) -> Iterator[str]:
    """Yield the speed of the whole path by script, and how much more two threads do."""
    rows = of(run, "Hot path", "MB/s")
    yield from grid(rows, lambda row: row.case.partition(", ")[2], lambda row: row.case.partition(", ")[0], "MB/s")
    rates = {row.case: row.median for row in rows}
    pairs = (
        (one, rates.get(f"{first_of(case)}, 2 threads")) for case, one in rates.items() if case.endswith("1 thread")
    )
    more = [two / one for one, two in pairs if two]
    if more:
        yield ""
        yield f"Two threads do {min(more):.2f} to {max(more):.2f} times the work of one."


def stages(run: Run) -> Iterator[str]:
    """Yield nanoseconds a token by stage on one thread."""
    rows = [row for row in of(run, "Hot path", "ns/token") if row.case.endswith("1 thread")]
    return grid(
        rows,
        lambda row: last_of(row.name.replace(": ", ", ")),
        lambda row: first_of(row.case),
        "ns a token",
        found=False,
    )


def checked(run: Run) -> Iterator[str]:
    """Yield whether signatures are datasketch's, and how near the signature is to what the vector units can do."""
    exact = min((row.accuracy for row in of(run, "Hot path", "ns/token") if row.accuracy is not None), default=0)
    yield f"Signatures equal to datasketch's, bit for bit, in all of these: {exact:.0%}."
    limits = [row for row in run.rows if row.name == "vector limit"]
    shares = [row.median for row in of(run, "Hot path", "share")]
    if limits and shares:
        yield (
            f"The vector units do {figure(limits[0].median / 1e9)} · 10⁹ lane operations a second in a loop of nothing "
            f"but multiply, add and minimum; the signature reaches {min(shares):.0%} to {max(shares):.0%} of that."
        )


def by_case(name: str, *units: str) -> Part:
    """Return what makes a table of a column a case."""
    return lambda run: grid(of(run, name, *units), lambda row: f"{row.case}, {row.unit}", named, "")


def by_size(name: str, label: Callable[[Row], str] = named) -> Part:
    """Return what makes a table for each case, of a column a size."""

    def made(run: Run) -> Iterator[str]:
        cases = list(dict.fromkeys((row.case, row.unit) for row in of(run, name)))
        for number, (case, unit) in enumerate(cases):
            if number:
                yield ""
            rows = [row for row in of(run, name, unit) if row.case == case]
            yield from grid(rows, lambda row: f"{row.size:,}", label, f"{case}, {unit}")

    return made


def listed(name: str, *units: str) -> Part:
    """Return what makes a table of a line a case and a column a name."""
    return lambda run: grid(of(run, name, *units), named, lambda row: f"{row.case}, {row.unit}", "")


def parted(name: str) -> Part:
    """Return what makes a table of a line a case, and a column for what follows its last comma, or for its unit."""

    def across(row: Row) -> str:
        return f"found, {row.unit}" if row.unit == "share" else f"{last_of(row.case)}, {row.unit}"

    def down(row: Row) -> str:
        return row.case if row.unit == "share" else first_of(row.case)

    return lambda run: grid(of(run, name), across, down, "")


def indexes(run: Run) -> Iterator[str]:
    """Yield a line an index at the largest size that any peer was given, or the largest of its own; a column a case."""
    rows = of(run, "Indexes")
    most = max((row.size for row in rows if not row.ours), default=0)
    largest = dict[str, int]()
    for row in rows:
        if row.size <= most:
            largest[row.name] = max(row.size, largest.get(row.name, 0))
    some = [row for row in rows if row.size == largest.get(row.name) or row.size > most]
    return grid(
        some, lambda row: f"{row.case}, {row.unit}", lambda row: f"{kept(row)}, {row.size:,}", "index, documents"
    )


def hot(run: Run) -> Iterator[str]:
    """Yield how many times longer a look-up of the hot story takes than another one, in each index at its largest."""
    rows = sorted(of(run, "Indexes", "ms"), key=lambda row: row.size)
    cold, warm = ({row.name: row for row in rows if row.case == case} for case in ("look-up, p50", "look-up, hot, p50"))
    told = [
        f"{name} {figure(row.median / cold[name].median)} ({row.size:,})"
        for name, row in warm.items()
        if name in cold and cold[name].size == row.size
    ]
    if told:
        yield f"How many times as long a hot look-up takes as another, by the medians (documents): {'; '.join(told)}."


def kept(row: Row) -> str:
    """Return the name of an index with what it keeps."""
    return f"{named(row)}: {'texts and postings' if row.ours else 'signatures only'}"


def collections(run: Run) -> Iterator[str]:
    """Yield recall, precision and speed at the threshold that is timed."""
    rows = of(run, PAIRS, "documents/s")
    told = {(row.name, row.case): row for row in of(run, PAIRS, "share")}
    head = ["", *(f"{row}: {what}" for row in _cases(rows) for what in ("recall", "precision", "documents/s"))]
    lines = []
    for name in dict.fromkeys(row.name for row in rows):
        own = {row.case: row for row in rows if row.name == name}
        cells = [_collection(own.get(case), told.get((name, case))) for case in _cases(rows)]
        lines.append([named(next(iter(own.values()))), *(one for three in cells for one in three)])
    if rows and not any(CORPUS in row.name for row in rows):
        lines.append([f"**resembles, {CORPUS}**", *[UNMEASURED] * (len(head) - 1)])
    return table(head, lines)


def _cases(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.case for row in rows))


def _collection(rate: Row | None, share: Row | None) -> tuple[str, str, str]:
    if rate is None or share is None:
        return "", "", ""
    return f"{share.median:.3f}", f"{share.accuracy or 0:.3f}", cell(rate, found=False)


def look_ups(run: Run) -> Iterator[str]:
    """Yield what a look-up finds, and how long it takes."""
    return grid(of(run, LOOK_UPS), lambda row: f"{row.case}, {row.unit}", kept, "")


def misread(run: Run) -> Iterator[str]:
    """Yield what is found of misread pages among the most, and how fast, by unit."""
    rows = of(run, "Misread pages")
    most = max((row.size for row in rows), default=0)
    wanted = (": found", ": p50")
    some = [row for row in rows if row.size == most and row.case.endswith(wanted)]

    def across(row: Row) -> str:
        return f"{row.name.partition(', ')[2]}: {row.case.rpartition(': ')[2]}, {row.unit}"

    return grid(some, across, lambda row: row.case.partition(": ")[0], f"among {most:,} pages", found=False)


def all_misread(run: Run) -> Iterator[str]:
    """Yield a line a figure, a column for words and for characters in an index of each size."""
    rows = of(run, "Misread pages")
    return grid(rows, lambda row: f"{row.name}, {row.size:,} pages", lambda row: f"{row.case}, {row.unit}", "")


def by_threshold(run: Run) -> Iterator[str]:
    """Yield recall by collection and threshold, with precision in brackets."""
    rows = sorted((row for row in of(run, PAIRS, "share") if threads(row) == 1), key=lambda row: row.case)
    return grid(rows, named, lambda row: row.case, "")


def grown(run: Run) -> Iterator[str]:
    """Yield look-ups and ingestion by the size of the index."""
    rows = [row for row in of(run, "Look-up and ingestion, LMDB") if "mean of" not in row.case]
    return grid(rows, lambda row: f"{row.size:,} documents", lambda row: f"{row.case}, {row.unit}", "")


def shared_out(run: Run) -> Iterator[str]:
    """Yield what each stage of a look-up takes, and which share of the mean that is."""
    rows = [row for row in of(run, "Look-up and ingestion, LMDB") if "mean of" in row.case]
    whole = dict[tuple[str, int], float]()
    for row in rows:
        place = (first_of(row.case), row.size)
        whole[place] = whole.get(place, 0) + row.median
    cells = {
        (row.case, row.size): f"{figure(row.median)} ms, {row.median / whole[first_of(row.case), row.size]:.0%}"
        for row in rows
    }
    sizes = list(dict.fromkeys(row.size for row in rows))
    lines = ([case, *(cells.get((case, size), "") for size in sizes)] for case in _cases(rows))
    return table(["", *(f"{size:,} documents" for size in sizes)], lines)


def sized(name: str) -> Part:
    """Return what makes a table of a line a case and size."""

    def down(row: Row) -> str:
        return f"{row.case}{f', {row.size:,}' if row.size else ''}, {row.unit}"

    return lambda run: grid(of(run, name), named, down, "")


def served(run: Run) -> Iterator[str]:
    """Yield a line a load."""

    def what(row: Row) -> str:
        return row.unit if row.unit != "ms" else f"{last_of(row.case)}, ms"

    return grid(of(run, "HTTP"), what, lambda row: row.case if row.unit != "ms" else first_of(row.case), "load")


def picture(name: str, text: str) -> Part:
    """Return what shows a picture, with words for those who do not see it."""
    return lambda _: [f"![{text}]({PICTURES}/{name}.svg)"]

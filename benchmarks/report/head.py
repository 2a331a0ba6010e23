"""The five figures with which the page begins."""

from collections.abc import Callable, Iterator, Sequence

from benchmarks.harness.result import Run
from benchmarks.harness.row import Row
from benchmarks.report.cells import UNMEASURED, figure, first_of, of, table
from benchmarks.report.contests import CORPUS, PAIRS, THRESHOLD, aligned, found, package, rates, sketching, threads

HEAD = ("", "resembles", "the best of the others", "note")
Line = tuple[str, str, str, str]


def five(run: Run) -> Iterator[str]:
    """Yield a line for each of the five figures."""
    return table(HEAD, (line(run) for line in FIGURES), words=True)


def _sketching(run: Run) -> Line:
    told = sketching(run)
    ours, peer = told.ours, told.peer
    return (
        "From raw text to sketch, one thread",
        _ours(ours, "MB/s") + (f", {figure(ours.median / peer.median)} times the other" if ours and peer else ""),
        _theirs(peer, "MB/s"),
        "texts of 300 words, 128 values; ours adds the buckets, and window minima by which passages are found",
    )


def _look_up(run: Run) -> Line:
    whole = _last(of(run, "Look-up and ingestion, LMDB"), "copies, p50")
    peers = [row for row in of(run, "Indexes", "ms") if not row.ours and row.case == "look-up, p50"]
    best = min((row for row in peers if row.size == max(one.size for one in peers)), key=_median, default=None)
    return (
        "Look-up of one text, p50",
        f"**{figure(whole.median)} ms** of {whole.size:,} documents; {_postings(run)}" if whole else UNMEASURED,
        f"{package(best.name)}: {figure(best.median)} ms of {best.size:,}, buckets alone" if best else UNMEASURED,
        "ours on disk, verified exactly, with passages; the other in memory, signatures only",
    )


def _postings(run: Run) -> str:
    rows = [row for row in of(run, "Indexes", "ms") if row.name.endswith("LMDB") and row.case == "look-up, p50"]
    told = [f"{figure(row.median)} ms of {row.size:,}" for row in sorted(rows, key=lambda row: row.size)[-2:]]
    return f"buckets alone {' and '.join(told) or UNMEASURED}"


def _found(run: Run) -> Line:
    told = found(run)
    one = told.rows[0] if told.rows else None
    return (
        f"Near-duplicate pairs found, Jaccard similarity {THRESHOLD} or more",
        f"**{_both(told.ours)}**",
        f"{package(told.peer.name)}: {_both(told.peer)}" if told.peer else UNMEASURED,
        f"{first_of(one.case)}, {one.size:,} texts; truth is the similarity of all pairs" if one else "",
    )


def _rate(run: Run) -> Line:
    told = rates(run)
    ours, peer = told.ours, told.peer
    more = [row for row in of(run, PAIRS, "documents/s") if ours and row.ours and row.case == ours.case]
    recall = f", {peer.accuracy:.2f} of the pairs" if peer and peer.accuracy is not None else ""
    return (
        f"A whole collection by `{CORPUS}`, one thread",
        _ours(ours, "documents/s")
        + "".join(f", {figure(row.median)} on {threads(row)}" for row in more if threads(row) > 1),
        _theirs(peer, "documents/s") + recall,
        f"{f'{ours.size:,} texts; ' if ours else ''}ours verifies every pair exactly, the others none{_command(run)}",
    )


def _command(run: Run) -> str:
    """Return what the command did, which begins with a file, ends with files, and works on two threads unless told."""
    row = _last(of(run, "A whole collection", "documents/s"), CORPUS)
    return f"; the command, from file to files on 2: {figure(row.median)} of {row.size:,}" if row else ""


def _plagdet(run: Run) -> Line:
    rows = [row for row in of(run, "PAN 2013 beside published systems") if row.case == "all"]
    ours = " and ".join(f"**{row.median:.2f}** {row.name.partition(', ')[2]}" for row in rows if row.ours)
    peer = aligned(run).peer
    return (
        "Passages of PAN 2013, plagdet",
        ours or UNMEASURED,
        f"{first_of(peer.name) or peer.name}: {peer.median:.2f}" if peer else UNMEASURED,
        "ours on the training part, the others on the test part; ours at the defaults",
    )


FIGURES: Sequence[Callable[[Run], Line]] = (_sketching, _look_up, _found, _rate, _plagdet)


def _median(row: Row) -> float:
    return row.median


def _last(rows: Sequence[Row], case: str) -> Row | None:
    """Return the row of a case at the largest size."""
    return max((row for row in rows if row.case == case), key=lambda row: row.size, default=None)


def _ours(row: Row | None, unit: str) -> str:
    return f"**{figure(row.median)} {unit}**" if row else UNMEASURED


def _theirs(row: Row | None, unit: str) -> str:
    return f"{package(row.name)}: {figure(row.median)} {unit}" if row else UNMEASURED


def _both(row: Row | None) -> str:
    return f"{row.median:.2f}, precision {row.accuracy or 0:.2f}" if row else UNMEASURED

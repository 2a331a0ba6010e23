"""Where a peer's figure is better than ours, by rule and not by hand."""

from collections.abc import Iterator, Sequence

from benchmarks.harness.result import Run
from benchmarks.harness.row import MORE, Row
from benchmarks.report.cells import figure, median, table
from benchmarks.report.contests import package

NOTICEABLE = 1.1
"""By how much a peer's figure must be better to be listed: less is within the spread."""
SMALL, ERRORS = 0.005, 1.15
"""Differences of shares, and ratios of errors, that as many trials as ours cannot tell."""
HEAD = ("what", "the better peer", "theirs", "ours", "how far", "why")
_UNVERIFIED = "signatures are compared, not texts: nothing is verified exactly"
WHY = {
    "Near-duplicate documents": _UNVERIFIED,
    "Near-duplicate look-ups": f"{_UNVERIFIED}, and no text is kept",
    "Indexes": "signatures only, in the memory of one process; ours keeps texts, and 118 postings more for passages",
    "Estimator error": "Fast Similarity Sketching (rensa, FastSketchLSH) errs less; ours only orders candidates by it",
    "PAN 2013 beside published systems": "measured on another part of the collection",
    "Passages of pairs": "difflib reports the same words only, and finds less",
    "Runs of words that stand elsewhere": "words are counted, on one thread; ours reads, compares and writes every run",
}
"""Why a peer can be better, told once a table; of other tables no reason is known."""

Key = tuple[str, str, str]


def better(run: Run) -> Iterator[str]:
    """Yield a table of what some peer does better, of each case the largest size."""
    lines, told = list[list[str]](), set[str]()
    for (name, _, _), peers in _peers(run).items():
        beaten = [found for size in {row.size for row in peers} if (found := _beaten(run, peers, size))]
        if beaten:
            ours, best = max(beaten, key=lambda found: found[0].size)
            lines.append(_line(ours, best, "" if name in told else WHY.get(name, "")))
            told.add(name)
    yield from table(HEAD, lines, words=True) if lines else ["Nowhere in this run."]


def _peers(run: Run) -> dict[Key, list[Row]]:
    """Return the peers' rows by what they measure."""
    peers = dict[Key, list[Row]]()
    for row in run.rows:
        if not row.ours and row.unit != "bias":
            peers.setdefault((row.table, row.case, row.unit), []).append(row)
    return peers


def _beaten(run: Run, peers: Sequence[Row], size: int) -> tuple[Row, list[Row]] | None:
    """Return our best row of a size, and the peers that are better than all of ours, best first."""
    good = list[Row]()
    best: Row | None = None
    for peer in peers:
        ours = _comparable(run, peer) if peer.size == size else []
        if ours and all(peer.beats(one) and _noticeable(peer, one) for one in ours):
            good.append(peer)
            best = next(one for one in ours if not any(other.beats(one) for other in ours))
    if best is None:
        return None
    return best, sorted(good, key=lambda row: row.median, reverse=best.unit in MORE)


def _comparable(run: Run, peer: Row) -> list[Row]:
    """Return our rows of the same thing; what is in memory is compared with what is in memory."""
    ours = [one for one in run.rows if one.ours and _same(one, peer)]
    if peer.table == "Indexes":
        kind = "Redis" if peer.name.endswith("Redis") else "memory"
        ours = [one for one in ours if one.name.endswith(kind)]
    return ours


def _line(ours: Row, peers: Sequence[Row], why: str) -> list[str]:
    first, *others = peers
    low, high = sorted((ours.median, first.median))
    also = ", ".join(dict.fromkeys(package(peer.name) for peer in others if package(peer.name) != package(first.name)))
    size = f", {ours.size:,}" if ours.size and f"{ours.size:,}" not in ours.case else ""
    return [
        f"{ours.table}: {ours.case}{size}, {ours.unit}",
        first.name + (f"; also {also}" if also else ""),
        _told(first),
        _told(ours),
        f"{high - low:.2f}" if ours.unit == "share" else f"{figure(high / max(low, 1e-12))} ×",
        why,
    ]


def _told(row: Row) -> str:
    if row.accuracy is None:
        return median(row)
    return f"{median(row)} ({row.measure if row.unit == 'share' else 'found'} {row.accuracy:.2f})"


def _same(one: Row, other: Row) -> bool:
    return (one.table, one.case, one.size, one.unit) == (other.table, other.case, other.size, other.unit)


def _noticeable(peer: Row, ours: Row) -> bool:
    low, high = sorted((peer.median, ours.median))
    if peer.unit == "share":
        return high - low > SMALL
    return high > (ERRORS if peer.unit == "RMSE" else NOTICEABLE) * max(low, 1e-12)

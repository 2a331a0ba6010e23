"""Each document is looked up among those before it: pairs of passages into a work file, in the order of documents."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dedup.corpus.network.job import Job
from dedup.corpus.network.roster import Roster
from dedup.engine import Index
from dedup.printings.pairs import PAIR, Pairs, rows_of

FILE = "pairs.rows"
TOGETHER = 32  # not measured: documents read and handed to a thread at once


@dataclass(slots=True)
class Found:
    """What was looked up.

    Attributes:
        pairs: (n,) of `PAIR`, by the later document, then by the earlier.
        compared: pairs of documents that were aligned.
        truncated: documents for which something that may share a passage was left unread.
        common: documents that share something with others, but nothing that is no boilerplate.
    """

    pairs: Pairs
    compared: int = 0
    truncated: int = 0
    common: int = 0


def find(index: Index, roster: Roster, job: Job, work: Path, watch: Callable[[int], None]) -> Found:
    """Look up every document; memory holds what the threads are at, the passages lie in a file."""
    places = {name: place for place, name in enumerate(roster.ids)}
    found = Found(np.empty(0, PAIR))

    def look_up(some: range) -> tuple[Pairs, Counter[str]]:
        return _look_up(index, roster, job, places, some)

    with (work / FILE).open("wb") as file:
        for rows, counts in _in_order(look_up, len(roster.ids), job.threads, watch):
            file.write(rows.tobytes())
            found.compared += counts["compared"]
            found.truncated += counts["truncated"]
            found.common += counts["common"]
    if (work / FILE).stat().st_size:
        found.pairs = np.memmap(work / FILE, PAIR, "r").view(np.ndarray)
    return found


def _in_order(
    look_up: Callable[[range], tuple[Pairs, Counter[str]]], count: int, threads: int, watch: Callable[[int], None]
) -> Iterator[tuple[Pairs, Counter[str]]]:
    """Yield what was found for all documents, in their order, on so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque[tuple[int, Future[tuple[Pairs, Counter[str]]]]]()
        for first in range(0, count, TOGETHER):
            some = range(first, min(first + TOGETHER, count))
            waiting.append((len(some), pool.submit(look_up, some)))
            if len(waiting) > 2 * threads:
                yield _next(waiting, watch)
        while waiting:
            yield _next(waiting, watch)


def _next(
    waiting: deque[tuple[int, Future[tuple[Pairs, Counter[str]]]]], watch: Callable[[int], None]
) -> tuple[Pairs, Counter[str]]:
    count, future = waiting.popleft()
    found = future.result()
    watch(count)
    return found


def _look_up(
    index: Index, roster: Roster, job: Job, places: dict[str, int], some: Sequence[int]
) -> tuple[Pairs, Counter[str]]:
    """Return the passages that some documents share with those before them, and what `Found` counts."""
    rows, counts = list[tuple[object, ...]](), Counter[str]()
    for place, document in zip(some, index.get_many([roster.ids[place] for place in some]), strict=True):
        if document is None:  # removed meanwhile
            continue
        found = index.partners(document, job.question, roster.before(place, job))
        counts["compared"] += found.compared
        counts["truncated"] += found.truncated
        counts["common"] += found.common
        rows += [row for match in found.matches for row in rows_of(places[match.id], place, match)]
    return np.array(rows, PAIR), counts

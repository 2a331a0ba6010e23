"""The documents of an index in their order: ids, dates and series in columns, and to which a document is held."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.job import Job
from dedup.corpus.network.order import (
    UNDATED,
    Standing,
    Times,
    date_of,
    days_between,
    held,
    series_of,
    surely_earlier,
    times_of,
)
from dedup.dates import Moment
from dedup.engine import Index
from dedup.search.partners import Wanted
from dedup.stores.base import Numbers


@dataclass(frozen=True, slots=True)
class Roster:
    """The n documents of a collection in their order.

    Attributes:
        ids: their ids.
        dates: their dates.
        begins: (n,) int64, when each date begins, in microseconds since 1970; `UNDATED` where there is none.
        ends: (n,) int64, when it ends; the same.
        series: (n,) int64, equal for equal values of the job's field; -1 where it is missing.
        names: the value of each series, by its number.
        starts: (n,) int64, the documents' chunk numbers in the index, ascending, as the index came by them.
        stops: (n,) int64, the number after each one's last chunk.
        owners: (n,) int64, the place of the document that has each of them.
    """

    ids: tuple[str, ...]
    dates: tuple[Moment | None, ...]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    series: NDArray[np.int64]
    names: tuple[str, ...]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    owners: NDArray[np.int64]

    @property
    def undated(self) -> int:
        """How many documents have no date that could be read."""
        return int((self.begins == UNDATED).sum())

    @property
    def without_series(self) -> int:
        """How many documents are of no series."""
        return int((self.series < 0).sum())

    def earlier(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for which pairs of places the first is surely the earlier."""
        return surely_earlier(self._times(a), self._times(b))

    def days(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the whole days from the first of each pair to the second, -1 where a date is missing."""
        return days_between(self._times(a), self._times(b))

    def _times(self, places: NDArray[np.int64]) -> Times:
        return Times(self.begins[places], self.ends[places])

    def before(self, place: int, job: Job) -> Wanted:
        """Return which documents the one at `place` is held to: those before it that the job does not leave out."""
        own = Standing(np.int64(place), self.begins[place], self.series[place])

        def wanted(numbers: Numbers) -> NDArray[np.int64]:
            at = np.searchsorted(self.starts, numbers, "right") - 1
            places = np.where((at >= 0) & (numbers < self.stops[at]), self.owners[at], place)
            good = held(Standing(places, self.begins[places], self.series[places]), own, job)
            return np.where(good, places, -1)

        return wanted


def roster(index: Index, job: Job, advance: Callable[[int], None]) -> Roster:
    """Read the documents of an index: what has come in when the reading begins."""
    _, arrivals = index.arrivals()
    rows, codes = list[tuple[str, int, int, Moment | None, int]](), dict[str, int]()
    for arrival in arrivals:
        series = series_of(arrival.metadata, job)
        code = -1 if series is None else codes.setdefault(series, len(codes))
        rows.append((arrival.id, arrival.number, arrival.next, date_of(arrival.metadata, job), code))
        advance(1)
    begins, ends = np.array([times_of(row[3]) for row in rows], np.int64).reshape(-1, 2).T
    order = np.array(sorted(range(len(rows)), key=lambda row: (begins[row], rows[row][0])), np.int64)
    owners = np.empty(len(rows), np.int64)
    owners[order] = np.arange(len(rows))
    return Roster(
        ids=tuple(rows[row][0] for row in order),
        dates=tuple(rows[row][3] for row in order),
        begins=begins[order],
        ends=ends[order],
        series=np.array([rows[row][4] for row in order], np.int64),
        names=tuple(codes),
        starts=np.array([row[1] for row in rows], np.int64),
        stops=np.array([row[2] for row in rows], np.int64),
        owners=owners,
    )

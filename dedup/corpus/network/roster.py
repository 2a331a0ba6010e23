"""The documents of an index in their order: ids, dates and series in columns, and which of them a document is held to.

A place is a document's number in that order, from 0: of two documents the one with the lower place is the earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.job import Job
from dedup.dates import Moment, moment, published
from dedup.engine import Arrival, Index
from dedup.record import dumps
from dedup.search.partners import Wanted
from dedup.stores.base import Numbers

UNDATED = np.iinfo(np.int64).max
DAY = 86_400_000_000  # microseconds, as all times here
_EPOCH, _STEP = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


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
        """Return for which pairs of places the first is surely the earlier; see `dedup.dates.Moment.before`."""
        dated = (self.begins[a] != UNDATED) & (self.begins[b] != UNDATED)
        surely: NDArray[np.bool_] = dated & (self.begins[a] < self.begins[b]) & (self.ends[a] <= self.begins[b])
        return surely

    def days(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the whole days from the first of each pair to the second, -1 where a date is missing."""
        dated = (self.begins[a] != UNDATED) & (self.begins[b] != UNDATED)
        return np.where(dated, self.begins[b] // DAY - self.begins[a] // DAY, -1)

    def before(self, place: int, job: Job) -> Wanted:
        """Return which documents the one at `place` is held to: those before it that the job does not leave out."""

        def wanted(numbers: Numbers) -> NDArray[np.int64]:
            at = np.searchsorted(self.starts, numbers, "right") - 1
            places = np.where((at >= 0) & (numbers < self.stops[at]), self.owners[at], place)
            good = places < place
            if job.series is not None and self.series[place] >= 0:
                good &= self.series[places] != self.series[place]
            if job.within is not None:
                good &= self.begins[place] != UNDATED
                good &= self.begins[place] - self.begins[places] <= job.within * 1_000_000
            return np.where(good, places, -1)

        return wanted


def roster(index: Index, job: Job, advance: Callable[[int], None]) -> Roster:
    """Read the documents of an index: what has come in when the reading begins."""
    _, arrivals = index.arrivals()
    rows, codes = list[tuple[str, int, int, Moment | None, int]](), dict[str, int]()
    for arrival in arrivals:
        rows.append((arrival.id, arrival.number, arrival.next, _date(arrival, job.date), _series(arrival, job, codes)))
        advance(1)
    begins = np.array([_since(row[3].at) if row[3] else UNDATED for row in rows], np.int64)
    ends = np.array([_since(row[3].end) if row[3] else UNDATED for row in rows], np.int64)
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


def _date(arrival: Arrival, field: str | None) -> Moment | None:
    return published(arrival.metadata) if field is None else moment(arrival.metadata.get(field))


def _series(arrival: Arrival, job: Job, codes: dict[str, int]) -> int:
    """Return the number of a document's series, a new one if it is the first."""
    value = arrival.metadata.get(job.series) if job.series is not None else None
    if value is None:
        return -1
    name = value if isinstance(value, str) else dumps(value).decode()
    return codes.setdefault(name, len(codes))


def _since(at: datetime) -> int:
    return (at - _EPOCH) // _STEP

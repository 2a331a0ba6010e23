"""The order of documents: which of two is the earlier, how far apart they are, and which of them are held together.

A place is a document's number in the order by date, then by id: of two documents the one with the lower place is the
earlier.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.job import Job
from dedup.dates import Moment, moment, published
from dedup.record import dumps

UNDATED = np.iinfo(np.int64).max
DAY = 86_400_000_000  # microseconds, as all times here
_EPOCH, _STEP = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Times(NamedTuple):
    """When the dates of n documents begin and end: (n,) int64 each, in microseconds since 1970, `UNDATED` for none."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


class Standing(NamedTuple):
    """Where n documents stand: (n,) int64 each; or one document, int64 each.

    Attributes:
        places: their places in the order.
        begins: when their dates begin, as in `Times`.
        series: equal for equal values of the job's field; -1 where it is missing.
    """

    places: NDArray[np.int64] | np.int64
    begins: NDArray[np.int64] | np.int64
    series: NDArray[np.int64] | np.int64


def held(earlier: Standing, later: Standing, job: Job) -> NDArray[np.bool_]:
    """Return to which of some documents a later one is held: those before it that the job does not leave out."""
    good = np.asarray(earlier.places < later.places)
    if job.series is not None and later.series >= 0:
        good &= earlier.series != later.series
    if job.within is not None:
        good &= later.begins != UNDATED
        good &= later.begins - earlier.begins <= job.within * 1_000_000
    return good


def surely_earlier(a: Times, b: Times) -> NDArray[np.bool_]:
    """Return for which pairs the first is surely the earlier; see `dedup.dates.Moment.before`."""
    surely: NDArray[np.bool_] = _dated(a, b) & (a.begins < b.begins) & (a.ends <= b.begins)
    return surely


def days_between(a: Times, b: Times) -> NDArray[np.int64]:
    """Return the whole days from the first of each pair to the second, -1 where a date is missing."""
    return np.where(_dated(a, b), b.begins // DAY - a.begins // DAY, -1)


def _dated(a: Times, b: Times) -> NDArray[np.bool_]:
    dated: NDArray[np.bool_] = (a.begins != UNDATED) & (b.begins != UNDATED)
    return dated


def date_of(metadata: Mapping[str, Any], job: Job) -> Moment | None:
    """Return a document's date, None if none can be read."""
    return published(metadata) if job.date is None else moment(metadata.get(job.date))


def times_of(date: Moment | None) -> tuple[int, int]:
    """Return when a date begins and ends, as in `Times`."""
    return (_since(date.at), _since(date.end)) if date else (UNDATED, UNDATED)


def series_of(metadata: Mapping[str, Any], job: Job) -> str | None:
    """Return the name of a document's series, None if it has none."""
    value = metadata.get(job.series) if job.series is not None else None
    return value if value is None or isinstance(value, str) else dumps(value).decode()


def _since(at: datetime) -> int:
    return (at - _EPOCH) // _STEP

"""Which document came out first, and which of them is a passage's source: told by the dates in their metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.dates import Moment, published
from dedup.model import Direction, Match, Passage

HELD = 0.5  # not measured: a definition, half of a passage's stretch of the query


class _Stretches(NamedTuple):
    """The stretches of the query that dated documents share, and the dates: (n,) int64 places, float64 seconds."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]


def directed(matches: Sequence[Match], every: Sequence[Match], query: Mapping[str, Any]) -> list[Match]:
    """Return `matches` with what their dates tell: who came out earlier, and which passages each is the source of.

    A passage's source is the document that has the earliest date of all that hold half of its stretch or more: the
    query itself, and the documents found. Of dates that may be equal, such as two of one day, neither is the earlier.

    Args:
        matches: those to return.
        every: all documents found, those to return among them.
        query: the query's metadata.
    """
    dates = {match.id: when for match in every if (when := published(match.metadata))}
    own, held = published(query), _stretches(every, dates)
    return [_directed(match, dates[match.id], own, held) if match.id in dates else match for match in matches]


def _directed(match: Match, when: Moment, own: Moment | None, held: _Stretches) -> Match:
    passages = tuple(replace(one, source=_is_source(one, when, own, held)) for one in match.passages)
    return replace(match, direction=_direction(when, own), passages=passages)


def _direction(when: Moment, own: Moment | None) -> Direction | None:
    if own is None:
        return None
    return "earlier" if when.before(own) else "later" if own.before(when) else None


def _is_source(passage: Passage, when: Moment, own: Moment | None, held: _Stretches) -> bool:
    if passage.kind == "boilerplate" or (own and own.before(when)):
        return False
    start, end, at = passage.query.start, passage.query.end, when.at.timestamp()
    shared = np.minimum(held.ends, end) - np.maximum(held.starts, start)
    earlier = (held.first < at) & (held.last <= at)
    return not bool(np.any(earlier & (shared >= HELD * (end - start))))


def _stretches(matches: Sequence[Match], dates: Mapping[str, Moment]) -> _Stretches:
    rows = [
        (one.query.start, one.query.end, when.at.timestamp(), when.end.timestamp())
        for match in matches
        if (when := dates.get(match.id))
        for one in match.passages
        if one.kind != "boilerplate"
    ]
    table = np.array(rows, np.float64).reshape(-1, 4)
    return _Stretches(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], table[:, 3])

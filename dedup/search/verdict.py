"""What a query is: a near-duplicate of a document, contained in one, one that contains another, or new."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import get_args

from dedup.dates import published
from dedup.model import Containment, Match, Passage, Verdict

HALF = 0.5  # not measured: a definition, from so much of either side on two texts are alike as a whole
_ORDER: tuple[Verdict, ...] = get_args(Verdict)


def verdict(both: Containment, passages: Iterable[Passage], contained: float) -> Verdict:
    """Return what a query is beside one document.

    Args:
        both: how much of each the other holds.
        passages: what they share.
        contained: from so much on a text counts as contained in the other, .5 to 1.
    """
    inside, around = both.query_in_document >= contained, both.document_in_query >= contained
    if inside or around:
        return "near_duplicate" if inside and around else "contained" if inside else "contains"
    alike = max(both.query_in_document, both.document_in_query) >= HALF
    return "shares_passages" if alike or any(one.kind != "boilerplate" for one in passages) else "new"


def decisive(matches: Sequence[Match]) -> int:
    """Return the place of the match that the verdict of all rests on.

    Of those whose own verdict says most it is the one that holds most of the query, of equal ones the earliest by date.
    """
    most = min(map(_rank, matches))
    return min(
        (place for place, match in enumerate(matches) if _rank(match) == most), key=lambda at: _when(matches[at])
    )


def _rank(match: Match) -> tuple[int, float]:
    return _ORDER.index(match.verdict), -match.containment.query_in_document


def _when(match: Match) -> float:
    when = published(match.metadata)
    return when.at.timestamp() if when else inf

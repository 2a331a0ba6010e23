"""What a query is: a near-duplicate of a document, contained in one, one that contains another, or new."""

from collections.abc import Iterable, Sequence
from typing import get_args

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
    """Return the place of the match that the verdict of all rests on: the first of those whose own says most."""
    return min(range(len(matches)), key=lambda place: _ORDER.index(matches[place].verdict))

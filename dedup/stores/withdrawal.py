"""What goes with a document that is replaced or removed: its postings, which are computed anew from its payload."""

from collections.abc import Iterable

from dedup.errors import StoreDamaged
from dedup.stores.base import Buckets, Numbers, PostingsOf, Stored
from dedup.stores.names import Names, flatten


class Withdrawal:
    """The postings of documents that a write takes out, computed ahead where it can be foreseen which these are.

    A store that locks out other writers computes them before it takes the lock.
    """

    def __init__(self, postings_of: PostingsOf, foreseen: Iterable[Stored] = ()) -> None:
        """Compute the postings of the documents that will probably go."""
        self._postings_of = postings_of
        self._known = {stored.number: self._compute(stored) for stored in foreseen}

    def readable(self, stored: Stored) -> bool:
        """Return whether a document's payload can be read."""
        return self._of(stored) is not None

    def of(self, gone: Iterable[Stored]) -> tuple[Names, Numbers]:
        """Return the postings of documents; none for a payload that cannot be read."""
        return flatten([posting for stored in gone for posting in self._of(stored) or ()])

    def _of(self, stored: Stored) -> list[tuple[int, Buckets]] | None:
        if stored.number not in self._known:
            self._known[stored.number] = self._compute(stored)
        return self._known[stored.number]

    def _compute(self, stored: Stored) -> list[tuple[int, Buckets]] | None:
        try:
            return stored.postings(self._postings_of)
        except StoreDamaged:
            return None

"""One call of remove: pointers first, then what they led to; begun anew if a server changes meanwhile."""

from collections.abc import Sequence

from dedup.stores.base import PostingsOf, lives
from dedup.stores.redis.mending import mend, withdraw
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.records import Pointer
from dedup.stores.redis.writing import Journal


class Removing:
    """A call of remove, over as many attempts as it takes."""

    def __init__(self, parts: Parts, keys: Sequence[bytes], postings_of: PostingsOf) -> None:
        """Be ready to remove the documents of these ids, given as UTF-8."""
        self._parts, self._keys, self._postings_of = parts, keys, postings_of
        self._perhaps: dict[tuple[bytes, Pointer], None] = {}
        self._removed: set[bytes] = set()

    def attempt(self) -> set[bytes]:
        """Remove the documents that are there, and return the ids of those that were.

        Raises:
            ServersChanged: another attempt is needed.
        """
        with self._parts.wire.steady():
            found, now = self._parts.documents.pointers(self._keys)
            there = {key: old for key, old in zip(self._keys, found, strict=True) if old and lives(old.expires, now)}
            if there or self._perhaps:
                self._remove(there)
            else:
                self._parts.durability.confirm()
        return self._removed

    def _remove(self, there: dict[bytes, Pointer]) -> None:
        parts, given_up = self._parts, self._perhaps
        self._perhaps = given_up | dict.fromkeys(there.items())  # should this attempt be given up too
        olds = [pointer.number for _, pointer in self._perhaps]
        with Journal(parts.wire, parts.layout, olds=olds) as journal:
            gone = given_up | dict.fromkeys(parts.documents.remove(journal, there).items())
            self._perhaps |= gone
            parts.durability.confirm()
            stored = [one for one in parts.documents.led_to(list(gone)) if one]
            self._removed |= {one.id.encode() for one in stored}
            withdraw(parts, journal, stored, self._postings_of)
            parts.documents.forget(one.numbers for one in stored)
            mend(parts, journal, self._postings_of)

"""What is decided of a document before it goes in: whether it is new, and which story it belongs to.

A `Newcomers` is the judge of one batch. It is asked with what is there at the very moment of writing, so that of two
writers one sees the other's documents; documents of the batch are decided in their order, each held against those
before it that go in.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from dedup.errors import InvalidInput
from dedup.model import Containment, Duplicated
from dedup.scheme import Scheme
from dedup.search.near import Limit, Near, Newcomer, near
from dedup.stores.base import Entry, Judged, Snapshot, Stored
from dedup.stores.membership import (
    Membership,
    in_story,
    members_of,
    membership_of,
    out_of_story,
    split_membership,
    with_membership,
)

SEE_ALSO = 8  # not measured: other stories that a document names, the most alike first
_PAGE, _ALL = 64, 1 << 31  # not measured: documents read at once to see whether one of a story lives; a whole bucket


class Newcomers:
    """Decides of the documents of one batch.

    Attributes:
        duplicates: the documents that did not go in, by id, with what each is a duplicate of.
        kept_versions: the versions of those whose ids the index has, by id.
        stories: the stories of those that did, by id, in an index with stories.
    """

    def __init__(self, scheme: Scheme, texts: Mapping[str, str], limit: Limit | None) -> None:
        """Decide for an index of that scheme; texts are by id, and `limit` says from what share on one is not new."""
        self._scheme, self._texts, self._limit = scheme, texts, limit
        self._same_story = Limit("either", scheme.stories) if scheme.stories else None
        self._limits = [one for one in (limit, self._same_story) if one]
        self.duplicates: dict[str, Duplicated] = {}
        self.kept_versions: dict[str, str] = {}
        self.stories: dict[str, str] = {}

    def __call__(self, now: Snapshot, entries: Sequence[Entry], olds: Sequence[Stored | None]) -> list[Judged]:
        """Decide of entries; see `dedup.stores.base.Judge`."""
        names = _FreeNames(now, [entry.id for entry in entries] if self._same_story else [])
        judged = list[Judged]()
        memberships = list[Membership | None]()
        written = set[str]()
        for entry, old, found in zip(entries, olds, self._near(now, entries), strict=True):
            there = [one for one in found if self._stands(one, memberships, written)]
            numbers = frozenset(one.stored.number for one in found if one.stored)
            places = frozenset(one.place for one in found if not one.stored)
            if self._is_duplicate(entry, old, there):
                memberships.append(None)
                judged.append(Judged(None, numbers, places))
                continue
            memberships.append(self._membership(entry, old, there, memberships, names))
            judged.append(Judged(self._enrolled(entry, memberships[-1]), numbers, places))
            written.add(entry.id)
        return judged

    def _stands(self, one: Near, memberships: Sequence[Membership | None], written: Collection[str]) -> bool:
        """Return whether what an entry is near to is there when its turn comes: one before it may have replaced it."""
        return one.id not in written if one.stored else memberships[one.place] is not None

    def _near(self, now: Snapshot, entries: Sequence[Entry]) -> list[list[Near]]:
        newcomers = [Newcomer(one.id, self._texts[one.id], np.concatenate(one.postings)) for one in entries]
        return near(now, newcomers, self._scheme, self._limits)

    def _is_duplicate(self, entry: Entry, old: Stored | None, there: Sequence[Near]) -> bool:
        """Return whether an entry is not new; what was decided of it before is forgotten.

        One that is there already as it is, which is written again because it was damaged or cut short, stays.
        """
        limit = self._limit
        self.duplicates.pop(entry.id, None)
        self.kept_versions.pop(entry.id, None)
        alike = [one for one in there if limit and one.share(limit.measure) >= limit.least]
        if not (limit and alike) or (old and old.digest == entry.digest):
            return False
        best = max(alike, key=lambda one: one.share(limit.measure))  # the first of them, which came in first
        containment = Containment(best.in_document, best.in_new)
        self.duplicates[entry.id] = Duplicated(best.id, best.jaccard, containment)
        if old:
            self.kept_versions[entry.id] = old.digest.hex()
        return True

    def _membership(
        self,
        entry: Entry,
        old: Stored | None,
        there: Sequence[Near],
        earlier: Sequence[Membership | None],
        names: "_FreeNames",
    ) -> Membership:
        """Return the story of an entry: that of the document it replaces, else of the most alike, else its own."""
        same, brought = self._same_story, membership_of(entry.payload)
        kept = _membership_of(old).story if old else ""
        if (brought.story and not kept) or not same:  # a copy brings its story along
            return brought
        shares = dict[str, float]()
        for one in there:
            belongs = _membership_of(one.stored) if one.stored else earlier[one.place]
            if belongs and belongs.story and (share := one.share(same.measure)) >= same.least:
                shares[belongs.story] = max(share, shares.get(belongs.story, 0))
        ranked = sorted(shares, key=lambda name: -shares[name])  # of equal ones the first, which came in first
        story = kept or (ranked[0] if ranked else names.free(entry.id))
        self.stories[entry.id] = story
        return Membership(story, tuple(name for name in ranked if name != story)[:SEE_ALSO])

    def _enrolled(self, entry: Entry, membership: Membership | None) -> Entry:
        """Return an entry with its story in its payload and its buckets."""
        brought, payload = split_membership(entry.payload)
        if not (membership and membership.story) or brought == membership:
            return entry
        postings = out_of_story(entry.postings, brought)
        return replace(entry, payload=with_membership(payload, membership), postings=in_story(postings, membership))


class _FreeNames:
    """Names for new stories: the id of the document that begins one, with a number behind it if that is taken."""

    def __init__(self, now: Snapshot, ids: Sequence[str]) -> None:
        """Ask for the names that probably are wanted, all at once."""
        self._now = now
        self._begun = set[str]()
        postings = now.lookup(np.array([members_of(name) for name in ids], np.uint64), 1) if ids else None
        self._perhaps_taken = {
            name for name, count in zip(ids, postings.counts.tolist() if postings else [], strict=True) if count
        }

    def free(self, document_id: str) -> str:
        """Return a name that no story has, which from now on one has."""
        name, number = document_id, 1
        while self._is_taken(name, known=number == 1):
            number += 1
            name = f"{document_id}~{number}"
        self._begun.add(name)
        return name

    def _is_taken(self, name: str, *, known: bool) -> bool:
        if name in self._begun:
            return True
        if known and name not in self._perhaps_taken:
            return False
        numbers = self._now.lookup(np.array([members_of(name)], np.uint64), _ALL).numbers
        pages = (self._now.fetch(numbers[first : first + _PAGE]) for first in range(0, len(numbers), _PAGE))
        return any(_membership_of(one).story == name for found in pages for one in found if one)


def _membership_of(stored: Stored) -> Membership:
    """Return a document's membership; none if it is damaged, which `check` tells."""
    try:
        return membership_of(stored.payload)
    except ValueError:
        return Membership()


def limit_of(skip_like: float | None, measure: Literal["jaccard", "containment"]) -> Limit | None:
    """Return from what share on a document is not put; None if all are.

    Raises:
        InvalidInput: the share or the measure makes no sense.
    """
    if measure not in ("jaccard", "containment"):
        raise InvalidInput(f"measure {measure!r}: give jaccard or containment")
    if skip_like is None:
        return None
    if type(skip_like) not in (int, float) or not 0 < skip_like <= 1:
        raise InvalidInput(f"skip_like {skip_like!r}: give a number above 0, up to 1")
    return Limit(measure, float(skip_like))

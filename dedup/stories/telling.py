"""A story's name in, the story out: its documents, who took from whom, what travelled, and where it leads."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from dedup.errors import InvalidInput, NoStories, UnknownStory
from dedup.model import Document
from dedup.search.lookup import Watch, unwatched
from dedup.stores.base import Snapshot, Store, Stored
from dedup.stores.membership import links_to, members_of
from dedup.stories.descent import Descent, descent
from dedup.stories.members import Reading, bucket, document_of, fetched, membership, read
from dedup.stories.story import Member, Story
from dedup.stories.travelled import travelled

MEMBERS = 1_000  # ADR 33: documents read at once
COMPARED = 100  # ADR 33: members held against each other
CHARACTERS = 1 << 19  # ADR 33: of these together, some 5,000 each where there are 100
PASSAGES = 50  # not measured: texts told, more than are read
LINKS = 256  # not measured: documents of other stories that are read for the links


def tell(store: Store, name: str, cursor: int = 0, watch: Watch = unwatched) -> Story:
    """Return a story.

    Args:
        store: the index.
        name: the story's name.
        cursor: the number of the first member to read: 0, or the `next` of the part before.
        watch: told of each member that is compared.

    Raises:
        NoStories: the index has none.
        UnknownStory: no document belongs to a story of that name, or none from `cursor` on.
        InvalidInput: the name or the cursor is none.
        StoreDamaged: a document of the story cannot be read.
    """
    require_stories(store)
    if not isinstance(name, str):
        raise InvalidInput(f"name {name!r}: give the name of a story, a string")
    if type(cursor) is not int or not 0 <= cursor < 1 << 32:
        raise InvalidInput(f"cursor {cursor!r}: give 0, or the `next` of the part before")
    with store.snapshot() as now:
        reading = read(now, name, cursor, MEMBERS)
        if not reading.stored:
            raise UnknownStory(_unknown(store, name, cursor))
        linked, more = see_also(now, name, reading.stored)
    documents = _worth_comparing(reading.stored)
    found = descent(documents, store.scheme, watch)
    texts = travelled(found.shared, documents, store.scheme.unit)
    left = len(documents) < reading.count or len(texts) > PASSAGES
    return Story(
        name,
        reading.count,
        tuple(_members(reading, documents, found)),
        len(documents),
        len(reading.stored) - len(reading.dates),
        tuple(texts[:PASSAGES]),
        linked,
        reading.next,
        truncated=left or more,
    )


def _unknown(store: Store, name: str, cursor: int) -> str:
    """Say why nothing was read of a story."""
    if cursor and read(store, name, 0, 1).stored:
        return f"the story {name!r} has no documents from cursor {cursor} on; that of the part before was its last"
    [stored] = store.get([name])
    if stored and (story := membership(stored).story):
        return f"{name!r} is a document of the story {story!r}; ask for that"
    return f"there is no story {name!r} in the index, or it has no document left; check the name"


def require_stories(store: Store) -> None:
    """Refuse an index without stories.

    Raises:
        NoStories: it has none.
    """
    if not store.scheme.stories:
        raise NoStories(
            "this index has no stories: make one that has, with `dedup index create --stories 0.5 --index NEW`, and "
            "copy the documents into it, with `dedup copy OLD NEW`"
        )


def _worth_comparing(stored: Sequence[Stored]) -> list[Document]:
    """Return the earliest, as many as the limits allow, but two at least."""
    documents = [document_of(one) for one in stored[:COMPARED]]
    sizes = accumulate(len(one.text) for one in documents)
    return [
        one for place, (one, size) in enumerate(zip(documents, sizes, strict=True)) if size <= CHARACTERS or place < 2
    ]


def _members(reading: Reading, compared: Sequence[Document], found: Descent) -> Iterable[Member]:
    sharing = {place for one in found.shared for place in (one.earlier, one.later)}
    for place, stored in enumerate(reading.stored):
        document, when = document_of(stored), reading.dates.get(stored.id)
        date = when.machine if when else None
        member = Member(stored.id, stored.number, date, len(document.text), dict(document.metadata))
        if place < len(compared):
            member = replace(member, compared=True, alone=place not in sharing)
        if taken := found.taken.get(place):
            parent = compared[taken.parent].id
            member = replace(member, parent=parent, matched_words=taken.matched_words, share=taken.share)
        yield member


def see_also(now: Snapshot, name: str, members: Iterable[Stored]) -> tuple[tuple[str, ...], bool]:
    """Return the stories that members link to and that link to this one, and whether more documents link to it.

    A story that has no document left is none.
    """
    postings = now.lookup(bucket(links_to(name)), LINKS)
    linking = [one for stored in fetched(now, postings.numbers) if name in (one := membership(stored)).see_also]
    ties = Counter(one.story for one in linking)
    ties.update(other for stored in members for other in membership(stored).see_also)
    del ties[name]
    names = sorted(ties, key=lambda other: (-ties[other], other))
    counts = now.lookup(bucket(*map(members_of, names)), 1).counts.tolist()
    there = tuple(other for other, count in zip(names, counts, strict=True) if count)
    return there, int(postings.counts[0]) > LINKS

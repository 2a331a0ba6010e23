"""Rounds of reading and their bounds, counted by hand; what a deeper look and the dead make of postings."""

from collections.abc import Iterator

import numpy as np
import pytest

from dedup.admission import admit
from dedup.model import Document
from dedup.search import reading
from dedup.search.filters import Filter
from dedup.search.reading import Reading, Wanted, crowded_out, deepen, read, without
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Postings, Store, Stored
from dedup.stores.codec import content, digest, encode

DOCUMENTS = 20
NONE = Filter({"n": "none"})
EVEN = Filter({"even": True})


def of(stored: Stored) -> list[Buckets]:
    """Return nothing: no document is replaced here."""
    return [np.empty(0, np.uint64)] * stored.chunks


def postings(*lists: list[int], counts: list[int] | None = None) -> Postings:
    """Return the postings of buckets that list these chunks."""
    sizes = [len(one) for one in lists]
    numbers = np.array([number for one in lists for number in one], np.uint32)
    return Postings(np.array(counts or sizes, np.uint32), np.cumsum([0, *sizes], dtype=np.int64), numbers, 77)


def spelled(found: Postings) -> tuple[list[int], list[list[int]], int]:
    """Return the counts, the lists and the number of documents."""
    lists = [found.numbers[a:b].tolist() for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
    return found.counts.tolist(), lists, found.documents


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Twenty documents d0 to d19 of one chunk: bucket 1 lists all, bucket 2 the first ten, bucket 3 the first five."""
    for name, value in (("ROUND", 4), ("MOST", 8), ("FETCHED", 16)):
        monkeypatch.setattr(reading, name, value)
    opened = open_store("memory:", create=True)
    entries = []
    for place in range(DOCUMENTS):
        whole = content(f"text {place:02}", admit(Document("a", "", {"even": place % 2 == 0})))
        buckets = [1, *([2] if place < 10 else []), *([3] if place < 5 else [])]
        entries.append(Entry(f"d{place}", digest(whole), encode(whole), (np.array(buckets, np.uint64),)))
    opened.put(entries, of)
    yield opened
    opened.close()


@pytest.fixture
def numbers(store: Store) -> list[int]:
    """The chunk numbers of d0 to d19."""
    by_id = {one.id: one.number for one in store.scan()}
    return [by_id[f"d{place}"] for place in range(DOCUMENTS)]


def done(store: Store, numbers: list[int], likely: int, wanted: Wanted) -> Reading:
    """Read from one snapshot."""
    with store.snapshot() as now:
        return read(now, np.array(numbers, np.uint32), likely, wanted)


@pytest.mark.parametrize(
    ("likely", "most", "documents", "left"),
    [
        (0, 0, 0, False),
        (0, 3, 4, False),
        (0, 4, 4, False),
        (0, 5, 8, False),
        (3, 1, 3, False),
        (4, 1, 4, False),
        (6, 1, 6, False),
        (3, 5, 7, False),
        (8, 1, 8, False),
        (9, 1, 8, True),
        (12, 9, 12, False),
        (20, 8, 8, True),
        (20, 50, 20, False),
    ],
)
def test_rounds_end_where_enough_is_read(
    store: Store, numbers: list[int], likely: int, most: int, documents: int, left: bool
) -> None:
    """Rounds of four: all that may match up to eight documents, or up to as many as are wanted; then what is left."""
    found = done(store, numbers, likely, Wanted(most, None, None))
    assert list(found.documents) == list(found.stored) == [f"d{place}" for place in range(documents)]
    assert found.left is left
    assert found.dead == []
    assert all(found.documents[f"d{place}"].text == f"text {place:02}" for place in range(documents))


@pytest.mark.parametrize(
    ("likely", "most", "fetched", "left"),
    [(20, 3, 16, True), (16, 3, 16, False), (0, 3, 16, False), (0, 9, 20, False), (2, 0, 2, False)],
)
def test_filter_that_refuses_all_is_asked_of_so_many(
    store: Store, numbers: list[int], likely: int, most: int, fetched: int, left: bool
) -> None:
    """A filter is asked of 16 chunks, or of twice as many as are wanted; what it refuses was seen, not read."""
    found = done(store, numbers, likely, Wanted(most, NONE, None))
    assert (len(found.stored), len(found.documents), found.left) == (fetched, 0, left)


def test_filter_chooses_among_what_is_fetched(store: Store, numbers: list[int]) -> None:
    """Of the first eight documents the four with an even number are wanted."""
    found = done(store, numbers, 0, Wanted(4, EVEN, None))
    assert list(found.documents) == ["d0", "d2", "d4", "d6"]
    assert len(found.stored) == 8


def test_own_document_repeats_and_the_dead_are_passed_over(store: Store, numbers: list[int]) -> None:
    """The document that asks is not read, one named twice is read once, and numbers of nobody are told as dead."""
    asked = [numbers[0], 4_000_000, numbers[1], numbers[0], numbers[2], 4_000_001]
    found = done(store, asked, len(asked), Wanted(1, None, "d1"))
    assert list(found.stored) == list(found.documents) == ["d0", "d2"]
    assert found.dead == [4_000_000, 4_000_001]


@pytest.mark.parametrize(("room", "documents"), [(0, 4), (1, 8)])
def test_payloads_held_are_bounded(
    store: Store, numbers: list[int], monkeypatch: pytest.MonkeyPatch, room: int, documents: int
) -> None:
    """When the payloads read fill the bytes there is no further round; a byte more, and there is."""
    size = sum(len(one.payload) for one in list(store.get([f"d{place}" for place in range(4)])) if one)
    monkeypatch.setattr(reading, "BYTES", size + room)
    found = done(store, numbers, 8, Wanted(20, None, None))
    assert len(found.documents) == documents


def test_deeper_look_replaces_what_was_cut_short(store: Store, numbers: list[int]) -> None:
    """Buckets cut short are read anew, to a depth, the rarest first within the bound; the others stay as they are."""
    buckets = np.array([1, 3, 2], np.uint64)
    with store.snapshot() as now:
        seen = now.lookup(buckets, 7)
        assert spelled(seen) == ([20, 5, 10], [numbers[:7], numbers[:5], numbers[:7]], 20)
        assert spelled(deepen(now, buckets, seen)) == ([20, 5, 10], [numbers, numbers[:5], numbers[:10]], 20)
        assert spelled(deepen(now, buckets, seen, depth=9))[1] == [numbers[:9], numbers[:5], numbers[:9]]
        only = np.array([True, True, False])
        assert spelled(deepen(now, buckets, seen, only))[1] == [numbers, numbers[:5], numbers[:7]]
        assert deepen(now, buckets, seen, np.zeros(3, bool)) is seen


@pytest.mark.parametrize(("bound", "lengths"), [(9, [7, 5, 7]), (10, [7, 5, 10]), (25, [7, 5, 10]), (26, [16, 5, 10])])
def test_deeper_look_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch, bound: int, lengths: list[int]) -> None:
    """The rarer bucket's 10 postings come first; the more frequent one's 16, of 20, only if they fit as well."""
    monkeypatch.setattr(reading, "DEEP", bound)
    buckets = np.array([1, 3, 2], np.uint64)
    with store.snapshot() as now:
        deep = deepen(now, buckets, now.lookup(buckets, 7), depth=16)
    assert np.diff(deep.offsets).tolist() == lengths


def test_postings_without_the_dead() -> None:
    """The dead go from each list and from its count, which may be more than is listed; documents stay as they were."""
    seen = postings([1, 2, 3], [], [2, 9], [4], counts=[10, 0, 2, 1])
    assert spelled(without(seen, [2, 4, 50])) == ([9, 0, 1, 0], [[1, 3], [], [9], []], 77)
    assert without(seen, []) is seen


def test_dead_crowd_out_only_where_a_list_was_cut() -> None:
    """A bucket is crowded if it was cut short and lists some of the dead."""
    seen, cut = postings([1, 2], [2], [3], [1, 2, 3]), np.array([True, False, True, True])
    assert crowded_out(seen, cut, [2, 7]).tolist() == [True, False, False, True]
    assert crowded_out(seen, cut, []).tolist() == [False] * 4

"""The stories of the newest documents: which, in what order, and what is told of each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stories.told import index_of, put

import dedup
from dedup.errors import InvalidInput, NoStories
from dedup.model import Document
from dedup.stores.membership import Membership
from dedup.stories import newest

TEXT = " ".join(f"word{n}" for n in range(40))


def of(story: str, name: str, date: str | None = None, text: str = TEXT) -> tuple[Document, Membership]:
    """Return a document of a story."""
    return Document(name, text, {"date": date} if date else {}), Membership(story)


def listed(found: dedup.Stories) -> list[tuple[str, int, int]]:
    """Return of each story its name, how many documents it has and how many of them were considered."""
    return [(one.name, one.count, one.new) for one in found.stories]


THREE = [of("a", "a"), of("b", "b1"), of("a", "a2"), of("b", "b2"), of("b", "b3"), of("c", "c"), of("a", "a3")]


def test_the_newest_are_those_whose_last_document_came_in_last() -> None:
    """Of three stories the one whose document came in last is first; of two wanted the third is left out."""
    with index_of(THREE) as index:
        assert listed(index.stories()) == [("a", 3, 3), ("c", 1, 1), ("b", 3, 3)]
        two = index.stories(limit=2)
        assert listed(two) == [("a", 3, 3), ("c", 1, 1)]
        assert (two.found, two.read) == (3, 7)


def test_the_largest_are_those_of_most_documents_considered() -> None:
    """Of equal ones the newer is first; what came in before the cursor does not count."""
    with index_of(THREE) as index:
        assert listed(index.stories(order="largest")) == [("a", 3, 3), ("b", 3, 3), ("c", 1, 1)]
        assert listed(index.stories(3, order="largest")) == [("b", 3, 2), ("a", 3, 1), ("c", 1, 1)]


def test_a_cursor_gives_what_has_come_in_since() -> None:
    """`next` of one list is where the following one begins: it has nothing until something comes in."""
    with index_of(THREE) as index:
        cursor = index.stories().next
        assert index.stories(cursor).stories == ()
        put(index._store, [of("c", "c2")])
        again = index.stories(cursor)
        assert (listed(again), again.found, again.read, again.truncated) == ([("c", 2, 1)], 1, 1, False)


def test_a_time_is_held_against_the_documents_dates() -> None:
    """Since a day, or since some days ago: documents without a date are not among them, whenever they came in."""
    today = datetime.now(UTC)
    days = [(today - timedelta(days=back)).date().isoformat() for back in (30, 3, 1)]
    told = [of("old", "o", days[0]), of("new", "n1", days[2]), of("new", "n2", days[1]), of("none", "x")]
    with index_of(told) as index:
        assert listed(index.stories("-7d")) == [("new", 2, 2)]
        assert listed(index.stories(days[2])) == [("new", 2, 1)]
        assert listed(index.stories(days[0])) == [("new", 2, 2), ("old", 1, 1)]
        assert index.stories("-7d").read == 2


def test_an_outline_names_the_first_document_and_both_ends_of_time() -> None:
    """The first is the earliest by date; its beginning is one line; first and last are dates of any member."""
    told = [of("a", "a", "2026-01-02"), of("a", "b", "2026-01-05"), of("a", "z", "1999", f"Once\n\nupon {TEXT}")]
    with index_of([*told, of("a", "undated")]) as index:
        (one,) = index.stories().stories
    assert (one.id, one.first, one.last, one.count) == ("z", "1999", "2026-01-05", 4)
    assert one.opening == f"Once upon {TEXT}"[:200]
    assert one.metadata == {"date": "1999"}


def test_a_large_story_is_outlined_by_its_first_and_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of six documents the first two and the newest two tell the dates; the count is true."""
    monkeypatch.setattr(newest, "OUTLINED", 2)
    days = [3, 4, 1, 9, 5, 6]
    with index_of([of("a", f"d{n}", f"2026-01-0{day}") for n, day in enumerate(days)]) as index:
        (one,) = index.stories().stories
    assert (one.count, one.first, one.last, one.id) == (6, "2026-01-03", "2026-01-06", "d0")


def test_it_reads_so_far_back_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of seven documents the newest three are considered; whoever asks for more is told that there may be more."""
    monkeypatch.setattr(newest, "NUMBERS", 3)
    with index_of(THREE) as index:
        largest = index.stories(order="largest")
        assert listed(largest) == [("a", 3, 1), ("c", 1, 1), ("b", 3, 1)]
        assert (largest.read, largest.truncated) == (3, True)
        assert not index.stories(4).truncated
        assert index.stories(2).truncated


def test_the_newest_are_read_no_further_than_need_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last two documents tell the two newest stories, nothing before them is read."""
    monkeypatch.setattr(newest, "BLOCK", 2)
    with index_of(THREE) as index:
        found = index.stories(limit=1)
    assert (listed(found), found.read, found.truncated) == ([("a", 3, 1)], 2, True)


def test_removed_and_replaced_documents_do_not_count_twice() -> None:
    """A story whose documents are gone is in no list; one that was replaced counts where it came in last."""
    with index_of(THREE) as index:
        put(index._store, [of("a", "a", text=f"other {TEXT}")])
        index.remove(["c"])
        assert listed(index.stories()) == [("a", 3, 3), ("b", 3, 3)]


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "yesterday or so"},
        {"since": "-7 parsecs"},
        {"since": -1},
        {"since": True},
        {"since": ""},
        {"limit": 0},
        {"limit": 201},
        {"limit": True},
        {"order": "best"},
    ],
)
def test_nonsense_is_refused(asked: dict[str, Any]) -> None:
    """What is no time, no number, no limit and no order is refused with the name of the field."""
    with index_of(THREE) as index, pytest.raises(InvalidInput, match=next(iter(asked))):
        index.stories(**asked)


def test_an_index_without_stories_says_so() -> None:
    """It lists none, and says how to make one that has."""
    with dedup.open("memory:") as index, pytest.raises(NoStories, match="index create --stories"):
        index.stories()


def test_an_empty_index_has_no_stories() -> None:
    """There is nothing to list, and the next list begins at 0."""
    with index_of([]) as index:
        assert index.stories() == dedup.Stories((), 0, 0, 0, truncated=False)

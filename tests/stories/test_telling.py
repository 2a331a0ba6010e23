"""A story as it is told: the order of its documents, who took from whom, what travelled, where it leads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories.told import index_of, put

import dedup
from dedup.errors import InvalidInput, NoStories, UnknownStory
from dedup.model import Document
from dedup.stores.membership import Membership
from dedup.stories import telling

WORDS = 30
PARTS = [[f"p{part}w{word}" for word in range(WORDS)] for part in range(6)]
"""Paragraphs of 30 words each, of which no two have a word in common."""
STORY = Membership("a")


def of(
    name: str, *parts: int, date: str | None = None, own: int = 0, story: Membership = STORY
) -> tuple[Document, Membership]:
    """Return a document of such paragraphs, a line each, and of so many words that no other has."""
    lines = [" ".join(PARTS[part]) for part in parts]
    lines += [" ".join(f"{name}own{word}" for word in range(own))] * bool(own)
    return Document(name, "\n".join(lines), {"date": date} if date else {}), story


def tree(story: dedup.Story) -> dict[str, tuple[str | None, int, float]]:
    """Return from whom each member took most, how many words, and their share."""
    return {one.id: (one.parent, one.matched_words, round(one.share, 3)) for one in story.members}


def test_who_took_from_whom() -> None:
    """A root; one that took all of it and added as much; one that took the addition; one that took nothing."""
    told = [
        of("a", 0, 1, date="2026-01-01"),
        of("b", 0, 1, 2, 3, date="2026-01-02"),
        of("c", 1, 2, 3, date="2026-01-03"),
        of("d", 4, date="2026-01-04"),
    ]
    with index_of(told) as index:
        story = index.story("a")
    assert tree(story) == {"a": (None, 0, 0), "b": ("a", 60, 0.5), "c": ("b", 90, 1), "d": (None, 0, 0)}
    assert (story.name, story.count, story.compared, story.undated, story.truncated) == ("a", 4, 4, 0, False)


def test_of_equal_documents_the_first_is_the_source() -> None:
    """Who shares as many words with several took them from the earliest."""
    with index_of([of(name, 0, date=f"2026-01-0{day}") for day, name in enumerate("abc", 1)]) as index:
        assert tree(index.story("a")) == {"a": (None, 0, 0), "b": ("a", 30, 1), "c": ("a", 30, 1)}


def test_a_short_wire_printed_very_often_has_a_tree_and_what_travelled() -> None:
    """Of 1,200 printings of 26 words, which the index takes for boilerplate, each took them from the first."""
    wire = " ".join(f"wire{word}" for word in range(26))
    told = [(Document(f"d{n:04}", f"{wire} own{n}", {"date": f"{2000 + n}"}), STORY) for n in range(1_200)]
    with index_of(told) as index:
        assert {one.kind for match in index.resemble(wire) for one in match.passages} == {"boilerplate"}
        story = index.story("a")
    assert {(one.parent, one.matched_words) for one in story.members[1 : story.compared]} == {("d0000", 26)}
    assert [(one.source, one.text, one.documents) for one in story.passages] == [("d0000", wire, story.compared)]


def test_a_document_that_came_in_late_with_an_earlier_date_is_first() -> None:
    """The order is that of the dates, whatever the order of arrival, and the name stays that of who began it."""
    with index_of([of("a", 0, date="2026-01-02"), of("b", 0, date="2026-01-03"), of("z", 0, date="1999")]) as index:
        story = index.story("a")
    assert [one.id for one in story.members] == ["z", "a", "b"]
    assert tree(story)["a"] == ("z", 30, 1)
    assert story.passages[0].source == "z"
    assert story.members[0].date == "1999"


def test_members_without_a_date_come_last_as_they_came_in() -> None:
    """Undated members stand behind the dated ones, and are counted."""
    told = [of("c", 0), of("a", 0, date="2026-01-02"), of("b", 0, date="no date"), of("d", 0, date="2026-01-01")]
    with index_of(told) as index:
        story = index.story("a")
    assert [one.id for one in story.members] == ["d", "a", "c", "b"]
    assert story.undated == 2


def test_passages_that_travelled_have_their_source_and_all_printings() -> None:
    """Two paragraphs that travel apart are two texts, each with its first printing and its places and lines."""
    told = [
        of("a", 0, date="2026-01-01", own=20),
        of("b", 1, date="2026-01-02", own=20),
        of("c", 1, 0, date="2026-01-03"),
        of("d", 1, date="2026-01-04", own=9),
    ]
    with index_of(told) as index:
        first, second = index.story("a").passages
    texts = {document.id: document.text for document, _ in told}
    assert (first.source, first.documents, second.source, second.documents) == ("b", 3, "a", 2)
    assert [one.id for one in first.printings] == ["b", "c", "d"]
    assert [one.id for one in second.printings] == ["a", "c"]
    for text, part in ((first, 1), (second, 0)):
        assert text.text == " ".join(PARTS[part])
        for one in text.printings:
            assert texts[one.id][one.span.start : one.span.end] == text.text
            assert (one.kind, one.similarity) == ("passage", 1)
    assert [one.span.line for one in first.printings] == [1, 1, 1]
    assert [(one.span.line, one.span.end_line) for one in second.printings] == [(1, 1), (2, 2)]


def test_a_story_keeps_its_name_when_the_document_that_began_it_is_gone() -> None:
    """The others stay, under the same name; when all are gone there is no such story."""
    with index_of([of("a", 0, date="2026-01-01"), of("b", 0, date="2026-01-02")]) as index:
        index.remove(["a"])
        story = index.story("a")
        assert (story.name, [one.id for one in story.members], story.count) == ("a", ["b"], 1)
        index.remove(["b"])
        with pytest.raises(UnknownStory, match="there is no story 'a'"):
            index.story("a")


def test_a_document_that_was_replaced_is_one_member() -> None:
    """The new text counts, and without a date it stands where it came in: last."""
    with index_of([of("a", 0), of("b", 0)]) as index:
        put(index._store, [of("a", 1, 0)])
        story = index.story("a")
    assert [(one.id, one.characters) for one in story.members] == [
        ("b", len(" ".join(PARTS[0]))),
        ("a", len(" ".join(PARTS[1])) + 1 + len(" ".join(PARTS[0]))),
    ]
    assert tree(story)["a"] == ("b", 30, 0.5)


def test_links_lead_both_ways_and_to_nothing_that_is_gone() -> None:
    """A story leads to those that its members resemble as much, and back; a story that is gone is none."""
    told = [
        of("a", 0),
        of("b", 0, 1, story=Membership("a", ("m", "gone"))),
        of("c", 0, 1, story=Membership("a", ("m",))),
        of("d", 0, 2, story=Membership("a", ("k",))),
        of("m", 1, story=Membership("m")),
        of("k", 2, story=Membership("k")),
    ]
    with index_of(told) as index:
        assert index.story("a").see_also == ("m", "k")
        assert index.story("m").see_also == ("a",)
        index.remove(["d"])
        assert index.story("k").see_also == ()


def test_links_beyond_the_limit_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three documents that link to a story two are read, and the story says that something is left."""
    monkeypatch.setattr(telling, "LINKS", 2)
    told = [of("a", 0), *(of(name, 0, 1, story=Membership(name, ("a",))) for name in "bcd")]
    with index_of(told) as index:
        story = index.story("a")
    assert (story.see_also, story.truncated) == (("b", "c"), True)


def test_members_beyond_those_compared_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five members the three earliest are compared; the others are there, and say that they were not."""
    monkeypatch.setattr(telling, "COMPARED", 3)
    with index_of([of(name, 0, date=f"2026-01-0{9 - day}") for day, name in enumerate("abcde")]) as index:
        story = index.story("a")
    assert [(one.id, one.compared, one.parent) for one in story.members] == [
        ("e", True, None),
        ("d", True, "e"),
        ("c", True, "e"),
        ("b", False, None),
        ("a", False, None),
    ]
    assert (story.compared, story.count, story.truncated, story.next) == (3, 5, True, None)


def test_long_members_are_compared_as_far_as_their_letters_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two earliest are compared however long they are; a third only if all are no longer than the limit."""
    monkeypatch.setattr(telling, "CHARACTERS", 10)
    with index_of([of(name, 0) for name in "abc"]) as index:
        assert index.story("a").compared == 2


def test_a_large_story_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of seven members three are read at once, as they came in; each leads to the next and says that there are more."""
    monkeypatch.setattr(telling, "MEMBERS", 3)
    parts, cursor = list[tuple[list[str], int, bool]](), 0
    with index_of([of(name, 0, date=f"2026-01-0{9 - day}") for day, name in enumerate("abcdefg")]) as index:
        while True:
            story = index.story("a", cursor)
            parts.append(([one.id for one in story.members], story.count, story.truncated))
            if story.next is None:
                break
            cursor = story.next
        with pytest.raises(UnknownStory, match="the story 'a' has no documents from cursor 106 on"):
            index.story("a", cursor + 100)
    assert parts == [(["c", "b", "a"], 7, True), (["f", "e", "d"], 7, True), (["g"], 7, True)]


def test_texts_beyond_the_limit_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two texts that travelled one is told, and the story says that something is left."""
    monkeypatch.setattr(telling, "PASSAGES", 1)
    with index_of([of("a", 0, own=20), of("b", 1, own=20), of("c", 1, 2, 0)]) as index:
        story = index.story("a")
    assert (len(story.passages), story.truncated) == (1, True)


def test_an_index_without_stories_says_so() -> None:
    """It has none, and says how to make one that has."""
    with dedup.open("memory:") as index, pytest.raises(NoStories, match="index create --stories"):
        index.story("a")


@pytest.mark.parametrize("cursor", [-1, "1", True, 1 << 32])
def test_a_cursor_that_was_never_given_is_refused(cursor: int) -> None:
    """What is no number of a document is refused."""
    with index_of([of("a", 0)]) as index, pytest.raises(InvalidInput, match="cursor"):
        index.story("a", cursor)


Told = list[tuple[frozenset[int], int | None]]


@given(st.lists(st.tuples(st.frozensets(st.integers(0, 5), min_size=1), st.none() | st.integers(1, 9)), min_size=1))
@settings(max_examples=60)
def test_order_and_tree_are_those_of_the_naive_model(told: Told) -> None:
    """Members sort by date, undated last, then by arrival; each took most from the first that has most in common."""
    names = [f"d{place}" for place in range(len(told))]
    documents = [
        of(name, *sorted(parts), date=f"2026-01-0{day}" if day else None)
        for name, (parts, day) in zip(names, told, strict=True)
    ]
    order = sorted(range(len(told)), key=lambda i: (told[i][1] is None, told[i][1] or 0, i))
    wanted = dict[str, tuple[str | None, int]]()
    for at, later in enumerate(order):
        common = [(WORDS * len(told[later][0] & told[one][0]), one) for one in order[:at]]
        words, parent = max(common, key=lambda pair: pair[0], default=(0, 0))
        wanted[names[later]] = (names[parent] if words else None, words)
    with index_of(documents) as index:
        story = index.story("a")
    assert [one.id for one in story.members] == [names[i] for i in order]
    assert {one.id: (one.parent, one.matched_words) for one in story.members} == wanted

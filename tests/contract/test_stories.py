"""Stories are read alike from every kind of store."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import url_of
from model_store import ModelStore
from servers.fixtures import ON_SERVERS
from stories.told import SCHEME, put

from dedup.engine import Index, open_index
from dedup.errors import InvalidInput, UnknownStory
from dedup.model import Document
from dedup.scheme import Scheme
from dedup.stores import open_store
from dedup.stores.membership import Membership

WORDS = [" ".join(f"s{story}w{word}" for word in range(30)) for story in range(5)]


def documents() -> Iterator[tuple[Document, Membership]]:
    """Yield 40 documents of five stories, which come in by turns; of a story the later ones hold more."""
    for number in range(40):
        story = number % 5
        text = f"{WORDS[story]} {' '.join(f'd{number}n{word}' for word in range(number))}"
        membership = Membership(f"d{story}", ("d0",) if number in (21, 22) else ())
        yield Document(f"d{number}", text, {"date": f"2026-02-{28 - number // 2:02}"}), membership


@pytest.mark.parametrize("kind", ["model", "memory", "lmdb", *ON_SERVERS])
def test_stories_are_read_alike(kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> None:
    """A story, its parts and the list of stories are what a model of them says, also after a removal."""
    url = "" if kind == "model" else url_of(kind, request, tmp_path / "index", namespace)
    store = open_store(url, SCHEME, create=True) if url else ModelStore(SCHEME)
    with Index(store) as index:
        put(store, documents())
        story = index.story("d1")
        assert [one.id for one in story.members] == [f"d{number}" for number in range(36, 0, -5)]
        assert [one.parent for one in story.members] == [None, *["d36"] * 7]
        assert {one.matched_words for one in story.members[1:]} == {30}
        assert [(text.source, text.documents) for text in story.passages] == [("d36", 8)]
        assert (story.see_also, story.next, story.truncated) == (("d0",), None, False)
        assert index.story("d0").see_also == ("d1", "d2")
        assert index.story("d1", story.members[0].number).count == 8
        index.remove(["d36", "d39"])
        listed = index.stories()
        assert [(one.name, one.count, one.id) for one in listed.stories] == [
            ("d3", 8, "d38"),
            ("d2", 8, "d37"),
            ("d0", 8, "d35"),
            ("d4", 7, "d34"),
            ("d1", 7, "d31"),
        ]
        assert (listed.found, listed.read, listed.truncated) == (5, 38, False)
        assert index.stories(listed.next).stories == ()
        put(store, [(Document("new", WORDS[4], {}), Membership("d4"))])
        assert [(one.name, one.new, one.count) for one in index.stories(listed.next).stories] == [("d4", 1, 8)]


def test_the_expired_do_not_hide_the_members_that_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a story begins with the first members that live, however many expired ones wait for a sweep."""
    monkeypatch.setattr("dedup.stories.telling.MEMBERS", 5)
    text = " ".join(f"word{place}" for place in range(40))
    with open_index("memory:", Scheme(stories=0.5)) as index:
        index.put([Document(f"old{place}", text) for place in range(8)], ttl=1)
        index.put([Document(f"new{place}", text) for place in range(7)])
        time.sleep(2.1)
        part = index.story("old0")
        assert [one.id for one in part.members] == [f"new{place}" for place in range(5)]
        assert part.next is not None
        assert [one.id for one in index.story("old0", part.next).members] == ["new5", "new6"]


@pytest.mark.parametrize(("name", "error"), [("\ud800", UnknownStory), (5, InvalidInput), (None, InvalidInput)])
def test_what_can_be_no_name_is_refused(name: Any, error: type[Exception]) -> None:
    """A lone surrogate names no story; what is no string is no name."""
    with open_index("memory:", Scheme(stories=0.5)) as index, pytest.raises(error):
        index.story(name)

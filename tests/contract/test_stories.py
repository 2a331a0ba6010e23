"""Stories are read alike from every kind of store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.conftest import url_of
from model_store import ModelStore
from servers.fixtures import ON_SERVERS
from stories.told import SCHEME, put

from dedup.engine import Index
from dedup.model import Document
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

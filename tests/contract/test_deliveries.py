"""How far hits were delivered, who delivers, and the newest hits, on every kind of store."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.conftest import type_of_url, url_of
from servers.fixtures import ON_SERVERS
from servers.service import prose
from waiting import until

import dedup
from dedup.engine import Index
from dedup.stores.base import Entry
from dedup.watches import hits
from dedup.watches.deliveries import Deliveries

STORY = prose(30, "story")


@pytest.fixture(params=[*type_of_url, *ON_SERVERS])
def index(request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> Iterator[Index]:
    """An empty index of each kind."""
    with dedup.open(url_of(request.param, request, tmp_path / "index", namespace)) as opened:
        yield opened


def deliveries(index: Index) -> Deliveries:
    """Return what is known of deliveries, once there is a watch."""
    index.watch("a", STORY)
    assert index.deliveries
    return index.deliveries


def test_nothing_is_known_before_there_is_a_watch(index: Index) -> None:
    """Without a watch there is nothing to deliver, and nothing is written."""
    assert index.deliveries is None


def test_what_was_delivered_is_noted_for_each_watch(index: Index) -> None:
    """The last hit noted is the cursor to go on from, of each watch alone; it is forgotten with the watch."""
    known = deliveries(index)
    index.watch("a:b", STORY)
    index.put([dedup.Document(str(number), f"{STORY} {number}") for number in range(3)])
    assert (known.last("a"), known.last("nobody")) == ("", "")
    first, *rest = index.hits("a")
    known.note("a", first.id)
    assert list(index.hits("a", known.last("a"))) == rest
    assert len(index.hits("a:b", known.last("a:b"))) == 3
    known.note("a", rest[-1].id)
    assert not index.hits("a", known.last("a")).hits
    assert len(index.hits()) == 6  # the notes are no hits
    index.unwatch("a")
    assert known.last("a") == ""


def test_a_note_that_cannot_be_read_delivers_all_again(index: Index) -> None:
    """Rather twice than never: damage to what is noted begins with the first hit, and the next note mends it."""
    known = deliveries(index)
    known.note("a", "0000000007:a")
    store, postings_of = index._beside()["hits"]
    (stored,) = store.get(["delivered:a"])
    assert stored
    postings = tuple(postings_of(stored))
    store.put([Entry(stored.id, b"damaged".ljust(16), stored.payload[:-3], postings)], lambda _: postings)
    assert known.last("a") == ""
    known.note("a", "0000000009:a")
    assert known.last("a") == "0000000009:a"


def test_one_holder_leads_until_its_time_is_over(index: Index) -> None:
    """Who leads leads on; another one does once the time is over."""
    known = deliveries(index)
    assert known.lead("one", 2)
    assert not known.lead("other", 2)
    time.sleep(1.2)
    assert known.lead("one", 2)
    time.sleep(1.2)
    assert not known.lead("other", 2)
    until(lambda: known.lead("other", 60), 5)
    assert not known.lead("one", 60)


def test_the_newest_hits_come_first(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last hits of a watch, the newest first, wherever among the documents they are; fewer if there are fewer."""
    monkeypatch.setattr(hits, "_SPAN", 2)
    index.watch("a", STORY)
    index.watch("a:b", prose(30, "other"))
    assert index.newest("a", 3) == []
    for number in range(9):
        index.put([dedup.Document(str(number), f"{STORY} {number}" if number % 4 == 0 else prose(9))])
        index.put([dedup.Document(f"{number}b", prose(30, "other"))])
    assert [hit.match.id for hit in index.newest("a", 2)] == ["8", "4"]
    assert [hit.match.id for hit in index.newest("a", 9)] == ["8", "4", "0"]
    assert [hit.match.id for hit in index.newest("a:b", 1)] == ["8b"]
    assert index.newest("nobody") == []

"""Watches over HTTP: put, read, listed, removed; their hits by the page."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import pytest
from servers.service import Serving, Start, code, prose

import dedup

STORY = prose(60, "story")
SECRET = "whsec_" + "A" * 44  # what a secret looks like


def put(service: Serving, name: str, **fields: Any) -> dict[str, Any]:
    """Put a watch; return it."""
    response = service.http.put(f"/v1/watches/{quote(name, safe='')}", json=fields)
    assert response.is_success, response.text
    watch: dict[str, Any] = response.json()
    return watch


def hits(service: Serving, name: str) -> list[str]:
    """Return the ids of the documents that are hits of a watch."""
    page = service.http.get(f"/v1/watches/{quote(name, safe='')}/hits").json()
    return [one["match"]["id"] for one in page["hits"]]


def test_a_watch_is_put_replaced_read_and_removed(start: Start) -> None:
    """A new name is 201, a known one 200; it is read as it was put, until it is removed, and its hits with it."""
    with start() as service:
        first = service.http.put("/v1/watches/a", json={"text": STORY, "min_words": 9, "filter": {"source": "wire"}})
        assert (first.status_code, first.json()["min_words"]) == (201, 9)
        watch = dedup.Watch("a", STORY, min_words=9, filter={"source": "wire"})
        assert service.http.get("/v1/watches/a").json() == asdict(watch)
        assert service.http.put("/v1/watches/a", json={"text": STORY}).status_code == 200
        service.put("x", STORY)
        assert hits(service, "a") == ["x"]
        assert service.http.delete("/v1/watches/a").status_code == 204
        assert code(service.http.delete("/v1/watches/a")) == "unknown_watch"
        assert code(service.http.get("/v1/watches/a")) == "unknown_watch"
        assert code(service.http.get("/v1/watches/a/hits")) == "unknown_watch"
        assert service.http.get("/v1/watches/hits").json()["hits"] == []


def test_what_comes_in_is_a_hit_as_a_look_up_finds_it(start: Start) -> None:
    """A document that comes in after the watch is a hit, with the match that a look-up of the watch's text gives."""
    with start() as service:
        service.put("before", STORY)
        put(service, "a", text=STORY, min_words=20)
        service.put("after", f"{prose(30)} {STORY} {prose(30)}", source="wire")
        service.put("other", prose(60))
        (hit,) = service.http.get("/v1/watches/a/hits").json()["hits"]
        answer = service.http.post("/v1/resemble", json={"text": STORY, "min_words": 20}).json()
        match = next(one for one in answer["matches"] if one["id"] == "after")
        assert (hit["watch"], hit["match"]["id"], hit["match"]["metadata"]) == ("a", "after", {"source": "wire"})
        for figure in ("jaccard", "containment"):
            assert hit["match"][figure] == match[figure]


def test_a_watch_on_a_document_takes_its_text(start: Start) -> None:
    """A watch on an id has the text that the document had then, and compares `same` with its metadata."""
    with start() as service:
        service.put("wire-1", STORY, source="wire")
        watch = put(service, "a", id="wire-1", filter={"source": {"same": False}})
        assert (watch["text"], watch["id"]) == (STORY, "wire-1")
        service.put("own", STORY + " again", source="wire")
        service.put("foreign", STORY + " again", source="paper")
        assert hits(service, "a") == ["foreign"]


def test_hits_are_read_by_the_page(start: Start) -> None:
    """Pages of one watch's and of all hits, each behind the cursor before, hold every hit once, in order."""
    other = prose(60, "other")
    with start() as service:
        put(service, "a", text=STORY)
        put(service, "b", text=other)
        for number in range(10):
            service.put(f"{number}", f"{STORY if number % 2 else other} {prose(9)}")
        for path, expected in (("hits", "0123456789"), ("b/hits", "02468"), ("a/hits", "13579")):
            read, cursor = "", ""
            for _ in range(8):
                page = service.http.get(f"/v1/watches/{path}", params={"cursor": cursor, "limit": 3}).json()
                assert len(page["hits"]) <= 3
                read += "".join(one["match"]["id"] for one in page["hits"])
                cursor = page["next"]
            assert read == expected
        service.put("new", STORY)
        page = service.http.get("/v1/watches/a/hits", params={"cursor": cursor}).json()
        assert [one["match"]["id"] for one in page["hits"]] == ["new"]


@pytest.mark.parametrize("name", ["a/b", "hits", "a/hits", "ü 💩", "50%", "..", "a?b#c", "x" * 400, "\n"])
def test_a_name_may_be_anything(start: Start, name: str) -> None:
    """A name in a path is percent-encoded; a watch may be called as a path is, and each client finds it."""
    with start() as service, dedup.Client(service.url) as client:
        assert client.watch(name, STORY).name == name
        service.put("x", STORY)
        assert client.watched(name) == client.watches()[0]
        assert [hit.watch for hit in client.hits(name)] == [name]
        assert client.unwatch(name)
        assert not client.unwatch(name)


def test_watches_are_listed_by_the_page(start: Start) -> None:
    """Watches come in order of their names, so many at a time, fewer where their texts are long."""
    with start(document_bytes=10_000) as service:
        for number in range(7):
            put(service, f"w{number}", text=STORY)
        names, cursor = list[str](), ""
        while cursor is not None:
            page = service.http.get("/v1/watches", params={"limit": 3, "cursor": cursor}).json()
            names += [one["name"] for one in page["watches"]]
            cursor = page["next"]
        assert names == [f"w{number}" for number in range(7)]
        long = prose(900)
        for number in range(7):
            put(service, f"w{number}", text=long)
        assert len(service.http.get("/v1/watches").json()["watches"]) == 10_000 // len(long)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "invalid_input"),
        ({"text": STORY, "id": "x"}, "invalid_input"),
        ({"text": "too short"}, "short_text"),
        ({"id": "nobody"}, "unknown_id"),
        ({"text": STORY, "limit": 3}, "invalid_request"),
        ({"text": STORY, "min_words": 0}, "invalid_request"),
        ({"text": STORY, "filter": {"a": {"<": {}}}}, "invalid_input"),
        ({"text": STORY, "filter": {"a": list(range(1_001))}}, "too_many_conditions"),
        ({"text": STORY * 99}, "long_text"),
        ({"text": STORY, "webhook": "https://hooks.example.org/"}, "webhook_refused"),
        ({"text": STORY, "webhook": 3}, "invalid_request"),
    ],
)
def test_a_watch_that_cannot_be_is_refused(start: Start, fields: dict[str, Any], expected: str) -> None:
    """What is missing, unknown, too short, too long, or not allowed is refused with its code; nothing is put."""
    with start(document_bytes=5_000) as service:
        refusal = service.http.put("/v1/watches/a", json=fields)
        assert code(refusal) == expected
        assert STORY[:20] not in refusal.text
        assert service.http.get("/v1/watches").json() == {"watches": [], "next": None}


def test_a_webhook_may_go_where_the_operator_says(start: Start) -> None:
    """A URL on a host that the setting names is taken, another one is refused with what to do."""
    with start(webhook_hosts=["hooks.example.org"], webhook_secrets=[SECRET]) as service:
        url = "https://hooks.example.org/x"
        assert put(service, "a", text=STORY, webhook=url, webhook_text=True)["webhook"] == url
        refusal = service.http.put("/v1/watches/a", json={"text": STORY, "webhook": "http://169.254.169.254/"})
        assert (code(refusal), "webhook_hosts" in refusal.text) == ("webhook_refused", True)
        assert service.http.get("/v1/watches/a").json()["webhook"] == url

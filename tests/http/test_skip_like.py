"""Documents that are put over HTTP only if they are new."""

import json
from pathlib import Path
from typing import Any

import pytest
from servers.service import Serving, Start, code, prose

import dedup
from dedup.engine import open_index
from dedup.errors import InvalidInput
from dedup.model import Document
from dedup.scheme import Scheme

WIRE, NEWS = prose(60, "wire"), prose(60, "news")
HALF = " ".join(WIRE.split()[:33])  # 30 of 57 shingles: Jaccard .526, all of it in the wire story


def test_a_text_that_is_like_another_is_a_duplicate(service: Serving) -> None:
    """PUT with `skip_like` answers 200 and says of what, with exact figures; the text is not there, nor is a tag."""
    service.put("original", WIRE)
    answer = service.http.put("/v1/documents/part?skip_like=0.5", json={"text": HALF})
    assert (answer.status_code, answer.json()["status"]) == (200, "duplicate")
    assert answer.json()["duplicate_of"] == {
        "id": "original",
        "jaccard": pytest.approx(30 / 57),
        "containment": {"query_in_document": 1.0, "document_in_query": pytest.approx(30 / 57)},
    }
    assert "etag" not in answer.headers
    assert code(service.http.get("/v1/documents/part")) == "unknown_id"
    new = service.http.put("/v1/documents/part?skip_like=0.6", json={"text": HALF})
    assert (new.status_code, new.json().keys()) == (201, {"id", "status", "version"})
    alike = service.http.put("/v1/documents/third-part?skip_like=0.6&measure=containment", json={"text": HALF})
    assert alike.json()["status"] == "duplicate"


def test_each_line_is_held_against_those_before_it(service: Serving) -> None:
    """POST with `skip_like` tells each duplicate in its line, of the body too, and counts them in the summary."""
    lines = [{"id": name, "text": text} for name, text in (("s1", NEWS), ("s2", prose(40)), ("s3", NEWS + " End."))]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    answer = service.http.post(
        "/v1/documents?skip_like=0.8", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    first, second, third, last = map(json.loads, answer.content.splitlines())
    assert [one["status"] for one in (first, second, third)] == ["put", "put", "duplicate"]
    assert (third["line"], third["duplicate_of"]["id"]) == (3, "s1")
    assert last["summary"] == {
        "put": 2,
        "unchanged": 0,
        "replaced": 0,
        "rejected": 0,
        "duplicates": 1,
        "complete": True,
    }


@pytest.mark.parametrize("query", ["skip_like=0", "skip_like=1.1", "skip_like=nan", "skip_like=much", "measure=length"])
def test_a_limit_that_makes_no_sense_is_refused(service: Serving, query: str) -> None:
    """A share that is none, and an unknown measure, are refused with 422 in both ways to put."""
    one = service.http.put(f"/v1/documents/x?{query}", json={"text": WIRE})
    many = service.http.post(f"/v1/documents?{query}", content=b"{}", headers={"Content-Type": "application/x-ndjson"})
    assert [(answer.status_code, code(answer)) for answer in (one, many)] == [(422, "invalid_request")] * 2


def test_what_was_given_is_told_to_clients_as_to_the_library(start: Start, tmp_path: Path) -> None:
    """`put` with `skip_like` gives an equal report, places and figures too, from an index and from a client of it."""
    documents = [Document("a", WIRE), Document("b", prose(50, "b")), Document("c", HALF), Document("", "no id")]
    documents.append(Document("d", f"{prose(50, 'b')} {prose(3, 'd')}"))
    with start() as service, dedup.Client(service.url) as remote, dedup.open(f"lmdb:{tmp_path / 'own'}") as embedded:
        for index in (embedded, remote):
            index.put([Document("before", f"{WIRE} {prose(2, 'x')}")])
        reports: list[Any] = [index.put(documents, skip_like=0.5) for index in (embedded, remote)]
        assert reports[0] == reports[1]
        assert [(one.place, one.id, one.duplicate_of.id) for one in reports[1].duplicates] == [
            (0, "a", "before"),
            (2, "c", "before"),
            (4, "d", "b"),
        ]
        for index in (embedded, remote):
            with pytest.raises(InvalidInput, match="skip_like 2: give a number above 0, up to 1"):
                index.put([], skip_like=2)


def test_a_story_is_told(start: Start, tmp_path: Path) -> None:
    """In an index with stories PUT, GET, matches and statistics name the story, and how alike its members must be."""
    url = f"lmdb:{tmp_path / 'stories'}"
    open_index(url, Scheme(stories=0.5)).close()
    with start(index=url) as service:
        put = [
            service.http.put(f"/v1/documents/{name}", json={"text": text}) for name, text in (("a", WIRE), ("b", HALF))
        ]
        assert [one.json()["story"] for one in put] == ["a", "a"]
        assert service.http.get("/v1/documents/b").json()["story"] == "a"
        matches = service.http.post("/v1/resemble", json={"text": HALF}).json()["matches"]
        assert {one["id"]: one["story"] for one in matches} == {"a": "a", "b": "a"}
        assert service.http.get("/v1/stats").json()["scheme"]["stories"] == 0.5

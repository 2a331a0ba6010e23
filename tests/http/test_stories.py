"""Stories over HTTP: for programs, and as pages."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from servers.service import Serving, Start, code, prose, serving

import dedup
from dedup.engine import open_index
from dedup.model import Document
from dedup.scheme import Scheme

HTML = {"Accept": "text/html"}
HOSTILE = "<script>alert(1)</script>/..?#"
WIRE = prose(60, "wire")
DOCUMENTS = [
    Document(HOSTILE, WIRE, {"title": "<b>bold</b>", "source": HOSTILE, "date": "2026-03-01"}),
    Document("b", f"{prose(15, 'b')} {WIRE}", {"date": "2026-03-02"}),
    Document("c", f"{WIRE} {prose(9, 'c')}"),
    Document("alone", prose(50, "alone"), {"date": "2026-03-03"}),
]
STORY = f"/v1/stories/{quote(HOSTILE, safe='').replace('.', '%2E')}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A service whose index has two stories, one of three documents and one of a single one."""
    folder = tmp_path_factory.mktemp("stories")
    with dedup.open(f"lmdb:{folder / 'index'}", dedup.Scheme(stories=0.5)) as index:
        assert index.put(DOCUMENTS).put == len(DOCUMENTS)
    with serving(folder) as running:
        yield running


def test_a_story_is_told(told: Serving) -> None:
    """Members by date, whom each took most from, what travelled with its printings; whatever the name holds."""
    story = told.http.get(STORY).json()
    assert (story["name"], story["count"], story["compared"], story["undated"]) == (HOSTILE, 3, 3, 1)
    assert [(one["id"], one["date"], one["parent"], one["matched_words"]) for one in story["members"]] == [
        (HOSTILE, "2026-03-01", None, 0),
        ("b", "2026-03-02", HOSTILE, 60),
        ("c", None, HOSTILE, 60),
    ]
    assert story["members"][1]["share"] == pytest.approx(60 / 75)
    [text] = story["passages"]
    assert (text["source"], text["documents"], text["text"]) == (HOSTILE, 3, WIRE)
    start = len(DOCUMENTS[1].text) - len(WIRE)
    assert text["printings"][1]["span"] == {"start": start, "end": len(DOCUMENTS[1].text), "line": 1, "end_line": 1}
    assert (story["see_also"], story["next"], story["truncated"]) == ([], None, False)


def test_stories_are_listed_by_age_and_size(told: Serving) -> None:
    """The newest first or the largest, since a number or a date, at most so many."""
    newest = told.http.get("/v1/stories").json()
    assert [(one["name"], one["count"]) for one in newest["stories"]] == [("alone", 1), (HOSTILE, 3)]
    assert (newest["found"], newest["read"], newest["truncated"]) == (2, 4, False)
    largest = told.http.get("/v1/stories?order=largest&limit=1").json()
    assert [(one["id"], one["first"], one["last"], one["new"]) for one in largest["stories"]] == [
        (HOSTILE, "2026-03-01", "2026-03-02", 3)
    ]
    assert told.http.get(f"/v1/stories?since={newest['next']}").json()["stories"] == []
    dated = told.http.get("/v1/stories?since=2026-03-02").json()
    assert [(one["name"], one["new"]) for one in dated["stories"]] == [("alone", 1), (HOSTILE, 1)]


def test_a_look_up_folds_stories(told: Serving) -> None:
    """The best match of each story stays, by POST and in an address, with a count of the others."""
    folded = told.http.post("/v1/resemble", json={"text": WIRE, "fold": "story"}).json()
    assert folded["found"] == 3
    assert [(one["story"], one["folded"]) for one in folded["matches"]] == [(HOSTILE, 2)]
    known = told.http.get("/v1/documents/b/resembles?fold=story").json()
    assert [(one["story"], one["folded"]) for one in known["matches"]] == [(HOSTILE, 1)]


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/v1/stories/nobody", 404, "unknown_story"),
        ("/v1/stories/", 404, "unknown_story"),
        (f"{STORY}?cursor=4000", 404, "unknown_story"),
        (f"{STORY}?cursor=-1", 422, "invalid_request"),
        (f"{STORY}?cursor=99999999999", 422, "invalid_request"),
        (f"{STORY}?page=2", 422, "invalid_request"),
        ("/v1/stories?since=nonsense", 422, "invalid_input"),
        ("/v1/stories?since=-7", 422, "invalid_input"),
        ("/v1/stories?limit=0", 422, "invalid_request"),
        ("/v1/stories?limit=201", 422, "invalid_request"),
        ("/v1/stories?order=best", 422, "invalid_request"),
        ("/v1/documents/b/resembles?fold=source", 422, "invalid_request"),
    ],
)
def test_what_makes_no_sense_is_refused(told: Serving, path: str, status: int, expected: str) -> None:
    """Each refusal has its status and its code."""
    answer = told.http.get(path)
    assert (answer.status_code, code(answer)) == (status, expected)


def test_a_refusal_never_repeats_the_name(told: Serving) -> None:
    """What is said of a story that is not there does not hold its name."""
    assert "swordfish" not in told.http.get("/v1/stories/swordfish").text


@pytest.mark.parametrize("path", ["/v1/stories", "/v1/stories/a", "/stories", "/story?id=a"])
def test_an_index_without_stories_says_so(service: Serving, path: str) -> None:
    """The code says what is missing, to programs; people are told how to make an index with stories."""
    assert code(service.http.get(path)) == "no_stories"
    page = service.http.get(path, headers=HTML)
    assert page.status_code == 422
    assert "index create --stories" in page.text
    assert "stories" not in service.http.get("/", headers=HTML).text


def test_folding_is_refused_without_stories(service: Serving) -> None:
    """A look-up that is to fold stories is refused, and not answered as if there were none."""
    answer = service.http.post("/v1/resemble", json={"text": WIRE, "fold": "story"})
    assert (answer.status_code, code(answer)) == (422, "no_stories")


def test_the_page_of_a_story_shows_who_took_what(told: Serving) -> None:
    """It names the documents, the shares, the texts with their printings, and where they stand, all escaped."""
    page = told.http.get("/story?" + urlencode({"id": HOSTILE}), headers=HTML)
    assert page.status_code == 200
    assert "3 documents, dated 1 March 2026 to 2 March 2026, 1 without a date. Those without come last." in page.text
    assert "80 % of it is in <bdi>&lt;b&gt;bold&lt;/b&gt;</bdi>" in page.text
    assert "In 3 documents, first in" in page.text
    assert "3 printings" in page.text
    assert f"{WIRE[:30]}" in page.text
    assert "<script>alert" not in page.text
    assert "<b>bold" not in page.text
    assert page.text.count("<path ") == 2


def test_pages_lead_from_the_list_to_a_story_and_from_a_match(told: Serving) -> None:
    """The first page names the list, the list each story, a result the story of the document and of each match."""
    assert 'href="stories"' in told.http.get("/", headers=HTML).text
    shown = told.http.get("/stories?order=largest&single=1", headers=HTML).text
    assert "2 stories among 4 documents" in shown
    assert shown.index(f"story?{urlencode({'id': HOSTILE})}") < shown.index("story?id=alone")
    assert 'story <span class="id"><bdi>alone</bdi></span>: 1 document' in shown
    result = told.http.get("/matches?id=b", headers=HTML).text
    assert result.count("The story that this document belongs to") == 1
    assert result.count("Its story") == 2


@pytest.mark.parametrize("path", ["documents", "compare", "watches", "pair?id=b&with=c", "matches", "story?id=nobody"])
def test_every_page_leads_to_the_stories(told: Serving, path: str) -> None:
    """The navigation names them, on pages that refuse as well."""
    assert '<a href="stories">Stories</a>' in told.http.get(f"/{path}", headers=HTML).text


def test_stories_of_one_document_are_left_out_of_the_page(told: Serving) -> None:
    """The list says how many, and has a tick for them; a shorter list leads to the whole one."""
    shown = told.http.get("/stories", headers=HTML).text
    assert "1 story of 2 among 4 documents." in shown
    assert "1 story of one document is left out." in shown
    assert "story?id=alone" not in shown
    assert "more</a>" not in shown
    short = told.http.get("/stories?single=1&limit=1", headers=HTML).text
    assert 'href="stories?order=newest&amp;since=&amp;single=1&amp;limit=200">Show 1 more</a>' in short
    assert told.http.get("/stories?limit=201", headers=HTML).status_code == 422


def test_pages_refuse_what_makes_no_sense(told: Serving) -> None:
    """An unknown story, a date that is none and an order that does not exist are explained."""
    for path, status in (
        ("/story?id=nobody", 404),
        ("/stories?since=x", 422),
        ("/stories?order=x", 422),
        ("/story", 422),
    ):
        page = told.http.get(path, headers=HTML)
        assert (page.status_code, "That did not work" in page.text) == (status, True)


def test_the_form_folds_stories(told: Serving) -> None:
    """A tick in the form keeps the best of each story; the source says how many more there are, and the tick stays."""
    page = told.http.get("/matches?id=b&fold=story", headers=HTML).text
    assert page.count('class="source ') == 1
    assert "1 more document of it" in page
    assert 'name="fold" value="story" checked' in page
    assert 'name="fold"' in told.http.get("/", headers=HTML).text
    assert told.http.get("/matches?id=b&fold=other").status_code == 422


def test_the_form_offers_no_folding_without_stories(service: Serving) -> None:
    """An index without stories has nothing to fold."""
    assert 'name="fold"' not in service.http.get("/", headers=HTML).text


def test_a_name_in_a_path_is_decoded_once(start: Start, tmp_path: Path) -> None:
    """A name that looks percent-encoded is not another one; a line end is a part of it; a byte alone is none."""
    url = f"lmdb:{tmp_path / 'odd'}"
    open_index(url, Scheme(stories=0.5)).close()
    with start(index=url) as service:
        for name in ("%41", "A", "p%2Fq", "p/q", "a\nb"):
            service.put(quote(name, safe=""), prose(30, name))
            assert service.http.get(f"/v1/stories/{quote(name, safe='')}").json()["name"] == name
        assert code(service.http.get("/v1/stories/%FF")) == "invalid_id"
        assert code(service.http.get("/v1/stories/%2542")) == "unknown_story"

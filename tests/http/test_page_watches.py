"""Watches on the page: put by a form, listed with their newest hits, removed."""

import hashlib

import httpx2
import pytest
from servers.service import Serving, Start, prose

from service.settings import Key

STORY = prose(60, "story")
HTML = {"Accept": "text/html"}


def send(service: Serving, path: str, **fields: str) -> httpx2.Response:
    """Send a form."""
    return service.http.post(path, data=fields, headers=HTML)


def test_a_text_is_watched_by_a_form(start: Start) -> None:
    """The form puts a watch and leads to the list, which names it and, the newest first, what it was hit by."""
    with start() as service:
        answer = send(service, "/watches", name="mine", text=STORY)
        assert (answer.status_code, answer.headers["location"]) == (303, "watches")
        assert "No hits yet" in service.http.get("/watches").text
        for number in range(7):
            service.put(f"document-{number}", f"{STORY} {number}", title=f"Title {number}")
        page = service.http.get("/watches").text
        assert [page.find(f"Title {number}<") for number in (0, 1)] == [-1, -1]
        places = [page.index(f"Title {number}<") for number in (6, 5, 4, 3, 2)]
        assert places == sorted(places)
        assert send(service, "/unwatch", name="mine").status_code == 303
        assert "mine" not in service.http.get("/watches").text


def test_a_result_is_watched_with_its_filters(start: Start) -> None:
    """From a result a document or a text can be watched, with the limits and filters that were set."""
    with start() as service:
        service.put("known", STORY, source="wire")
        asked = {"id": "known", "min_words": "9", "other_source": "yes", "reworded": "no", "limit": "3"}
        form = send(service, "/watching", **asked).text
        for name, value in asked.items():
            assert f'name="{name}" value="{value}"' in form
        assert send(service, "/watches", name="mine", **asked).status_code == 303
        watch = service.app.state.service.index.watched("mine")
        assert (watch.id, watch.min_words, watch.reworded) == ("known", 9, False)
        assert watch.filter == {"source": {"same": False}}
        assert STORY in send(service, "/watching", text=STORY).text


def test_what_cannot_be_watched_is_explained(start: Start) -> None:
    """No name, a short text, nothing at all, or an unknown document is refused with what to do, in HTML."""
    with start() as service:
        for fields in ({"text": STORY}, {"name": "a", "text": "too short"}, {"name": "a"}, {"name": "a", "id": "no"}):
            answer = send(service, "/watches", **fields)
            assert answer.status_code in {404, 422}
            assert "That did not work" in answer.text
        assert service.app.state.service.index.watches() == []


def test_names_and_texts_are_escaped(start: Start) -> None:
    """Whatever name, text and document hold, none of it is markup."""
    evil = "<script>alert(1)</script>\"'&"
    with start() as service:
        send(service, "/watches", name=evil, text=f"{STORY} {evil}")
        service.app.state.service.index.watch("by id", id=None, text=evil + STORY)
        service.put(evil, f"{STORY} {evil}", title=evil, source=evil)
        for page in (service.http.get("/watches").text, send(service, "/watching", text=evil + STORY).text):
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)" in page


def test_another_site_cannot_watch(start: Start) -> None:
    """A form that a page of another site sends changes nothing: the browser adds the reader's key."""
    with start() as service:
        for path, fields in (("/watches", {"name": "a", "text": STORY}), ("/unwatch", {"name": "a"})):
            headers = {"Sec-Fetch-Site": "cross-site"}
            answer = service.http.post(path, data=fields, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "other_site")


@pytest.mark.parametrize(("scopes", "allowed"), [(["read"], False), (["read", "write"], True)])
def test_a_key_that_only_reads_puts_no_watch(start: Start, scopes: list[str], *, allowed: bool) -> None:
    """Putting and removing watches needs the scope to write, as in the API."""
    digest = hashlib.sha256(b"secret").hexdigest()
    key = Key.model_validate({"name": "k", "sha256": digest, "scopes": scopes})
    with start(keys=(key,)) as service:
        service.http.auth = ("", "secret")
        assert send(service, "/watching", text=STORY).status_code == 200
        assert service.http.get("/watches").status_code == 200
        for path, fields in (("/watches", {"name": "a", "text": STORY}), ("/unwatch", {"name": "a"})):
            assert send(service, path, **fields).status_code == (303 if allowed else 403)


def test_many_watches_are_listed_by_the_page(start: Start) -> None:
    """Fifty a page, and a link to the next ones."""
    with start() as service:
        for number in range(51):
            service.app.state.service.index.watch(f"watch-{number:02}", STORY)
        first = service.http.get("/watches").text
        assert ("watch-49" in first, "watch-50" in first) == (True, False)
        assert 'href="watches?cursor=watch-49"' in first
        assert "watch-50" in service.http.get("/watches?cursor=watch-49").text

"""Results that are saved: in an index of their own, by ids that nobody guesses, until their time is over."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from servers.fixtures import url_on
from servers.server import Server
from servers.service import Serving, Start, answering, code, prose
from typer.testing import CliRunner

import dedup
from dedup.cli.app import app
from service.saved import Saved
from service.settings import Key, Settings

HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UNKNOWN = {"id": "0" * 32}
PASSAGE = prose(60, "saved")
BUTTON = "Save this result"


def fill(service: Serving) -> None:
    """Put two documents that share a passage, of two sources."""
    for number, source in enumerate(("Reuters", "Wire")):
        service.put(f"saved-{number}", f"{prose(50, f'before {number}')} {PASSAGE}", source=source)


@pytest.fixture
def saving(start: Start, tmp_path: Path) -> Iterator[Serving]:
    """A service that saves."""
    with start(saved_index=f"lmdb:{tmp_path / 'saved'}") as service:
        fill(service)
        yield service


def asked(service: Serving, path: str, **sent: object) -> httpx2.Response:
    """Send the page's form."""
    body = urlencode(sent, doseq=True)
    return service.http.post(path, content=body, headers=HTML | FORM)


def saved(service: Serving, **sent: object) -> str:
    """Save what a form asks; return the path that it leads to."""
    answer = asked(service, "/saved", **sent)
    assert answer.status_code == 303, answer.text
    assert re.fullmatch(r"saved\?id=[0-9a-f]{32}", answer.headers["location"])
    return "/" + str(answer.headers["location"])


def result(page: str) -> str:
    """Return what a page shows from its figure on: the text with its sources, or two texts."""
    return page[page.index('<section class="whole"' if '<section class="whole"' in page else "figures") :]


def visit(service: Serving, path: str) -> str:
    """Return a page that is there."""
    page = service.http.get(path, headers=HTML)
    assert page.status_code == 200, page.text
    return page.text


def test_nothing_is_saved_unless_it_is_set(service: Serving) -> None:
    """Without the setting no page offers it, and the address is not there."""
    assert BUTTON not in asked(service, "/matches", text=PASSAGE).text
    assert BUTTON not in asked(service, "/compare", a=PASSAGE, b=PASSAGE).text
    sent = service.http.post("/saved", content=urlencode({"text": PASSAGE}), headers=FORM)
    assert (sent.status_code, code(sent)) == (404, "not_found")
    assert code(service.http.get("/saved", params=UNKNOWN)) == "not_found"


@pytest.mark.parametrize("kind", ["lmdb", "memory", "redis", "valkey", "redis-cluster"])
def test_a_saved_result_is_shown_again(
    start: Start, tmp_path: Path, namespace: str, kind: str, request: pytest.FixtureRequest
) -> None:
    """Text, filters, limits and what is counted come back from every store; no look-up of the index finds them."""
    url = {"lmdb": f"lmdb:{tmp_path / 'saved'}", "memory": "memory:"}.get(kind)
    with start(saved_index=url or f"{url_on(kind, request)}?namespace={namespace}") as service:
        fill(service)
        own = {"text": f"{PASSAGE}\n\né\0 & = % В начале {prose(40)}", "source": "Wire", "kind": ["", "copied"]}
        posted = asked(service, "/matches", **own).text
        page = visit(service, path := saved(service, **own))
        assert result(page) == result(posted)
        assert "1 document" in page
        assert 'name="source" value="Wire"' in page
        assert BUTTON in posted
        assert BUTTON not in page
        assert re.search(r"Saved until <time datetime=\"[-\d]{10}T[:\d]{8}Z\">", page)
        assert visit(service, saved(service, text=PASSAGE, off="saved-1")).count("data-share>100 %") == 1
        assert visit(service, path) == page
        assert service.http.get("/v1/stats").json()["documents"] == 2
        assert service.http.get("/v1/documents").json()["found"] == 2


def test_a_saved_result_is_looked_up_anew(saving: Serving) -> None:
    """A document that came later is in it."""
    path = saved(saving, text=PASSAGE)
    assert "2 documents" in visit(saving, path)
    saving.put("saved-later", PASSAGE)
    assert "3 documents" in visit(saving, path)


def test_two_compared_texts_are_saved(saving: Serving) -> None:
    """Both stand side by side again; where one is missing nothing is saved."""
    texts = {"a": f"{PASSAGE} {prose(20)}", "b": f"{prose(30)} {PASSAGE}"}
    posted = asked(saving, "/compare", **texts).text
    assert BUTTON in posted
    page = visit(saving, saved(saving, **texts))
    assert page.count("<mark") == posted.count("<mark") >= 2
    assert "Saved until" in page
    assert BUTTON not in page
    assert asked(saving, "/saved", a=PASSAGE).status_code == 422


def test_only_what_was_pasted_is_offered_to_be_saved(saving: Serving) -> None:
    """A document has an address by its id; a text has a button, be it too long for an address or not."""
    assert BUTTON not in saving.http.get("/matches?id=saved-0", headers=HTML).text
    assert BUTTON not in asked(saving, "/pair", text=PASSAGE, **{"with": "saved-0"}).text
    page = asked(saving, "/matches", text=prose(10_000)).text
    assert BUTTON in page
    assert "a saved result or the report can be kept" in page


def test_a_megabyte_is_saved(saving: Serving) -> None:
    """A text of 1 MB, and two, come back whole, in any script."""
    texts = [f"{PASSAGE} {prose(160_000, 'long')}"[: 1 << 20], f"{PASSAGE} " + "В начале сотворил Бог небо. " * 20_000]
    for text in texts:
        page = visit(saving, saved(saving, text=text))
        assert f'name="text" value="{text}"' in page
    page = visit(saving, saved(saving, a=texts[0], b=texts[0][::2]))
    assert "The second text" in page


@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_a_saved_result_is_gone_when_its_time_is_over(
    start: Start, tmp_path: Path, namespace: str, kind: str, request: pytest.FixtureRequest
) -> None:
    """Expired, it is answered as an id that never was: by 404, in words, without a trace."""
    url = f"lmdb:{tmp_path / 'saved'}" if kind == "lmdb" else f"{url_on(kind, request)}?namespace={namespace}"
    with start(saved_index=url, saved_ttl="2s") as service:
        path = saved(service, text=PASSAGE)
        assert "Saved until" in visit(service, path)
        time.sleep(3.1)  # an end of a time is rounded up to a whole second
        expired, never = (service.http.get(one, headers=HTML) for one in (path, "/saved?id=" + UNKNOWN["id"]))
        assert expired.status_code == never.status_code == 404
        assert expired.text == never.text
        assert "No result is saved at this address" in expired.text
        assert code(service.http.get(path)) == "unknown_id"


def test_what_has_expired_is_deleted() -> None:
    """A save deletes what has expired, at most once an hour."""
    with dedup.open("memory:") as index:
        fields = [("text", PASSAGE), ("off", "a"), ("off", "b")]
        short, long = Saved(index, 1), Saved(index, 600)
        short.save(fields)
        kept = long.save(fields)
        time.sleep(2.1)
        long.save(fields)
        assert index.stats().documents == 3  # it has swept a moment ago
        Saved(index, 600).save(fields)
        assert index.stats().documents == 3
        found = long.get(kept)
        assert found is not None
        assert found[0] == fields


@pytest.mark.parametrize("sent", ["", "x" * 600, "%FF", "..%2F..", "%00", "a%20document"])
def test_an_id_that_was_never_given_leads_nowhere(saving: Serving, tmp_path: Path, sent: str) -> None:
    """Whatever is asked for, it is 404; a document that somebody else put into that index is none of the results."""
    with dedup.open(f"lmdb:{tmp_path / 'saved'}") as index:
        index.put([dedup.Document("a document", "not a saved result")])
    answer = saving.http.get(f"/saved?id={sent}")
    assert (answer.status_code, code(answer)) == (404, "unknown_id")


def test_ids_are_not_guessed_from_others(saving: Serving) -> None:
    """The same text saved again has another id of 128 random bits."""
    ids = {saved(saving, text=PASSAGE) for _ in range(50)}
    assert len(ids) == 50
    bits = [int(path.rpartition("=")[2], 16) for path in ids]
    assert all(5 < sum(one >> bit & 1 for one in bits) < 45 for bit in range(128))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "HERE"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "HERE"}, 303),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_another_site_cannot_save(saving: Serving, headers: dict[str, str], status: int) -> None:
    """A form that a page of another site sends is refused, by what the browser says of it."""
    told = {name: saving.url if value == "HERE" else value for name, value in headers.items()}
    answer = saving.http.post("/saved", content=urlencode({"text": PASSAGE}), headers=FORM | told)
    assert answer.status_code == status
    assert status == 303 or code(answer) == "other_site"


def test_what_cannot_be_asked_is_not_saved(start: Start, tmp_path: Path) -> None:
    """Limits of a body and a text hold, a filter that makes no sense is refused; nothing is written."""
    url = f"lmdb:{tmp_path / 'saved'}"
    with start(saved_index=url, document_bytes=2_000, body_bytes=9_000) as service:
        for sent, expected in (
            ({}, "invalid_request"),
            ({"text": " "}, "invalid_input"),
            ({"text": PASSAGE, "limit": "many"}, "invalid_input"),
            ({"text": PASSAGE, "from": "yesterday"}, "invalid_input"),
            ({"a": PASSAGE, "b": " "}, "invalid_input"),
            ({"text": "word " * 401}, "long_text"),
            ({"text": "word " * 2_000}, "body_too_large"),
        ):
            assert code(service.http.post("/saved", content=urlencode(sent), headers=FORM)) == expected, expected
        assert code(service.http.post("/saved", json={"text": PASSAGE})) == "unsupported_media_type"
    with dedup.open(url) as index:
        assert index.stats().documents == 0


def test_saving_needs_the_key_of_a_reader(start: Start, tmp_path: Path) -> None:
    """With keys set nobody saves or sees a saved result without one; a reader may do both."""
    digest = hashlib.sha256(b"secret of a reader").hexdigest()
    with start(saved_index=f"lmdb:{tmp_path / 'saved'}", keys=(Key(name="reader", sha256=digest),)) as service:
        sent = urlencode({"text": PASSAGE})
        assert service.http.post("/saved", content=sent, headers=FORM).status_code == 401
        own = {"Authorization": "Bearer secret of a reader"}
        answer = service.http.post("/saved", content=sent, headers=FORM | own)
        assert answer.status_code == 303
        path = "/" + answer.headers["location"]
        assert service.http.get(path, headers=HTML).status_code == 401
        assert service.http.get(path, headers=HTML | own).status_code == 200


def test_a_service_that_only_reads_its_index_saves(start: Start, own_server: Server) -> None:
    """A user of the server who may not write the index that is searched is no hindrance."""
    with dedup.open(own_server.url()) as index:
        index.put([dedup.Document("saved-0", PASSAGE)])
    with own_server.client() as client:
        rules = ["%R~dedup:*", "~results:*", "+@all"]
        client.acl_setuser("reader", enabled=True, passwords=["+reader"], keys=[], categories=[], commands=[])
        client.execute_command("ACL", "SETUSER", "reader", *rules)
    url = f"redis://reader:reader@127.0.0.1:{own_server.port}"
    with start(index=url, saved_index=f"{url}?namespace=results") as service:
        refused = service.http.put("/v1/documents/b", json={"text": PASSAGE})
        assert not refused.is_success
        assert "1 document" in visit(service, saved(service, text=PASSAGE))


def test_the_index_itself_is_refused(
    tmp_path: Path, redis_server: Server, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whatever name the index that is served is named again, the service ends with one line and nothing written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("index")
    (tmp_path / "index").mkdir()
    server = redis_server.url()
    other = server.replace("127.0.0.1", "localhost")
    for own, again in (
        ("lmdb:index", "lmdb:index"),
        ("lmdb:index", f"{tmp_path}/link"),
        (f"{server}?namespace={namespace}", f"{other}/0?namespace={namespace}&durability=memory"),
    ):
        monkeypatch.setenv("DEDUP_SAVED_INDEX", again)
        done = CliRunner().invoke(app, ["serve", "--port", "0", "--index", own])
        made, refused = done.stderr.splitlines() if "link" not in again else ("", done.stderr.strip())
        assert done.exit_code == 2
        assert made.startswith("there was no index") or not made
        assert refused.startswith("error[invalid_input]: serve: saved_index ")
        assert "is the index that is served" in refused
        assert "tests%20only" not in refused
        with dedup.open(own) as index:
            assert index.stats().documents == 0


def test_a_time_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """`saved_ttl` is a duration as `dedup ingest --ttl` takes it."""
    for wrong in ("soon", "0d", "30", "11000d"):
        monkeypatch.setenv("DEDUP_SAVED_TTL", wrong)
        done = CliRunner().invoke(app, ["serve", "--port", "0"])
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert "settings: saved_ttl" in done.stderr
        assert "give a number and s, m, h, d or w" in done.stderr
    monkeypatch.setenv("DEDUP_SAVED_TTL", "2w")
    assert Settings().saved_ttl == "2w"


@pytest.mark.slow
def test_every_worker_shows_what_one_has_saved(tmp_path: Path) -> None:
    """`dedup serve` with two workers: each address leads to its result on whatever connection it is asked."""
    command: list[str | Path] = [Path(sys.executable).parent / "dedup", "serve", "--port", "18469", "--workers", "2"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    environment["DEDUP_SAVED_INDEX"] = "lmdb:./saved"
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = "http://127.0.0.1:18469"
            answering(f"{url}/readyz")
            for _ in range(10):
                answer = httpx2.post(f"{url}/saved", content=urlencode({"text": prose(30)}), headers=FORM)
                assert httpx2.get(f"{url}/{answer.headers['location']}").status_code == 200
        finally:
            process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    made = [line for line in log.splitlines() if line.startswith("there was no index")]
    assert [line.partition(":")[2].partition(":")[0] for line in made] == ["./index", "./saved"]

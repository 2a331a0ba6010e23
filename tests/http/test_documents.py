"""Documents over HTTP: put, get, remove, list."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx2
import pytest
from servers.service import Serving, Start, code, prose

IDS = [
    "plain",
    "a/b/c",
    "ü/日本 💩",
    "100%",
    "%2F",
    "a?b#c",
    " ",
    "x/resembles",
    "é\u0000\n",
    "a+b&c=d",
    ".hidden",
    "://",
    "//",
]


def address(name: str) -> str:
    """Return the path of a document."""
    return "/v1/documents/" + quote(name, safe="")


def test_a_new_document_is_created_then_unchanged_then_replaced(service: Serving) -> None:
    """PUT answers 201 for a new id, 200 for equal and for other content, with the content's entity tag."""
    text, other = prose(30), prose(30)
    answers = [service.http.put(address("states"), json={"text": one}) for one in (text, text, other)]
    assert [(one.status_code, one.json()["status"]) for one in answers] == [
        (201, "put"),
        (200, "unchanged"),
        (200, "replaced"),
    ]
    first, second, third = (one.headers["etag"] for one in answers)
    assert first == second != third
    assert service.http.get(address("states")).headers["etag"] == third == f'"{answers[2].json()["version"]}"'


@pytest.mark.parametrize("name", IDS)
def test_any_id_comes_back(service: Serving, name: str) -> None:
    """An id with slashes, percent signs or any Unicode is put, got and removed under itself and no other."""
    text = prose(20)
    assert service.http.put(address(name), json={"text": text, "metadata": {"n": [1, None]}}).json()["id"] == name
    found = service.http.get(address(name)).json()
    assert (found["id"], found["text"], found["metadata"]) == (name, text, {"n": [1, None]})
    assert service.http.get(address(name) + "/resembles").json()["query"] == name
    assert service.http.delete(address(name)).status_code == 204
    assert code(service.http.get(address(name))) == "unknown_id"


def test_a_slash_may_stay_as_it_is(service: Serving) -> None:
    """A slash in an id needs no percent-encoding."""
    service.put("wire/2026/1", prose(20))
    assert service.http.get("/v1/documents/wire%2F2026%2F1").json()["id"] == "wire/2026/1"


def test_if_none_match_only_creates(service: Serving) -> None:
    """`If-None-Match: *` creates a document once; the second time nothing is changed."""
    put = [
        service.http.put(address("once"), json={"text": prose(20)}, headers={"If-None-Match": "*"}) for _ in range(2)
    ]
    assert put[0].status_code == 201
    assert (put[1].status_code, code(put[1])) == (412, "exists")
    assert service.http.get(address("once")).headers["etag"] == put[0].headers["etag"]


def test_a_known_version_is_not_sent_again(service: Serving) -> None:
    """GET with the entity tag that a client has answers 304 without a body; with another the document."""
    tag = f'"{service.put("cached", prose(20))}"'
    answer = service.http.get(address("cached"), headers={"If-None-Match": f'"x", {tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert service.http.get(address("cached"), headers={"If-None-Match": '"x"'}).status_code == 200


def test_the_version_is_of_the_content(service: Serving) -> None:
    """Equal text and metadata have one version under any id; another text or metadata another."""
    text = prose(20)
    assert service.put("v1", text, a=1, b=2) == service.put("v2", text, b=2, a=1)
    assert len({service.put("v3", text, a=1), service.put("v4", text), service.put("v5", text + "!")}) == 3


def test_what_cannot_be_indexed_is_refused(service: Serving) -> None:
    """No words, an empty or long id and an id that is no UTF-8 are 422, each with the library's code."""
    put = service.http.put
    assert code(put(address("n"), json={"text": "…"})) == "no_words"
    assert code(put("/v1/documents/", json={"text": "a word"})) == "empty_id"
    assert put(address("i" * 480), json={"text": "a word"}).status_code == 201
    assert code(put(address("i" * 481), json={"text": "a word"})) == "long_id"
    assert code(put("/v1/documents/%FF", json={"text": "a word"})) == "invalid_id"


def test_removing_what_is_not_there_says_so(service: Serving) -> None:
    """DELETE of an unknown id is 404."""
    answer = service.http.delete(address("never"))
    assert (answer.status_code, code(answer)) == (404, "unknown_id")


@pytest.mark.parametrize("path", ["/", "/livez", "/v1/stats", "/v1/documents/headed", "/v1/documents", "/openapi.json"])
def test_head_is_get_without_the_body(service: Serving, path: str) -> None:
    """HEAD has the status, type and length of GET, and no body."""
    service.put("headed", "seven wizards")
    head, get = service.http.head(path), service.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


def test_sixteen_clients_write_one_id(service: Serving) -> None:
    """Of 16 concurrent writes of one id each is answered, one creates it, and one of the texts is there whole."""
    texts = [prose(50) for _ in range(16)]

    def write(text: str) -> int:
        with httpx2.Client(base_url=service.url, timeout=30) as client:
            return client.put(address("contended"), json={"text": text}).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(write, texts))
    assert sorted(statuses) == [200] * 15 + [201]
    assert service.http.get(address("contended")).json()["text"] in texts
    assert [one["id"] for one in service.http.post("/v1/resemble", json={"text": texts[0]}).json()["matches"]] in (
        [],
        ["contended"],
    )


def test_sixteen_clients_create_one_id_once(service: Serving) -> None:
    """Of 16 concurrent conditional writes exactly one creates the document, and its text is the one that stays."""
    texts = [prose(50) for _ in range(16)]

    def create(text: str) -> bool:
        with httpx2.Client(base_url=service.url, timeout=30) as client:
            response = client.put(address("claimed"), json={"text": text}, headers={"If-None-Match": "*"})
        return response.status_code == 201

    with ThreadPoolExecutor(16) as pool:
        created = list(pool.map(create, texts))
    assert sum(created) == 1
    assert service.http.get(address("claimed")).json()["text"] == texts[created.index(True)]


def test_pages_hold_every_document_once_in_order(start: Start) -> None:
    """Cursors lead through all documents in order of the id's bytes, the last page without one."""
    names = sorted((f"{sign}{i}" for sign in "aÿ日💩" for i in range(5)), key=str.encode)
    with start() as service:
        for name in names:
            service.put(quote(name, safe=""), f"words of {name}", n=name)
        seen, cursor, pages = list[str](), "", 0
        while cursor is not None:
            page = service.http.get("/v1/documents", params={"cursor": cursor, "limit": 7}).json()
            seen += [one["id"] for one in page["documents"]]
            assert all(one["metadata"] == {"n": one["id"]} and "text" not in one for one in page["documents"])
            cursor, pages = page["next"], pages + 1
        assert (seen, pages) == (names, 3)
        whole = service.http.get("/v1/documents", params={"text": "true", "limit": 20}).json()
        assert [one["text"] for one in whole["documents"]] == [f"words of {name}" for name in names]
        assert whole["next"] is None


def test_a_foreign_cursor_is_refused(service: Serving) -> None:
    """A cursor that no page gave is 422."""
    assert code(service.http.get("/v1/documents", params={"cursor": "zz"})) == "invalid_cursor"

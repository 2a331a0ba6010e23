"""Refusals: a problem document with a stable code, for every path, never the body back and never a 500."""

import re
from pathlib import Path

import pytest
from servers.service import Serving, Start, code

MARKER = "swordfish-marker"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("POST", "/v1/resemble", {"id": MARKER}, 404, "unknown_id"),
        ("POST", "/v1/resemble:batch", {"queries": [{"id": MARKER}]}, 200, "unknown_id"),
        ("GET", f"/v1/documents/{MARKER}/resembles", None, 404, "unknown_id"),
        ("GET", f"/v1/documents/{MARKER}", None, 404, "unknown_id"),
        ("PUT", f"/v1/documents/{MARKER}", {"text": "..."}, 422, "no_words"),
        ("PUT", f"/v1/documents/{MARKER * 40}", {"text": "some words"}, 422, "long_id"),
    ],
)
def test_a_refusal_never_repeats_the_id(
    service: Serving, method: str, path: str, body: dict[str, str] | None, status: int, expected: str
) -> None:
    """What is said of an id that no document has, or of a document that cannot go in, does not hold the id."""
    answer = service.http.request(method, path, json=body)
    assert answer.status_code == status
    assert f'"code":"{expected}"' in answer.text
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1", 404, "not_found"),
        ("GET", "/v1/documents/x/", 404, "unknown_id"),
        ("GET", "/v1/resemble/", 404, "not_found"),
        ("DELETE", "/v1/resemble", 405, "method_not_allowed"),
        ("GET", "/v1/compare", 405, "method_not_allowed"),
        ("PATCH", "/v1/documents/x", 405, "method_not_allowed"),
        ("BREW", "/livez", 400, "bad_request"),
        ("HEAD", "/v1/compare", 405, None),
        ("GET", "/v1/documents?limit=0", 422, "invalid_request"),
        ("GET", "/v1/documents?limit=x", 422, "invalid_request"),
        ("GET", "/v1/documents/x/resembles?min_similarity=nan", 422, "invalid_request"),
        ("GET", "/v1/documents/x/resembles?offsets=miles", 422, "invalid_request"),
    ],
)
def test_every_path_refuses_with_a_problem(
    service: Serving, method: str, path: str, status: int, expected: str | None
) -> None:
    """What is not there, not allowed or not as documented is a problem document with a stable code."""
    answer = service.http.request(method, path)
    assert answer.status_code == status
    assert expected is None or code(answer) == expected
    if status == 405:
        assert answer.headers["allow"]


BODIES = {
    "nan": (b'{"text": "%s", "min_similarity": NaN}', "invalid_json"),
    "field twice": (b'{"text": "%s", "limit": 1, "limit": 2}', "invalid_json"),
    "field twice inside": (b'{"text": "%s", "filter": {"n": 1, "\\u006e": 2}}', "invalid_json"),
    "infinity": (b'{"text": "%s", "min_similarity": -Infinity}', "invalid_json"),
    "overflow": (b'{"text": "%s", "min_similarity": 1e999}', "invalid_json"),
    "huge integer": (b'{"text": "%s", "limit": ' + b"9" * 5000 + b"}", "invalid_json"),
    "large integer": (b'{"text": "%s", "limit": ' + b"9" * 200 + b"}", "invalid_request"),
    "lone surrogate": (b'{"text": "%s \\ud800"}', "invalid_json"),
    "lone surrogate in a key": (b'{"text": "%s", "\\udc00": 1}', "invalid_json"),
    "deep list": (b'{"text": "%s", "filter": ' + b"[" * 100_000 + b"}", "invalid_json"),
    "deep object": (b'{"text": "%s", "filter": ' + b'{"a":' * 50 + b"1" + b"}" * 51, "invalid_json"),
    "no JSON": (b"%s", "invalid_json"),
    "bad UTF-8": (b'{"text": "%s \xff"}', "invalid_json"),
    "UTF-16": ('{"text": "%s"}'.encode("utf-16"), "invalid_json"),
    "a list": (b'["%s"]', "invalid_request"),
    "a string": (b'"%s"', "invalid_request"),
    "null": (b"null", "invalid_request"),
    "unknown field": (b'{"text": "%s", "treshold": 1}', "invalid_request"),
    "wrong kind": (b'{"text": ["%s"]}', "invalid_request"),
    "number as text": (b'{"text": "%s", "limit": "10"}', "invalid_request"),
    "fraction": (b'{"text": "%s", "limit": 1.5}', "invalid_request"),
    "zero": (b'{"text": "%s", "limit": 0}', "invalid_request"),
    "too many": (b'{"text": "%s", "limit": 201}', "invalid_request"),
    "empty": (b"", "invalid_request"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_refused_and_not_repeated(service: Serving, name: str) -> None:
    """A body that is no JSON, cannot be given back or is not as documented is 422, and is never quoted."""
    body, expected = BODIES[name]
    body = body.replace(b"%s", MARKER.encode())
    answer = service.http.post("/v1/resemble", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, code(answer)) == (422, expected)
    assert MARKER not in answer.text
    assert len(answer.content) < 1000


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/v1/resemble", "/v1/compare", "/v1/resemble:batch"])
def test_another_media_type_is_refused(service: Serving, path: str, kind: str) -> None:
    """A body that is not said to be JSON is 415: forms of other web pages get nowhere."""
    answer = service.http.post(path, content=b'{"text": "x"}', headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/v1/resemble", "application/json"),
        ("/v1/documents", "application/x-ndjson"),
        ("/matches", "application/x-www-form-urlencoded"),
    ],
)
def test_a_refused_media_type_names_what_is_read(service: Serving, path: str, wanted: str) -> None:
    """The refusal of a media type says which one the path reads, in words and in Accept-Post."""
    answer = service.http.post(path, content=b"x", headers={"Content-Type": "text/plain"})
    assert code(answer) == "unsupported_media_type"
    assert f"Content-Type: {wanted}" in answer.json()["detail"]
    assert answer.headers["accept-post"] == wanted


@pytest.mark.parametrize(
    ("address", "at", "why"),
    [
        ("/v1/documents?bogus=1", "/query/bogus", "extra_forbidden"),
        ("/v1/documents?limit=1&limit=2", "/query/limit", "given_twice"),
        ("/v1/documents/x?text=true", "/query/text", "extra_forbidden"),
        ("/v1/documents/x/resembles?min_word=3", "/query/min_word", "extra_forbidden"),
        ("/v1/documents/x/resembles?limit=3&limit=3", "/query/limit", "given_twice"),
        ("/v1/stats?bogus", "/query/bogus", "extra_forbidden"),
    ],
)
def test_an_unknown_or_doubled_parameter_is_refused(service: Serving, address: str, at: str, why: str) -> None:
    """A parameter that a path does not have, or that is given twice, is refused and named."""
    answer = service.http.get(address)
    assert (answer.status_code, code(answer)) == (422, "invalid_request")
    assert [(one["at"], one["code"]) for one in answer.json()["errors"]] == [(at, why)]


def test_every_answer_keeps_its_type(service: Serving) -> None:
    """No answer with a body lets a browser guess another type: not JSON, refusals, lines, metrics or pages."""
    service.put("typed", "seven wizards")
    answers = [
        *(
            service.http.get(path)
            for path in ("/v1/documents/typed", "/v1/stats", "/nowhere", "/metrics", "/", "/livez")
        ),
        service.http.post("/v1/documents", content=b"{}", headers={"Content-Type": "application/x-ndjson"}),
        service.http.request("BREW", "/livez"),
    ]
    assert [one.headers.get("x-content-type-options") for one in answers] == ["nosniff"] * len(answers)


def test_json_may_name_its_charset(service: Serving) -> None:
    """Parameters of the media type are no hindrance."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert service.http.post("/v1/resemble", content=b'{"text": "x"}', headers=headers).status_code == 200


def test_what_is_no_http_is_refused_alike(service: Serving) -> None:
    """Bytes that are no HTTP get a problem document too, and the connection ends."""
    with service.connect() as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        answer = b""
        while more := connection.recv(4096):
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"application/problem+json" in head
    assert b'"code":"bad_request"' in body


def test_a_defect_is_a_problem_that_tells_nothing(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """An exception inside is 500 with a request id; its message is neither in the answer nor in the log."""
    with start() as service:

        def fail() -> None:
            raise RuntimeError(MARKER)

        service.app.state.service.index.stats = fail
        answer = service.http.get("/v1/stats", headers={"X-Request-ID": "trace-me"})
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "trace-me" in answer.json()["detail"]
    log = capfd.readouterr().err
    assert MARKER not in answer.text + log
    assert '"error": "RuntimeError"' in log


@pytest.mark.parametrize(("broken", "expected"), [("closed", "store_closed"), ("read-only", "store_read_only")])
def test_an_index_that_cannot_answer_is_no_defect(start: Start, broken: str, expected: str) -> None:
    """An index that is gone is 503 with Retry-After, so not ready; one that is read-only 403."""
    with start() as service:
        store = service.app.state.service.index._store
        if broken == "closed":
            store.close()
            answer = service.http.get("/readyz")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        else:
            store._session.read_only = True
            answer = service.http.put("/v1/documents/x", json={"text": "a word"})
            assert answer.status_code == 403
        assert code(answer) == expected
        assert service.http.get("/livez").status_code == 200


def test_every_code_is_explained() -> None:
    """docs/http.md explains each code that the service refuses with."""
    root = Path(__file__).parents[2]
    page = (root / "docs/http.md").read_text("utf-8")
    sources = "".join(path.read_text("utf-8") for path in (root / "service").rglob("*.py"))
    used = set(re.findall(r'(?:Problem\(\s*\d{3},|busy\([^)]*,)\s*"([a-z_0-9]+)"', sources)) | {"too_busy", "not_found"}
    missing = {one for one in used if f"`{one}`" not in page}
    assert used > {"body_too_large", "slow_body", "unauthorized"}
    assert not missing

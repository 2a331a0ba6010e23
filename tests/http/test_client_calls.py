"""How the clients send: many queries at once, over the caller's own connections, again after a transient failure."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from servers.service import Serving, Start, code, prose

import dedup
from dedup.client.retries import ATTEMPTS, attempts
from dedup.errors import InvalidInput
from dedup.model import Document

WIRE = prose(40)
NOWHERE = "http://127.0.0.1:9"
Asked = list[dedup.Answer | dedup.Reject]


def plainly(url: str, queries: list[str | Document], **fields: Any) -> Asked:
    """Ask by the plain client."""
    with dedup.Client(url) as client:
        return list(client.resemble_many(queries, **fields))


def from_a_loop(url: str, queries: list[str | Document], **fields: Any) -> Asked:
    """Ask by the async client, in a thread of its own, since a browser's loop may have this one."""

    async def ask() -> Asked:
        async with dedup.AsyncClient(url) as client:
            return [one async for one in client.resemble_many(queries, **fields)]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()


@pytest.mark.parametrize("ask", [plainly, from_a_loop])
def test_many_queries_are_answered_as_the_library_does(ask: Callable[..., Asked], start: Start, tmp_path: Path) -> None:
    """More queries than a batch holds are answered in order; one that cannot be looked up is a Reject in its place."""
    documents = [
        Document(f"d{i}", f"{prose(20)} {WIRE}", {"source": f"s{i}", "published": str(2018 + i)}) for i in range(3)
    ]
    queries: list[str | Document] = [
        WIRE,
        "short",
        *documents,
        *(f"{prose(5)} {WIRE}" for _ in range(70)),
        Document("not there", WIRE),
    ]
    with start() as service, dedup.open(f"lmdb:{tmp_path / 'embedded'}") as embedded:
        embedded.put(documents)
        with dedup.Client(service.url) as client:
            client.put(documents)
        for fields in ({}, {"limit": 1, "min_words": 20}, {"filter": {"source": {"same": False}}}):
            answers = ask(service.url, queries, **fields)
            assert [told(one) for one in answers] == [told(one) for one in embedded.resemble_many(queries, **fields)]
        refused = [one for one in answers if isinstance(one, dedup.Reject)]
    assert [one.place for one in refused] == [0, 1, *range(5, 76)]
    assert {one.code for one in refused} == {"invalid_input"}
    assert [one.id for one in refused if one.id] == ["not there"]


def told(one: dedup.Answer | dedup.Reject) -> Any:
    """Return what both must agree on: an answer, or where and why there is none, in whatever words."""
    return (one.place, one.id, one.code) if isinstance(one, dedup.Reject) else one


def test_a_question_that_makes_no_sense_is_not_sent() -> None:
    """A misspelt keyword, a limit of 0 and a condition of no known form fail at once, where no service is."""
    unknown: Any = {"fliter": {}}
    with dedup.Client(NOWHERE) as client:
        for verb in (client.resemble, client.resemble_many):
            with pytest.raises(TypeError, match="fliter"):
                verb("text", **unknown)
            with pytest.raises(InvalidInput):
                verb("text", limit=0)
            with pytest.raises(InvalidInput):
                verb("text", filter={"a": {"?": 1}})
        with pytest.raises(InvalidInput):
            client.compare("a", "b", min_similarity=2)


def test_the_caller_s_own_http_client_sends_and_stays_open(service: Serving) -> None:
    """Requests go through the client given, with the key; closing ours leaves it open, at a path below an address."""
    seen = list[httpx2.Request]()
    with httpx2.Client(event_hooks={"request": [seen.append]}, headers={"X-Request-ID": "the-caller-s"}) as http:
        with dedup.Client(f"{service.url}/", key="secret", http=http) as client:
            assert client.get("nobody") is None
        assert (seen[0].headers["authorization"], seen[0].headers["x-request-id"]) == ("Bearer secret", "the-caller-s")
        assert http.get(f"{service.url}/livez").status_code == 200

    async def ask() -> int:
        async with httpx2.AsyncClient() as http:
            async with dedup.AsyncClient(service.url, http=http) as client:
                assert await client.get("nobody") is None
            return (await http.get(f"{service.url}/livez")).status_code

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, ask()).result() == 200


def pauses(*replies: httpx2.Response | httpx2.TransportError) -> list[float]:
    """Return the pauses before each attempt, if these are the replies, the last one again and again."""
    made = list[float]()
    for count, attempt in enumerate(attempts()):
        made.append(attempt.pause)
        attempt.reply = replies[min(count, len(replies) - 1)]
    return made


def refused(**headers: str) -> httpx2.Response:
    """Return an answer of a service that is too busy."""
    return httpx2.Response(503, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_pauses_grow_with_jitter() -> None:
    """The first attempt is made at once, each further one after about twice the pause, never just the same."""
    many = [pauses(httpx2.ConnectError("no")) for _ in range(20)]
    for first, *others in many:
        assert (first, len(others)) == (0, ATTEMPTS - 1)
        for pause, most in zip(others, (0.2, 0.4, 0.8, 1.6), strict=True):
            assert most / 2 <= pause <= most
    assert len({tuple(one) for one in many}) == 20
    assert len(pauses(refused(), httpx2.Response(200))) == 2
    assert len(pauses(httpx2.Response(422))) == 1


def test_the_time_that_a_service_asks_for_is_kept() -> None:
    """`Retry-After` in seconds or as a date is waited for and a little longer; more than a minute is not."""
    assert 3 <= pauses(refused(Retry_After="3"))[1] <= 3.2
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 28 <= pauses(refused(Retry_After=date))[1] <= 30.2
    assert pauses(refused(Retry_After="Sun, 06 Nov 1994 08:49:37 GMT"))[1] <= 0.2
    assert pauses(refused(Retry_After="soon"))[1] <= 0.2
    assert pauses(refused(Retry_After="90")) == [0]


def test_a_batch_fails_whole_if_the_index_cannot_answer(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in passing is no answer to a query: the batch is 503, so that a client sends it again."""
    monkeypatch.setattr("dedup.client.retries._pause", lambda *_: 0.0)
    with start() as service, dedup.Client(service.url) as client:
        service.app.state.service.index._store.close()
        answer = service.http.post("/v1/resemble:batch", json={"queries": [{"text": WIRE}]})
        assert (answer.status_code, code(answer)) == (503, "store_closed")
        with pytest.raises(dedup.errors.StoreClosed):
            list(client.resemble_many([WIRE]))

"""Hits sent to webhooks: signed, at least once, in order, whatever receivers and the service itself do."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers.fixtures import url_on
from servers.receiver import Receiver, receiving
from servers.server import Server, free_port
from servers.service import Serving, Start, answering, prose
from waiting import until

import dedup
from service.webhooks import pauses
from service.webhooks.signing import secret_of, signed

ROOT = Path(__file__).parents[2]
STORY = prose(60, "story")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the specification's example
PRIVATE = "127.0.0.1:{} private"


def settings(*receivers: Receiver) -> dict[str, Any]:
    """Return settings that allow these receivers."""
    return {"webhook_hosts": [PRIVATE.format(one.port) for one in receivers], "webhook_secrets": [SECRET]}


def watch(service: Serving, name: str, url: str, text: str = STORY, **fields: Any) -> None:
    """Put a watch with a webhook."""
    response = service.http.put(f"/v1/watches/{name}", json={"text": text, "webhook": url, **fields})
    assert response.is_success, response.text


def put(service: Serving, *names: str, text: str = STORY) -> None:
    """Put documents in which a text stands."""
    lines = (json.dumps({"id": name, "text": f"{text} {name}"}).encode() for name in names)
    service.lines(b"\n".join(lines))


def figure(service: Serving, name: str) -> float:
    """Return one figure of /metrics, 0 if it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", service.http.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0


def verified() -> Callable[[str, Mapping[str, str], bytes], bool]:
    """Return the function that docs/watches.md gives to receivers."""
    page = (ROOT / "docs/watches.md").read_text("utf-8")
    code = re.search(r"```python\n(import base64.*?)```", page, re.DOTALL)
    assert code
    assert len(code[1].strip().splitlines()) <= 13
    defined = dict[str, Any]()
    exec(code[1], defined)  # noqa: S102 - the document's own code is what is tested
    function: Callable[[str, Mapping[str, str], bytes], bool] = defined["verified"]
    return function


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses begin with 20 ms."""
    monkeypatch.setattr(pauses, "FIRST", 0.02)


def test_a_hit_is_sent_signed_and_without_the_text(start: Start) -> None:
    """The body is the hit as /v1/watches/hits has it; the signature is good, the text is not there."""
    with receiving() as receiver, start(**settings(receiver)) as service:
        watch(service, "a", f"{receiver.url}/hooks?x=1")
        put(service, "x")
        until(lambda: len(receiver.got) == 1)
        page = service.http.get("/v1/watches/hits").json()
    (got,) = receiver.got
    assert (got.path, got.hit) == ("/hooks?x=1", page["hits"][0])
    assert STORY not in got.body.decode()
    assert verified()(SECRET, got.headers, got.body)


def test_the_text_is_sent_if_the_watch_says_so(start: Start) -> None:
    """With `webhook_text` the body has the document's text, null if it is gone by then."""
    with receiving(statuses=[503]) as receiver, start(**settings(receiver)) as service:
        watch(service, "a", receiver.url, webhook_text=True)
        put(service, "x")
        until(lambda: len(receiver.got) == 1)
        service.http.delete("/v1/documents/x")
        until(lambda: len(receiver.got) == 2)
    assert [one.hit["text"] for one in receiver.got] == [f"{STORY} x", None]


def test_a_receiver_tells_what_is_forged_changed_or_old() -> None:
    """The ten lines of the document refuse another body, name, moment or secret, and what is five minutes old."""
    function, body, now = verified(), b'{"a": 1}', int(time.time())
    secret = secret_of(SECRET)
    good = signed([secret], "n", now, body)
    assert function(SECRET, good, body)
    assert function(SECRET, signed([b"n" * 32, secret], "n", now, body), body)
    assert not function(SECRET, good, body + b" ")
    assert not function(SECRET, good | {"webhook-id": "m"}, body)
    assert not function(SECRET, good | {"webhook-timestamp": str(now + 1)}, body)
    assert not function(SECRET, signed([b"n" * 32], "n", now, body), body)
    for moment in (now - 400, now + 400):
        assert not function(SECRET, signed([secret], "n", moment, body), body)


@pytest.mark.usefixtures("quick")
def test_what_was_not_taken_is_sent_again_in_order(start: Start) -> None:
    """Whatever a receiver answers but 2xx, it gets the same hit again, newly signed, and the next one after it."""
    refusals = [500, 302, 404, 400, 429, 200, 503, 200]
    with receiving(statuses=refusals) as receiver, start(**settings(receiver)) as service:
        watch(service, "a", receiver.url)
        put(service, "x", "y", "z")
        until(lambda: len(receiver.got) == 9)
        until(lambda: figure(service, "resembles_webhook_queue") == 0)
        counted = {
            outcome: figure(service, f'resembles_webhook_deliveries_total{{outcome="{outcome}"}}')
            for outcome in ("delivered", "refused", "failed")
        }
    assert receiver.documents == ["x"] * 6 + ["y"] * 2 + ["z"]
    assert len({one.headers["webhook-id"] for one in receiver.got}) == 3
    assert counted == {"delivered": 3, "refused": 4, "failed": 2}
    assert all(verified()(SECRET, one.headers, one.body) for one in receiver.got)


@pytest.mark.usefixtures("quick")
def test_a_receiver_is_left_alone_as_long_as_it_asks(start: Start) -> None:
    """`Retry-After` is waited for."""
    with receiving(statuses=[429], headers={"Retry-After": "2"}) as receiver, start(**settings(receiver)) as service:
        watch(service, "a", receiver.url)
        put(service, "x")
        until(lambda: len(receiver.got) == 2)
    assert 1.9 < receiver.got[1].at - receiver.got[0].at < 4


@pytest.mark.usefixtures("quick")
def test_a_dead_and_a_slow_receiver_hold_nobody_up(start: Start) -> None:
    """Another receiver gets all its hits at once, the service is ready, and documents go in."""
    with receiving() as good, receiving(seconds=3) as slow:
        dead = Receiver(url=f"http://127.0.0.1:{free_port()}")
        with start(**settings(good, slow, dead)) as service:
            for number in range(20):
                watch(service, f"slow{number}", slow.url)
                watch(service, f"dead{number}", dead.url)
            watch(service, "good", good.url)
            begin = time.monotonic()
            put(service, "x", "y", "z")
            until(lambda: good.documents == ["x", "y", "z"])
            assert time.monotonic() - begin < 5
            assert len(slow.got) <= 2  # one at a time
            assert service.http.get("/readyz").status_code == 200
            assert figure(service, 'resembles_webhook_deliveries_total{outcome="unreachable"}') > 0
            stop = time.monotonic()
        assert time.monotonic() - stop < 5


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_very_many_hits_of_one_receiver_hold_no_other_up(start: Start, count: int) -> None:
    """A receiver with very many hits gets them all in order; another gets its one meanwhile."""
    other = prose(60, "other")
    names = [f"{number:05}" for number in range(count)]
    with receiving() as flooded, receiving() as calm, start(**settings(flooded, calm)) as service:
        watch(service, "flooded", flooded.url)
        watch(service, "calm", calm.url, other)
        put(service, *names)
        put(service, "x", text=other)
        until(lambda: calm.documents == ["x"], 20)
        assert len(flooded.got) < count
        until(lambda: len(flooded.got) >= count, 600)
        until(lambda: figure(service, "resembles_webhook_queue") == 0)
    assert flooded.documents == names


def test_a_service_started_again_goes_on_where_it_was(start: Start) -> None:
    """What was taken is not sent again, what came in meanwhile is; also what the command put without the service."""
    with receiving() as receiver:
        with start(**settings(receiver)) as service:
            watch(service, "a", receiver.url)
            put(service, "x", "y")
            until(lambda: len(receiver.got) == 2)
            url = service.app.state.service.settings.index
        with dedup.open(url) as index:
            index.put([dedup.Document("z", f"{STORY} z")])
        with start(**settings(receiver)) as service:
            until(lambda: len(receiver.got) == 3)
            put(service, "last")
            until(lambda: len(receiver.got) == 4)
    assert receiver.documents == ["x", "y", "z", "last"]


@pytest.mark.usefixtures("quick")
def test_a_watch_that_is_gone_is_sent_no_more(start: Start) -> None:
    """Once a watch is removed, or has no webhook, its receiver hears no more of it."""
    with receiving(status=503) as receiver, start(**settings(receiver)) as service:
        for name in ("removed", "without"):
            watch(service, name, receiver.url)
        put(service, "x")
        until(lambda: len({one.hit["watch"] for one in receiver.got}) == 2)
        service.http.delete("/v1/watches/removed")
        service.http.put("/v1/watches/without", json={"text": STORY})
        until(lambda: figure(service, "resembles_webhook_queue") == 0)
        heard = len(receiver.got)
        put(service, "y")
        time.sleep(2.5)
        assert len(receiver.got) == heard


@pytest.mark.usefixtures("quick")
def test_what_the_operator_no_longer_allows_is_not_sent(start: Start) -> None:
    """A watch put while its host was allowed, or without the service, is not sent elsewhere; that is counted."""
    with receiving() as receiver, receiving() as other:
        with start(**settings(receiver)) as service:
            watch(service, "a", receiver.url)
        with start(**settings(other)) as service:
            service.app.state.service.index.watch("b", STORY, webhook="http://169.254.169.254/latest/meta-data")
            put(service, "x")
            until(lambda: figure(service, 'resembles_webhook_deliveries_total{outcome="forbidden"}') >= 2)
        assert (receiver.got, other.got) == ([], [])
        with start(**settings(receiver)):
            until(lambda: receiver.documents == ["x"])


@pytest.mark.usefixtures("quick")
def test_sending_goes_on_when_the_index_is_back(start: Start, own_server: Server) -> None:
    """While the server of the index is away nothing is sent and nothing is lost; then it goes on by itself."""
    with receiving(status=503) as receiver, start(index=own_server.url(), **settings(receiver)) as service:
        watch(service, "a", receiver.url)
        put(service, "x")
        until(lambda: len(receiver.got) > 0)
        own_server.kill()
        time.sleep(2)
        receiver.status = 200
        own_server.start()
        put(service, "y")
        until(lambda: receiver.documents[-2:] == ["x", "y"], 60)


def test_urls_names_and_texts_are_in_no_log(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """Of a delivery that fails the log says host, outcome and status: the path of a URL is often a secret."""
    with receiving(status=500) as receiver, start(**settings(receiver)) as service:
        watch(service, "swordfish", f"{receiver.url}/swordfish")
        put(service, "swordfish")
        until(lambda: len(receiver.got) == 1)
        until(lambda: figure(service, 'resembles_webhook_deliveries_total{outcome="failed"}') == 1)
    log = capfd.readouterr().err
    assert '"outcome": "failed", "status": 500' in log
    assert not [word for word in ("swordfish", STORY[:20], SECRET) if word in log]


def heard(receiver: Receiver, count: int) -> None:
    """Wait until a receiver has been told of so many documents."""
    until(lambda: len(set(receiver.documents)) >= count)


@contextmanager
def command(folder: Path, receiver: Receiver, index: str, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """Run `dedup serve` as it is run; kill it in the end."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")},
        "DEDUP_WEBHOOK_SECRETS": json.dumps([SECRET]),
        "DEDUP_INDEX": index,
    }
    options = ["--port", str(port), "--webhook-host", PRIVATE.format(receiver.port), "--workers", str(workers)]
    program = Path(sys.executable).parent / "dedup"
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen([program, "serve", *options], env=environment, stderr=log) as process,
    ):
        try:
            answering(f"http://127.0.0.1:{port}/readyz")
            yield process
        finally:
            process.send_signal(signal.SIGTERM if workers > 1 else signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_service_loses_nothing(tmp_path: Path) -> None:
    """`kill -9` between put and delivery: the next service sends it; only the hit under way may come twice."""
    index = f"lmdb:{tmp_path / 'index'}"
    names = [f"{number:03}" for number in range(60)]
    with receiving(seconds=0.02) as receiver, dedup.open(index) as put:
        put.watch("a", STORY, webhook=receiver.url)
        for count in (20, 40, 60):
            with command(tmp_path, receiver, index):
                put.put(dedup.Document(name, f"{STORY} {name}") for name in names[count - 20 : count])
                heard(receiver, count - 10)  # it is killed in the middle of them
        with command(tmp_path, receiver, index):
            heard(receiver, 60)
    once = list(dict.fromkeys(receiver.documents))
    assert once == names
    assert len(receiver.documents) <= 60 + 3  # of each kill the one under way


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_of_several_processes_one_sends(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """With workers on one index each hit is sent once, in order."""
    index = f"lmdb:{tmp_path / 'index'}" if kind == "lmdb" else f"{url_on(kind, request)}?namespace={namespace}"
    names = [f"{number:03}" for number in range(100)]
    with receiving() as receiver, dedup.open(index) as put:
        put.watch("a", STORY, webhook=receiver.url)
        with command(tmp_path, receiver, index, workers=2), command(tmp_path, receiver, index):
            put.put(dedup.Document(name, f"{STORY} {name}") for name in names)
            until(lambda: len(receiver.got) >= 100)
            time.sleep(2)
    assert receiver.documents == names

"""One webhook sent: to the address that was checked, within a time, signed, whatever the receiver does."""

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from servers.receiver import Receiver, receiving
from servers.server import free_port
from waiting import awaited

from service.webhooks.pauses import pause
from service.webhooks.sending import Reply, Sender
from service.webhooks.signing import secret_of, signed
from service.webhooks.targets import Host, Target, target

UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"


def goal(url: str) -> Target:
    """Return the target of a URL on this machine."""
    parts = url.split("/", 3)
    return target(url, [Host.of(f"{parts[2]} private")])


def send(url: str, body: bytes = b"{}", seconds: float = 5, **headers: str) -> Reply:
    """Send a body to a URL on this machine."""
    return awaited(Sender(seconds=seconds).send(goal(url), headers, body))


def test_a_receiver_gets_the_body_and_the_headers() -> None:
    """Path, query, host, length, type and headers are those given; a body of any size arrives whole."""
    body = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    with receiving() as receiver:
        assert send(f"{receiver.url}/a/b?c=d", body, name="value") == Reply("delivered", 200)
    (got,) = receiver.got
    assert (got.path, got.body) == ("/a/b?c=d", body)
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (got.headers["content-type"], got.headers["name"]) == ("application/json", "value")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "delivered"),
        (204, "delivered"),
        (302, "refused"),
        (400, "refused"),
        (410, "refused"),
        (429, "refused"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_the_status_says_what_came_of_it(status: int, expected: str) -> None:
    """2xx is delivered, 5xx failed, all else refused; the receiver's wish to be left alone is told."""
    with receiving(status=status, headers={"Retry-After": "7"}, body=b"") as receiver:
        reply = send(receiver.url)
    assert (reply.outcome, reply.status) == (expected, status)
    assert reply.retry_after == ("" if expected == "delivered" else "7")


def test_a_redirect_is_not_followed() -> None:
    """Where a receiver points to another one, that one is not asked."""
    with receiving() as other, receiving(status=307, headers={"Location": f"{other.url}/x"}) as receiver:
        assert send(receiver.url).outcome == "refused"
    assert (len(receiver.got), other.got) == (1, [])


@pytest.mark.parametrize("answers", [{"seconds": 3}, {"drip": 0.1}])
def test_a_slow_receiver_is_left_after_the_time(answers: dict[str, float]) -> None:
    """A receiver that waits, or sends its headers a byte at a time, has so many seconds in all."""
    with receiving(**answers) as receiver:
        begin = time.monotonic()
        assert send(receiver.url, seconds=0.5) == Reply("failed")
        assert time.monotonic() - begin < 2


def test_an_endless_answer_is_not_read() -> None:
    """Of a long answer the headers decide, and little more is read."""
    with receiving(body=b"x" * 50_000_000) as receiver:
        assert send(receiver.url) == Reply("delivered", 200)


@pytest.mark.parametrize(
    "answer", [b"", b"\0" * 50, b"HTTP/1.1 nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n", UPGRADE, b"x" * 99_999]
)
def test_what_is_no_answer_is_told_as_unreachable(answer: bytes) -> None:
    """A connection that closes at once, breaks off or speaks no HTTP is no delivery."""

    async def exchange() -> Reply:
        async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await Sender(seconds=5).send(goal(f"http://127.0.0.1:{port}/"), {}, b"{}")

    assert awaited(exchange()) == Reply("unreachable")


def test_a_receiver_that_is_not_there_is_unreachable() -> None:
    """Nobody listens, or the name has no address."""
    assert send(f"http://127.0.0.1:{free_port()}/") == Reply("unreachable")
    nobody = target("http://nobody.invalid/", [Host.of("nobody.invalid")])
    too_long = target(f"http://{'a' * 70}.org/", [Host.of(f"{'a' * 70}.org")])
    for absent in (nobody, too_long):
        assert awaited(Sender(seconds=5).send(absent, {}, b"")) == Reply("unreachable")


def test_a_name_that_changes_its_address_is_asked_once() -> None:
    """The address that was checked is connected to; what the name means a moment later is not asked (rebinding)."""
    answers = list[list[str]]()

    async def rebinding(_: str, __: int) -> list[str]:
        return answers.pop(0)

    def sent(*, private: bool) -> str:
        at = Target(False, "hooks.example.org", receiver.port, "/", private)
        return awaited(Sender(rebinding, seconds=2).send(at, {}, b"")).outcome

    with receiving() as receiver:
        answers = [["127.0.0.1"], ["127.0.0.2"]]
        assert (sent(private=True), answers) == ("delivered", [["127.0.0.2"]])
        answers = [["127.0.0.1"], ["8.8.8.8"]]
        assert (sent(private=False), answers) == ("forbidden", [["8.8.8.8"]])
    assert len(receiver.got) == 1


def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    """Of several addresses the first that can be connected to is used; the receiver is told the host's name."""

    async def two(_: str, __: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    with receiving() as receiver:
        at = Target(False, "hooks.example.org", receiver.port, "/", private=True)
        assert awaited(Sender(two, seconds=5).send(at, {}, b"")).outcome == "delivered"
    assert receiver.got[0].headers["host"] == f"hooks.example.org:{receiver.port}"


def test_an_address_that_is_silent_is_followed_by_the_next() -> None:
    """An address that never answers takes a part of the time only, and the next one is tried."""

    async def two(_: str, __: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    with receiving() as receiver, socket.socket() as silent, ExitStack() as waiting:
        silent.bind(("127.0.0.2", receiver.port))
        silent.listen(0)
        for _ in range(4):  # they fill the queue of those that nobody accepts
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", receiver.port))
        at = Target(False, "hooks.example.org", receiver.port, "/", private=True)
        begin = time.monotonic()
        assert awaited(Sender(two, seconds=2).send(at, {}, b"")).outcome == "delivered"
    assert 0.4 < time.monotonic() - begin < 1.5


def test_a_certificate_must_be_the_host_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS a receiver has to show a certificate of its name from an authority that the system trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def here(_: str, __: int) -> list[str]:
        return ["127.0.0.1"]

    def sent(receiver: Receiver, name: str) -> str:
        return awaited(Sender(here).send(Target(True, name, receiver.port, "/", private=True), {}, b"")).outcome

    with receiving(authority.issue_cert("hooks.example.org")) as receiver:
        assert sent(receiver, "hooks.example.org") == "unreachable"
        monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(tmp_path / "ca.pem"))
        assert sent(receiver, "hooks.example.org") == "delivered"
        assert sent(receiver, "other.example.org") == "unreachable"
    assert len(receiver.got) == 1


def test_a_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries, and one signature for each secret, the new one first."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    old = b"o" * 32
    both = signed([secret, old], "a", 7, b"b")["webhook-signature"].split(" ")
    assert both[1] == "v1," + base64.b64encode(hmac.new(old, b"a.7.b", hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    "written", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ", "whsec_ä", "whsec_" + "A" * 90]
)
def test_a_secret_that_is_none_is_refused(written: str) -> None:
    """Without its prefix, no base64, too short or too long; the message does not repeat it."""
    with pytest.raises(ValueError, match="whsec_") as refusal:
        secret_of(written)
    assert len(written) < 8 or written not in str(refusal.value)


def test_pauses_grow_to_an_hour() -> None:
    """A second, doubled to an hour, less at most a half; the receiver may ask for more, up to an hour too."""
    failed = Reply("failed", 503)
    for failures, most in ((1, 1), (2, 2), (5, 16), (12, 2_048), (13, 3_600), (9_999, 3_600)):
        taken = [pause(failures, failed) for _ in range(50)]
        assert most / 2 <= min(taken) <= max(taken) <= most
        assert len(set(taken)) > 1
    assert pause(1, Reply("refused", 429, "90")) == 90
    assert pause(1, Reply("refused", 429, "99999")) == 3_600
    assert 0.5 <= pause(1, Reply("refused", 429, "-5")) <= 1
    assert pause(1, Reply("refused", 410)) == 3_600

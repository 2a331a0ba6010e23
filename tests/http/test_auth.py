"""Who may do what."""

import hashlib
import subprocess
import sys
import tomllib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from servers.service import Serving, Start, code, prose

from dedup.errors import InvalidInput
from service.app import create_app
from service.middleware.keys import needed
from service.settings import Key, Settings

SECRETS = {name: f"{name}-0123456789" for name in ("reader", "writer", "admin", "expired")}
PAST, FUTURE = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))


def key(name: str, scopes: set[str], expires: datetime | None = None) -> Key:
    """Return the settings of a key."""
    digest = hashlib.sha256(SECRETS[name].encode()).hexdigest()
    return Key.model_validate({"name": name, "sha256": digest, "scopes": scopes, "expires": expires})


KEYS = (
    key("reader", {"read"}, FUTURE),
    key("writer", {"write"}),
    key("admin", {"admin"}),
    key("expired", {"admin"}, PAST),
)


def status(service: Serving, name: str, method: str, path: str) -> int:
    """Return the status that a key's holder gets."""
    body: dict[str, Any] = {"json": {"text": prose(9)}} if method in {"PUT", "POST"} else {}
    headers = {"Authorization": f"Bearer {SECRETS.get(name, name)}"} if name else {}
    return service.http.request(method, path, headers=headers, **body).status_code


def test_scopes(start: Start) -> None:
    """Reading needs `read`, writing `write`, /metrics `admin`, which may do all; /livez and /readyz are open."""
    with start(keys=KEYS) as service:
        for method, path, allowed in (
            ("PUT", "/v1/documents/a", "writer"),
            ("GET", "/v1/documents/a", "reader"),
            ("GET", "/v1/documents", "reader"),
            ("GET", "/v1/stats", "reader"),
            ("GET", "/openapi.json", "reader"),
            ("GET", "/", "reader"),
            ("POST", "/v1/resemble", "reader"),
            ("GET", "/v1/documents/a/resembles", "reader"),
            ("DELETE", "/v1/documents/a", "writer"),
        ):
            other = {"reader": "writer", "writer": "reader"}[allowed]
            assert status(service, other, method, path) == 403, path
            assert status(service, allowed, method, path) in {200, 201, 204}, path
            assert status(service, "admin", method, path) != 403
            for bad in ("", "expired", "wrong", "réader", "reader-0123456789 x"):
                if bad.isascii():
                    assert status(service, bad, method, path) == 401, path
        assert [status(service, name, "GET", "/metrics") for name in ("reader", "writer", "admin")] == [403, 403, 200]
        assert [status(service, "", "GET", path) for path in ("/livez", "/readyz")] == [200, 200]
        refused = service.http.get("/v1/stats")
        assert (code(refused), refused.headers["www-authenticate"]) == ("unauthorized", "Bearer")


def test_a_key_expires_while_the_service_runs(start: Start) -> None:
    """A key is refused from its expiry on, without a restart."""
    soon = key("reader", {"read"}, datetime.now(UTC) + timedelta(seconds=1.5))
    with start(keys=(soon,)) as service:
        assert status(service, "reader", "GET", "/v1/stats") == 200
        while not soon.expired():
            pass
        assert status(service, "reader", "GET", "/v1/stats") == 401


def test_a_browser_may_send_the_key_as_a_password(start: Start) -> None:
    """The page asks for a password, which is the key; the API takes no password, so that no form can write."""
    with start(keys=KEYS) as service:
        assert service.http.get("/").headers["www-authenticate"].startswith("Basic ")
        basic = {"Authorization": "Basic " + b64encode(f"anyone:{SECRETS['reader']}".encode()).decode()}
        assert service.http.get("/", headers=basic).status_code == 200
        assert service.http.get("/v1/stats", headers=basic).status_code == 401
        assert service.http.get("/", headers={"Authorization": "Basic !"}).status_code == 401


def test_other_machines_are_not_served_without_keys() -> None:
    """An address that others can reach is refused at the start unless there is a key."""
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):  # noqa: S104 - that is what is refused
        with pytest.raises(InvalidInput, match="API key"):
            create_app(Settings(host=host))
        assert create_app(Settings(host=host, keys=KEYS))
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        assert create_app(Settings(host=host))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "192.0.2.1"])
def test_a_name_pointed_at_this_machine_is_refused(service: Serving, host: str) -> None:
    """Without keys a request that names another host is 421: a web page cannot reach in by DNS rebinding."""
    assert code(service.http.get("/v1/stats", headers={"Host": host})) == "unknown_host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]:80", "[::1]"])
def test_this_machine_has_several_names(service: Serving, host: str) -> None:
    """Loopback names and addresses are served."""
    assert service.http.get("/v1/stats", headers={"Host": host}).status_code == 200


def test_a_key_is_made_by_one_command(start: Start) -> None:
    """`python -m service.auth` prints a key, and the settings that let the service know its hash only."""
    command = [sys.executable, "-m", "service.auth", "newsroom", "read", "write"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    secret = printed.splitlines()[0].rpartition(" ")[2]
    made = tomllib.loads(printed)["serve"]["keys"]
    assert secret not in str(made)
    with start(keys=made) as service:
        headers = {"Authorization": f"Bearer {secret}"}
        assert service.http.put("/v1/documents/a", json={"text": "a word"}, headers=headers).status_code == 201
        assert service.http.get("/metrics", headers=headers).status_code == 403


def test_rates_are_counted_for_each_key(start: Start) -> None:
    """One key's requests do not use up another's."""
    with start(keys=KEYS, rate=2) as service:
        assert [status(service, "reader", "GET", "/v1/stats") for _ in range(3)] == [200, 200, 429]
        assert status(service, "admin", "GET", "/v1/stats") == 200


@pytest.mark.parametrize(("rate", "workers", "share"), [(4, 1, 4), (4, 2, 2), (5, 2, 3), (1, 2, 1)])
def test_workers_share_the_rate(start: Start, rate: int, workers: int, share: int) -> None:
    """Each of several workers lets through its share of the rate, rounded up."""
    with start(index="memory:", rate=rate, workers=workers) as service:
        statuses = [service.http.get("/v1/stats").status_code for _ in range(share + 1)]
    assert statuses == [200] * share + [429]


def test_every_route_has_a_scope() -> None:
    """Whatever changes the index needs `write`, by its method; a watch, which tells of documents, `read` too."""
    assert all(needed(method, "/v1/documents/a") == {"write"} for method in ("PUT", "DELETE", "POST", "PATCH"))
    assert needed("PUT", "/v1/watches/a") == needed("POST", "/watches") == {"read", "write"}
    assert needed("DELETE", "/v1/watches/a") == {"write"}

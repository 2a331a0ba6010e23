"""Lets through who has a key for what is asked."""

import hashlib
import hmac
from base64 import b64decode
from ipaddress import ip_address

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.middleware.base import Middleware
from service.problems import Problem
from service.settings import Key, Settings
from service.settings import Scope as Permission

OPEN = frozenset({"/livez", "/readyz"})
ASKING = frozenset({"/v1/resemble", "/v1/resemble:batch", "/v1/compare"})
FORMS = frozenset({"/watches", "/unwatch"})


def needed(method: str, path: str) -> set[Permission]:
    """Return the scopes that a request needs; who puts a watch is told of documents, and needs both."""
    if path == "/metrics":
        return {"admin"}
    if method in {"GET", "HEAD", "OPTIONS"} or path in ASKING:
        return {"read"}
    if path == "/watches" or (method == "PUT" and path.startswith("/v1/watches/")):
        return {"read", "write"}
    return {"write"} if path.startswith("/v1/") or path in FORMS else {"read"}


class Keys(Middleware):
    """Lets through who has a key for what is asked, so often a second; without keys, only callers on this machine."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Stand before `app`."""
        super().__init__(app)
        self._settings = settings
        share = -(-settings.rate // settings.workers)  # each worker counts for itself
        self._rate = RateLimitItemPerSecond(share) if share else None
        self._storage = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._storage)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        try:
            name = self._admit(scope["method"], scope["path"], Headers(scope=scope))
            await self._count(name or (scope.get("client") or ("",))[0])
        except Problem as refusal:
            await refusal.response()(scope, receive, send)
            return
        scope["state"]["key"] = name
        await self._app(scope, receive, send)

    def _admit(self, method: str, path: str, headers: Headers) -> str | None:
        """Return the key's name, None where none is needed."""
        if not self._settings.keys:
            _refuse_foreign(headers)
            return None
        key = self._key(_secret(headers, browser=not path.startswith("/v1/")))
        if key is None or key.expired():
            raise _unknown(path)
        missing = sorted(needed(method, path) - key.scopes)
        if missing and "admin" not in key.scopes:
            raise Problem(403, "forbidden", f"this key does not have the scope {missing[0]!r}; use a key that has it")
        return key.name

    def _key(self, secret: str) -> Key | None:
        """Compare with every key, in constant time."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        matching = [key for key in self._settings.keys if hmac.compare_digest(key.sha256, digest)]
        return matching[0] if matching else None

    async def _count(self, who: str) -> None:
        if self._rate and not await self._window.hit(self._rate, who):
            raise Problem(
                429,
                "too_many_requests",
                f"this key or address sent more than {self._settings.rate} requests in a second; wait a second",
                headers={"Retry-After": "1"},
            )


def _refuse_foreign(headers: Headers) -> None:
    """Refuse a page of the web that has its own name point to this machine (DNS rebinding)."""
    host = headers.get("host", "localhost").lower()
    name = host[1:].split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    try:
        local = name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise Problem(
            421,
            "unknown_host",
            "without API keys only localhost is served; use that name in the URL",
        )


def _secret(headers: Headers, *, browser: bool) -> str:
    """Return the key that was sent: as a bearer's, or, by a browser that asks for a page, as a password."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic" and browser:
        try:
            return b64decode(credentials, validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
    return ""


def _unknown(path: str) -> Problem:
    challenge = "Bearer" if path.startswith("/v1/") else 'Basic realm="resembles", charset="UTF-8"'
    detail = "the API key is missing, unknown or expired; send Authorization: Bearer KEY with a valid key"
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})

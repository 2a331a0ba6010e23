"""The ways to name a Redis index: one server, a service that Sentinel looks after, a cluster."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from dedup.errors import InvalidURL
from dedup.stores.redis.durability import KINDS, Kind
from dedup.stores.redis.histories import ask_history, greet, greet_master
from dedup.stores.redis.sentinels import Sentinels
from dedup.stores.urls import shown

_OWN = {"namespace": "dedup", "documents": "0", "patience": "15", "tls": "0", "durability": "memory"}
_ENCODE = "write reserved characters of a password percent-encoded, / as %2F, # as %23, [ as %5B"
_SENTINEL_TIMEOUTS = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}  # of several, most are enough
_TIMEOUTS = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0}


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart.

    Attributes:
        url: what redis-py takes.
        shown: the URL without its password, for messages.
        namespace: what all keys begin with.
        documents: how many are expected, which decides on the number of shards of a new index; 0 if not said.
        patience: for how many seconds a fault that may pass is met with further tries.
        tls: whether connections to a cluster or by Sentinel are encrypted.
        durability: what must have happened to a batch before it is acknowledged.
    """

    url: str
    shown: str
    namespace: str
    documents: int
    patience: float
    tls: bool
    durability: Kind

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Take a URL apart.

        Raises:
            InvalidURL: it names no server, or a parameter makes no sense.
        """
        index = shown(url)
        try:
            parts = urlsplit(url)
        except ValueError:  # its message holds what was taken for a host, which may be a part of a password
            raise InvalidURL(f"index URL {index!r}: its host makes no sense; {_ENCODE}") from None
        if "@" in url.partition("://")[2] and "@" not in parts.netloc:
            raise InvalidURL(f"index URL {index!r}: the user or password holds one of / ? #; {_ENCODE}")
        given = dict(parse_qsl(parts.query))
        own = _OWN | {name: value for name, value in given.items() if name in _OWN}
        rest = {name: value for name, value in given.items() if name not in _OWN}
        if not (parts.netloc or (parts.scheme == "unix" and parts.path)):
            raise InvalidURL(f"index URL {index!r} names no server; write {parts.scheme}://HOST:PORT")
        for name in ("documents", "patience"):
            if not own[name].isdigit():
                raise InvalidURL(f"index URL {index!r}: {name}={own[name]}; give a whole number")
        if not own["namespace"].isascii() or set(own["namespace"]) & set("{}*?[]\\ ") or len(own["namespace"]) > 64:
            raise InvalidURL(
                f"index URL {index!r}: give a namespace of at most 64 ASCII characters, none of {{}}*?[]\\"
            )
        kind = next((one for one in KINDS if one == own["durability"]), None)
        if kind is None:
            raise InvalidURL(f"index URL {index!r}: durability={own['durability']}; give one of {', '.join(KINDS)}")
        plain = urlunsplit(parts._replace(query=urlencode(rest)))
        numbers = int(own["documents"]), float(own["patience"])
        return cls(plain, index, own["namespace"], *numbers, own["tls"] == "1", kind)

    def client(self) -> tuple[Any, Sentinels | None]:
        """Return a redis-py client, which connects when it is used, and the Sentinels, if it goes by them.

        Raises:
            InvalidURL: redis-py cannot make sense of it.
        """
        scheme = self.url.partition(":")[0]
        settled = {"protocol": 2, "retry": Retry(NoBackoff(), 0)}
        try:
            if scheme == "redis+sentinel":
                return self._sentinel(settled)
            if scheme == "redis+cluster":
                return self._cluster(settled), None
            client = redis.Redis.from_url(self.url, redis_connect_func=greet, **_TIMEOUTS | settled)
            client.connection_pool.make_connection()  # an unknown parameter shows here, before anything connects
        except ValueError:  # its message may hold a part of the password
            raise InvalidURL(f"index URL {self.shown!r}: its host, port or parameters make no sense") from None
        except TypeError as error:
            reason = str(error).rpartition(") ")[2]
            raise InvalidURL(
                f"index URL {self.shown!r}: {reason}; see docs/operations.md for the parameters"
            ) from error
        return client, None

    def _hosts(self) -> tuple[list[tuple[str, int]], dict[str, Any], str]:
        """Return the servers named, the credentials and options, and the path."""
        parts = urlsplit(self.url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        options: dict[str, Any] = dict(_TIMEOUTS)
        first = f"redis://x/?{parts.query}"
        options |= {name: value for name, value in parse_url(first).items() if name != "host"}
        if user:
            options["username"] = unquote(user)
        if password:
            options["password"] = unquote(password)
        if self.tls:
            options["ssl"] = True
        pairs = [one.rpartition(":") if ":" in one else (one, "", "") for one in hosts.split(",")]
        default = 26379 if parts.scheme == "redis+sentinel" else 6379
        return [(host.strip("[]"), int(port or default)) for host, _, port in pairs], options, parts.path.strip("/")

    def _sentinel(self, settled: dict[str, Any]) -> tuple[Any, Sentinels]:
        hosts, options, path = self._hosts()
        service, _, database = path.partition("/")
        if not service:
            raise InvalidURL(f"index URL {self.shown!r} names no service; write redis+sentinel://HOST:PORT/SERVICE")
        secret = {
            name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options
        }
        encryption = {name: value for name, value in options.items() if name.startswith("ssl")}
        own = _SENTINEL_TIMEOUTS | settled | secret | encryption
        sentinel = Sentinel(hosts, sentinel_kwargs=own, **options | settled | {"db": int(database or 0)})
        return sentinel.master_for(service, redis_connect_func=greet_master), Sentinels(sentinel.sentinels, service)

    def _cluster(self, settled: dict[str, Any]) -> Any:
        hosts, options, _ = self._hosts()
        options.pop("db", None)
        nodes = [ClusterNode(*host) for host in hosts]
        return redis.RedisCluster(startup_nodes=nodes, redis_connect_func=ask_history, **options | settled)

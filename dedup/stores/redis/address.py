"""The ways to name a Redis index: one server, a service that Sentinel looks after, a cluster."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.connection import Connection, ConnectionPool, SSLConnection, parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from dedup.errors import InvalidURL
from dedup.stores.redis.durability import KINDS, Kind
from dedup.stores.redis.histories import ask_history, greet, greet_master
from dedup.stores.redis.sentinels import Sentinels
from dedup.stores.urls import shown

_OWN = {"namespace": "dedup", "documents": "0", "patience": "15", "tls": "0", "durability": "memory"}
_ENCODE = "write reserved characters of a password percent-encoded, / as %2F, # as %23, [ as %5B"
_NAMESPACE = re.compile(r"[^{}*?\[\]\\ ]{1,64}")
_DATABASE = r"/?[0-9]*", "behind the host comes the number of a database, or nothing"
_PATHS = {
    "redis": _DATABASE,
    "rediss": _DATABASE,
    "unix": (r"/.+", "it names no socket; write unix:///PATH"),
    "redis+cluster": (r"/?0?", "a cluster has no database but 0; leave out what comes behind the hosts"),
    "redis+sentinel": (
        r"/[^/]+(/[0-9]*)?",
        "write redis+sentinel://HOST:PORT/SERVICE, or SERVICE/NUMBER of a database",
    ),
}
"""What may come behind the host, and what is said of anything else."""
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
        given = parse_qsl(parts.query, keep_blank_values=True)
        own = _OWN | {name: value for name, value in given if name in _OWN}
        for fault in chain(_faults_of_place(url, parts), _faults_of_settings(parts.scheme, given, own)):
            raise InvalidURL(f"index URL {index!r}: {fault}")
        plain = urlunsplit(
            parts._replace(query=urlencode([(name, value) for name, value in given if name not in _OWN]))
        )
        numbers = int(own["documents"]), float(own["patience"])
        return cls(plain, index, own["namespace"], *numbers, own["tls"] == "1", cast("Kind", own["durability"]))

    def beside(self, name: str) -> "Address":
        """Return where the index of that name lies beside this one.

        No URL has a namespace with a blank in it, and who may use this one's keys (`~NAMESPACE:*`) may use its too.
        """
        return replace(self, shown=f"{self.shown} ({name})", namespace=f"{self.namespace}: {name}", documents=0)

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
            client.connection_pool.make_connection()  # an unknown setting shows here, before anything connects
        except ValueError:  # its message may hold a part of the password
            raise InvalidURL(f"index URL {self.shown!r}: its host, port or parameters make no sense") from None
        except TypeError as error:
            name = str(error).rpartition(" ")[2]
            raise InvalidURL(
                f"index URL {self.shown!r}: {name} is no setting; see docs/operations.md for those there are"
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
        secret = {
            name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options
        }
        _try(options)
        encryption = {name: value for name, value in options.items() if name.startswith("ssl")}
        own = _SENTINEL_TIMEOUTS | settled | secret | encryption
        sentinel = Sentinel(hosts, sentinel_kwargs=own, **options | settled | {"db": int(database or 0)})
        return sentinel.master_for(service, redis_connect_func=greet_master), Sentinels(sentinel.sentinels, service)

    def _cluster(self, settled: dict[str, Any]) -> Any:
        hosts, options, _ = self._hosts()
        options.pop("db", None)
        _try(options)
        nodes = [ClusterNode(*host) for host in hosts]
        return redis.RedisCluster(startup_nodes=nodes, redis_connect_func=ask_history, **options | settled)


def _faults_of_place(url: str, parts: SplitResult) -> Iterator[str]:
    """Say what makes no sense in how a URL names servers and database."""
    if "@" in url.partition("://")[2] and "@" not in parts.netloc:
        yield f"the user or password holds one of / ? #; {_ENCODE}"
    if not parts.netloc and parts.scheme != "unix":
        yield f"it names no server; write {parts.scheme}://HOST:PORT"
    pattern, advice = _PATHS[parts.scheme]
    if not re.fullmatch(pattern, parts.path):
        yield advice
    if parts.fragment:
        yield "leave out # and what follows it"


def _faults_of_settings(scheme: str, given: list[tuple[str, str]], own: dict[str, str]) -> Iterator[str]:
    """Say what makes no sense in a URL's settings."""
    names = [name for name, _ in given]
    for name, value in given:
        if not value:
            yield f"{name}= is empty; give a value, or leave it out"
        if names.count(name) > 1:
            yield f"{name}= comes twice; write it once"
    for name in ("documents", "patience"):
        if not own[name].isdecimal():
            yield f"{name}={own[name]}; give a whole number"
    if not (own["namespace"].isascii() and _NAMESPACE.fullmatch(own["namespace"])):
        yield "give a namespace of at most 64 ASCII characters, none of {}*?[]\\"
    if own["durability"] not in KINDS:
        yield f"durability={own['durability']}; give one of {', '.join(KINDS)}"
    if own["tls"] not in ("0", "1"):
        yield f"tls={own['tls']}; give 0 or 1"
    if own["tls"] == "1" and scheme in ("redis", "unix"):
        yield "tls=1 is for clusters and Sentinels; write rediss://HOST"


def _try(options: dict[str, Any]) -> None:
    """Raise what redis-py says of an unknown setting: of a cluster's and a service's connections it says nothing."""
    settings = {name: value for name, value in options.items() if name != "ssl"}
    ConnectionPool(SSLConnection if "ssl" in options else Connection, **settings).make_connection()

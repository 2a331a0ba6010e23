"""What a Redis error means for an index, and whether it may pass by itself."""

import redis
from redis import exceptions

from dedup.errors import (
    StoreDenied,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

_DENIED = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError)
_CLOSES = "the server closes the connection; see that it runs, and write rediss:// (or tls=1) if its port wants TLS"
_SAID = (
    ("Cluster mode is not enabled", "the server is no node of a cluster; write redis:// for a server of its own"),
    (
        "unknown command 'SENTINEL'",
        "the server is no Sentinel; name Sentinels, or write redis:// for the server itself",
    ),
    ("unknown command 'GET'", "the server is a Sentinel; write redis+sentinel://HOST:PORT/SERVICE"),
    (
        "No master found",
        "no Sentinel knows a master of that name; see that master and Sentinels run, and compare `sentinel monitor`",
    ),
    ("Connection closed by server", _CLOSES),
    ("Connection reset by peer", _CLOSES),
)
"""What redis-py or a server says of a URL that leads to another kind of server, and what that means."""
_PASSING = (
    redis.ConnectionError,  # also LOADING, and Sentinel without a master
    redis.TimeoutError,
    exceptions.MovedError,
    exceptions.AskError,
    exceptions.TryAgainError,
    exceptions.ClusterDownError,
    exceptions.SlotNotCoveredError,
    exceptions.ExecAbortError,
    OSError,
)


def passing(error: BaseException) -> bool:
    """Whether another try may succeed: a server that restarts, fails over, loads, moves a slot or lacks replicas."""
    lacks_replicas = isinstance(error, exceptions.ResponseError) and str(error).startswith("NOREPLICAS")
    return lacks_replicas or (isinstance(error, _PASSING) and not isinstance(error, _DENIED))


def translate(error: BaseException, name: str) -> StoreError:
    """Return the error of this package that says what `error` means for the index `name`."""
    if isinstance(error, _DENIED):
        return StoreDenied(
            f"index {name}: the server refuses these credentials ({error}); give user and password in the URL, "
            "and allow that user the index's keys and the commands in docs/operations.md"
        )
    if isinstance(error, exceptions.OutOfMemoryError):
        return StoreFull(f"index {name}: the server is out of memory ({error}); raise maxmemory, put the batch again")
    if isinstance(error, exceptions.ReadOnlyError):
        return StoreReadOnly(f"index {name}: the server is a read-only replica; name the primary, or use Sentinel")
    if isinstance(error, exceptions.ResponseError) and str(error).startswith("WRONGTYPE"):
        return StoreForeign(f"index {name}: a key of that namespace is another program's; give another ?namespace=")
    meaning = _meaning(error, name)
    if isinstance(error, exceptions.ResponseError) and not meaning and not passing(error):
        return StoreError(f"index {name}: the server refuses a command ({error}); see docs/operations.md for versions")
    reason = str(error).rstrip(".") or type(error).__name__
    return StoreUnreachable(f"index {name}: {meaning or f'{reason}; see that all servers run, then try again'}")


def _meaning(error: BaseException, name: str) -> str:
    """Return what an error of a URL that leads to another kind of server means; nothing for another error."""
    if isinstance(error, exceptions.MovedError) and not name.startswith("redis+cluster:"):
        return "the server is a node of a cluster; write redis+cluster://"
    if "Timeout connecting" in str(error) and (name.startswith("rediss:") or "tls=1" in name):
        return "the server does not answer in TLS; see that it runs, and that its port is one for TLS"
    return next((meaning for words, meaning in _SAID if words in str(error)), "")

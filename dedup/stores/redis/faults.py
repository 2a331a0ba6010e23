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
    if isinstance(error, exceptions.ResponseError) and not passing(error):
        return StoreError(f"index {name}: the server refuses a command ({error}); see docs/operations.md for versions")
    reason = str(error).rstrip(".") or type(error).__name__
    return StoreUnreachable(f"index {name}: {reason}; see that all servers run, then try again")

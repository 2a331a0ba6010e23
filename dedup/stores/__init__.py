"""Index layouts behind one Protocol; see `base` for the promises, `open_store` for the way in."""

from collections.abc import Callable

from dedup.errors import InvalidURL, SchemeMismatch
from dedup.scheme import FOLD_VERSION, HASH_VERSION, Scheme
from dedup.stores.base import Store
from dedup.stores.urls import kind_of, shown


def _open_lmdb(url: str, scheme: Scheme | None, *, create: bool, read_only: bool) -> Store:
    from dedup.stores.lmdb import LMDBStore  # noqa: PLC0415 - a kind's packages load when it is asked for

    if url.startswith("memory:") and url != "memory:":
        raise InvalidURL(f"index URL {url!r}: nothing can be said of an index in memory; write memory:")
    if url.startswith("lmdb://") and not url.startswith("lmdb:///"):
        raise InvalidURL(f"index URL {url!r}: a folder has no host; write lmdb:PATH")
    path = None if url == "memory:" else url.removeprefix("lmdb:")
    return LMDBStore(path, scheme, create=create, read_only=read_only)


def _open_redis(url: str, scheme: Scheme | None, *, create: bool, read_only: bool) -> Store:
    from dedup.stores.redis import RedisStore  # noqa: PLC0415 - the same

    return RedisStore(url, scheme, create=create, read_only=read_only)


_KINDS: dict[str, Callable[..., Store]] = {
    "memory": _open_lmdb,
    "lmdb": _open_lmdb,
    "redis": _open_redis,
    "rediss": _open_redis,
    "unix": _open_redis,
    "redis+sentinel": _open_redis,
    "redis+cluster": _open_redis,
}


def _unknown(kind: str) -> str:
    if kind in ("http", "https"):
        return (
            "a remote index is opened by dedup.Client in Python; give an index itself, as in lmdb:PATH or redis://HOST"
        )
    known = ", ".join(f"{name}:" for name in _KINDS)
    return f"its kind is unknown; known are {known}; for a folder of that name write ./ before it"


def open_store(
    url: str, scheme: Scheme | None = None, *, create: bool, read_only: bool = False, older: bool = False
) -> Store:
    """Open the index that a URL names: `lmdb:PATH` or a bare path, `redis://HOST` and its kin, or a new `memory:`.

    Args:
        url: the kind and place; a bare path must not look like a URL (write `lmdb:a:b`, or `./a:b`).
        scheme: what the index must have been built with; None takes its own, or the default for a new one.
        create: start a new index where there is none.
        read_only: refuse every write.
        older: take an index too whose fold table or hash this version of the package does not have, to read its
            documents; its buckets mean nothing then.

    Raises:
        InvalidURL: if the kind is unknown, no path is given, or something in a server's URL makes no sense.
        StoreError: if the index cannot be opened, or has another scheme (`SchemeMismatch`).
    """
    kind = kind_of(url)
    if kind not in _KINDS:
        raise InvalidURL(f"index URL {shown(url)!r}: {_unknown(kind)}")
    if url in ("", "lmdb:"):
        raise InvalidURL(f"index URL {url!r} names no folder; write lmdb:PATH")
    create = create and (older or scheme is None or scheme.supported)
    store = _KINDS[kind](url, scheme, create=create, read_only=read_only)
    if not (older or store.scheme.supported):
        store.close()
        raise SchemeMismatch(
            f"index {shown(url)} was built with fold table {store.scheme.fold} and hash {store.scheme.hash}, this "
            f"version of the package has {FOLD_VERSION} and {HASH_VERSION}; `dedup copy FROM TO` puts its documents "
            "into a new index"
        )
    return store

"""Files that lie elsewhere: in an object store, in a hub, behind a web server, named by the URLs that fsspec knows."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from dedup.errors import InvalidInput, MissingExtra, StoreDenied, StoreUnreachable
from dedup.extras import extra
from dedup.patience import Result, patiently

SECONDS = 120.0  # not measured: a choice between waiting and telling
PAUSES = 0.5, 15.0  # seconds; not measured
DRIVERS = {"s3fs", "aiohttp"}
"""The packages that the extra `lake` brings; of other stores the message names the package."""
_WEB = ("http", "https")
_REFUSED, _GONE, _LATER = (401, 403), (404, 410), (408, 429)  # statuses of HTTP
_MOST_SHOWN = 300  # not measured: four lines of a terminal
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_USER = re.compile(r"(?<=://)(?:[^/\s:@]+:(?!\d+(?:/|$))\S*|[^/\s:@]*)@")
_VALUE = re.compile(r"([?&][^=&#\s'\"]+=)[^&#\s'\"]+")


def is_address(path: str) -> bool:
    """Return whether a path is a URL."""
    return _ADDRESS.match(path) is not None


def shown_path(path: str) -> str:
    """Return the path, of a URL without what may be secret: user, password, and the values of its query."""
    return _VALUE.sub(r"\1***", _USER.sub("***@", path)) if is_address(path) else path


@dataclass(frozen=True, slots=True)
class Remote:
    """A file that lies elsewhere.

    Attributes:
        url: as it is asked for.
        path: on its filesystem.
        name: its path below the folder named, or its name.
        listed: whether a folder brought it, and not a URL or a pattern of its own.
        info: what its filesystem says of it.
        filesystem: that of fsspec.
    """

    url: str
    path: str
    name: PurePosixPath
    listed: bool
    info: Mapping[str, Any]
    filesystem: Any

    @property
    def size(self) -> int | None:
        """Its bytes; None where nobody knows."""
        return cast("int | None", self.info.get("size"))


def find(url: str) -> list[Remote]:
    """Return the file that a URL names, or those of a folder or that a pattern matches, in order of their names.

    Raises:
        InvalidInput: nothing is there, or no such kind of URL is known.
        MissingExtra: the package that reads such URLs is not installed.
        StoreDenied: the store refuses the credentials.
        StoreUnreachable: it does not answer.
    """
    filesystem, path = connected(url, "reading it")
    with telling(url, "read"):
        if urlsplit(url).scheme.lower() in _WEB:
            name = PurePosixPath(unquote(urlsplit(url).path)).name
            return [Remote(url, path, PurePosixPath(name), False, _info(filesystem, path), filesystem)]
        if set(path) & set("*?[") and not filesystem.exists(path):
            matches = filesystem.glob(path, detail=True)
            if not matches:
                raise InvalidInput(f"{shown_path(url)}: nothing matches; check the pattern")
            return [*chain.from_iterable(_below(filesystem, *match) for match in sorted(matches.items()))]
        return _below(filesystem, path, _info(filesystem, path))


def connected(url: str, use: str) -> tuple[Any, str]:
    """Return the filesystem of a URL and the path on it; `use` says in a message what it is needed for.

    Raises:
        InvalidInput: no such kind of URL is known.
        MissingExtra: the package for such URLs is not installed.
    """
    with extra("lake", f"{shown_path(url)}: {use}"):
        import fsspec  # noqa: PLC0415 - an extra
    kind = urlsplit(url).scheme.lower()
    try:
        fsspec.get_filesystem_class(kind)
    except ValueError as error:
        raise InvalidInput(f"{shown_path(url)}: no known kind of address; give s3, gs, hf, https or a path") from error
    except ImportError as error:
        package = getattr(error.__cause__, "name", None) or "its driver"
        wanted = "'resembles[lake]'" if package in DRIVERS else package
        raise MissingExtra(
            f"{shown_path(url)}: {use} needs {package}, which is not installed; pip install {wanted}"
        ) from error
    with telling(url, "reached"):
        options = {"client_kwargs": {"trust_env": True}} if kind in _WEB else {}  # the proxies of the environment
        return cast("tuple[Any, str]", fsspec.core.url_to_fs(url, use_listings_cache=False, **options))


@contextmanager
def telling(url: str, done: str) -> Iterator[None]:
    """Turn what a driver raises into errors of ours, without what may be secret; `done` says what could not be done.

    Raises:
        InvalidInput: nothing is there.
        StoreDenied: the store refuses the credentials.
        StoreUnreachable: anything else.
    """
    try:
        yield
    except (InvalidInput, MissingExtra):
        raise
    except Exception as error:  # a driver raises what its transport raises
        cause = _cause(error)
        said = f"{shown_path(url)}: cannot be {done} ({told(cause, url)})"
        if _refused(cause):
            raise StoreDenied(f"{said}; check the credentials that its driver takes from the environment") from error
        if isinstance(cause, FileNotFoundError) or _status(cause) in _GONE:
            raise InvalidInput(f"{shown_path(url)}: no such file or folder; check the address") from error
        raise StoreUnreachable(f"{said}; check the address and the network") from error


def _cause(error: BaseException) -> BaseException:
    """Return what is behind the error: fsspec calls it a missing file whatever a web server answers, or none at all."""
    of_web = isinstance(error, FileNotFoundError) and str(error).startswith(_WEB)
    return error.__cause__ if of_web and error.__cause__ else error


def _refused(cause: BaseException) -> bool:
    """Return whether it is the credentials: that there are none has an error of its own in each driver."""
    named = "Credential" in type(cause).__name__
    return named or isinstance(cause, PermissionError) or _status(cause) in _REFUSED


def _status(error: BaseException) -> int:
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else 0


def told(error: BaseException, url: str) -> str:
    """Return what an error says, without what may be secret in the URL."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    for secret in _secrets(url):
        text = text.replace(secret, "***")
    return _VALUE.sub(r"\1***", _USER.sub("***@", text))[:_MOST_SHOWN]


def _secrets(url: str) -> Iterator[str]:
    user = _USER.search(url)
    values = [pair.partition("=")[2] for pair in urlsplit(url).query.split("&")]
    for secret in (user[0][:-1] if user else "", *(user[0][:-1].split(":") if user else ()), *values):
        if secret:
            yield from (secret, unquote(secret))


def persist(act: Callable[[], Result]) -> Result:
    """Return what `act` returns, tried again for two minutes with growing pauses while another try may help."""
    return patiently(act, _may_pass, seconds=SECONDS, pauses=PAUSES)


def _may_pass(error: BaseException) -> bool:
    """Return whether the same request may be answered later: not where the server has understood and refuses it."""
    cause = _cause(error)
    if _refused(cause) or isinstance(cause, FileNotFoundError | NotImplementedError):
        return False
    return not 400 <= _status(cause) < 500 or _status(cause) in _LATER


def _info(filesystem: Any, path: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", filesystem.info(path))


def _below(filesystem: Any, path: str, info: Mapping[str, Any]) -> list[Remote]:
    """Return the file of that path, or those of the folder that it is."""
    if info["type"] != "directory":
        name = PurePosixPath(PurePosixPath(path).name)
        return [Remote(filesystem.unstrip_protocol(path), path, name, False, info, filesystem)]
    found = sorted(filesystem.find(path, detail=True).items())
    return [
        Remote(filesystem.unstrip_protocol(name), name, PurePosixPath(name).relative_to(path), True, of, filesystem)
        for name, of in found
        if of["type"] == "file"
    ]

"""Files that lie elsewhere: in an object store, in a hub, behind a web server, named by the URLs that fsspec knows."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from dedup.errors import InvalidInput, MissingExtra, StoreDenied, StoreUnreachable
from dedup.extras import extra
from dedup.patience import Result, patiently, retry_after

SECONDS = 120.0  # not measured: a choice between waiting and telling
PAUSES = 0.5, 15.0  # seconds; not measured
SILENCE = 30.0  # seconds without a byte from a web server; not measured: four tries in the two minutes
DRIVERS = {"s3fs", "aiohttp"}
"""The packages that the extra `lake` brings; of other stores the message names the package."""
_WEB = ("http", "https")
_REFUSED, _GONE, _LATER = (401, 403), (404, 410), (408, 429)  # statuses of HTTP
_UNKNOWN, _BUSY = 401, (429, 503)  # the same
_BUSY_ADVICE = "the server is busy: try again later"
_MOST_SHOWN = 300  # not measured: four lines of a terminal
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OF_WEB = re.compile(r"(?:^|::)https?://", re.IGNORECASE)
_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_USER = re.compile(
    r"(?<=://)(?:[^/?#;]*:[^?#;]*|[^/]*)@"
)  # a port with an @ in the path looks like a password: it is masked
_TAIL = re.compile(r"(?<=[?#;]).+", re.DOTALL)
_VALUE = re.compile(r"([?&;#][^=&#;]+=)[^&#;]+")


def is_address(path: str) -> bool:
    """Return whether a path is a URL."""
    return _ADDRESS.match(path) is not None


def shown_path(path: str) -> str:
    """Return the path, of a URL without what may be secret: user and password, and what follows the path."""
    if not is_address(path):
        return path
    masked = _USER.sub("***@", path, count=1)
    return _TAIL.sub("***", masked, count=1) if _OF_WEB.search(path) else _VALUE.sub(r"\1***", masked)


class WrongLength(OSError):
    """A part of a file that is longer or shorter than what was asked for."""


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
            info = persist(lambda: _info(filesystem, path), may_pass=_waited_for)
            return [Remote(url, path, PurePosixPath(name), False, info, filesystem)]
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
    if "::" in url.partition("://")[0]:
        raise InvalidInput(f"{shown_path(url)}: addresses within addresses are not read; give the last one alone")
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
        options = {"client_kwargs": _of_clients()} if kind in _WEB else {}
        return cast(
            "tuple[Any, str]", fsspec.core.url_to_fs(kind + url[len(kind) :], use_listings_cache=False, **options)
        )


def _of_clients() -> dict[str, Any]:
    """Return how web servers are asked: by the proxies of the environment, for files as they are, and not for ever."""
    from aiohttp import ClientTimeout  # noqa: PLC0415 - an extra

    timeout = ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    return {"trust_env": True, "headers": {"Accept-Encoding": "identity"}, "timeout": timeout}


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
            raise StoreDenied(f"{said}; check the credentials{_whence(cause, url)}") from error
        if isinstance(cause, FileNotFoundError) or _status(cause) in _GONE:
            raise InvalidInput(f"{shown_path(url)}: no such file or folder; check the address") from error
        raise StoreUnreachable(
            f"{said}; {_BUSY_ADVICE if _busy(cause) else 'check the address and the network'}"
        ) from error


def _whence(cause: BaseException, url: str) -> str:
    """Return where credentials come from."""
    if urlsplit(url).scheme.lower() not in _WEB:
        return " that its driver takes from the environment"
    said = ": user and password may stand in the URL, as in https://USER:PASSWORD@HOST/PATH"
    return said if _status(cause) == _UNKNOWN else ""


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


def _busy(cause: BaseException) -> bool:
    return _status(cause) in _BUSY


def _waited_for(error: BaseException) -> bool:
    """Return whether a server that is asked for the first time is there, and only busy or slow."""
    cause = _cause(error)
    return _busy(cause) or isinstance(cause, TimeoutError)


def _asked_for(error: BaseException) -> float:
    """Return the seconds that a server wants to be left alone for."""
    headers = getattr(_cause(error), "headers", None) or {}
    return retry_after(str(headers.get("Retry-After", "")))


def broken(error: BaseException, url: str) -> OSError:
    """Return the error of a file that cannot be read on: what happened, and what to do."""
    advice = _BUSY_ADVICE if _busy(_cause(error)) else "check the network, and run the command again"
    said = told(error, url)
    return OSError(said if ";" in said else f"{said}; {advice}")


def told(error: BaseException, url: str) -> str:
    """Return what an error says, without what may be secret in the URL."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    text = text.replace(url, shown_path(url))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _IN_TEXT.sub(lambda address: shown_path(address[0]), text)[:_MOST_SHOWN]


def _secrets(url: str) -> set[str]:
    """Return all that may be secret in a URL, as it is written there and as others write it."""
    user, tail = _USER.search(url), _TAIL.search(url)
    said = user[0][:-1] if user else ""
    parts = [said, *said.split(":"), tail[0] if tail else ""]
    parts += [pair.rpartition("=")[2] for pair in re.split("[?&;#]", tail[0])] if tail else []
    return {form for part in parts if part for form in (part, unquote(part), quote(part))}


def _may_pass(error: BaseException) -> bool:
    """Return whether the same request may be answered later: not where the server has understood and refuses it."""
    cause = _cause(error)
    if _refused(cause) or isinstance(cause, FileNotFoundError | NotImplementedError | WrongLength):
        return False
    return not 400 <= _status(cause) < 500 or _status(cause) in _LATER


def persist(act: Callable[[], Result], may_pass: Callable[[BaseException], bool] = _may_pass) -> Result:
    """Return what `act` returns, tried again for two minutes while another try may help, as by default after a fault.

    Pauses grow, and are as long as the server asks for.
    """
    return patiently(act, may_pass, seconds=SECONDS, pauses=PAUSES, least_pause=_asked_for)


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

"""The index at the other end of a URL: the verbs of `dedup.Index` over HTTP, plain and async.

Each verb is a `Call` (what to send, how to read the answer) made once; `Client` and `AsyncClient` only send it.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

import httpx2

from dedup import errors
from dedup.admission import admit, name_of
from dedup.errors import InvalidDocument, InvalidInput, ResemblesError, ServiceError
from dedup.model import Answer, Document, Match, Reject, Report
from dedup.record import document_json, dumps, loads, read
from dedup.scheme import Scheme
from dedup.stores.base import Stats

T = TypeVar("T")
BATCH_BYTES = 1 << 20  # not measured: some 500 articles, as many as the service indexes together
ATTEMPTS = 5  # not measured: a choice between waiting and telling
RETRIED = frozenset({429, 502, 503, 504})
PAGE = 200  # not measured: a page of articles is some 400 kB


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer means; `absent` is the result where the answer is 404 with that code."""

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    content: bytes | None = None
    kind: str = "application/json"
    absent: tuple[T, ...] = ()

    def result(self, response: httpx2.Response) -> T:
        """Return what the answer says.

        Raises:
            ResemblesError: what the service refused, as the embedded index would have.
        """
        if response.is_success:
            try:
                return self.read(response)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ServiceError("service_error", _foreign(response)) from error
        code, detail = _problem(response)
        if self.absent and code == "unknown_id":
            return self.absent[0]
        raise _error(response.status_code, code, detail)


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents of the index, and the cursor of those that follow; None at the end."""

    documents: list[Document]
    next: str | None


class Client:
    """A remote index; usable in a `with` statement.

    What fails in passing (429, 502–504, no connection) is tried again, for every verb can be repeated.
    """

    def __init__(self, url: str, *, key: str | None = None, timeout: float = 30) -> None:
        """Ask the service at `url`, with an API key if it wants one; `timeout` is in seconds, for each step."""
        self._http = httpx2.Client(base_url=url, headers=_headers(key), timeout=timeout)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the client."""
        self.close()

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._do(_stats(_scheme_of))

    def put(self, documents: Iterable[Document]) -> Report:
        """Index documents; see `Index.put`."""
        return _joined(self._do(call) for call in _puts(documents))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents; see `Index.remove`."""
        return sum(self._do(_remove(one)) for one in dict.fromkeys(ids))

    def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        return self._do(_get(id))

    def documents(self, after: str = "") -> Iterator[Document]:
        """Iterate over the documents; see `Index.documents`."""
        cursor: str | None = _cursor(after)
        while cursor is not None:
            page = self._do(_page(cursor))
            yield from page.documents
            cursor = page.next

    def resemble(self, text: str | None = None, **question: Any) -> Answer:
        """Say what a text resembles; takes what `Index.resemble` takes."""
        return self._do(_resemble(text, question))

    def compare(self, a: str, b: str, **question: Any) -> Match:
        """Compare two texts; takes what `dedup.compare` takes, but for the scheme, which is the index's."""
        return self._do(_compare(a, b, question))

    def stats(self) -> Stats:
        """Return the index's size."""
        return self._do(_stats(_stats_of))

    def close(self) -> None:
        """Close the connections; a second close does nothing."""
        self._http.close()

    def _do(self, call: Call[T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._http.request(call.method, call.path, content=call.content, headers=_kind(call))
            except httpx2.TransportError as error:
                _last(attempt, error)
                time.sleep(_pause(attempt))
                continue
            if response.status_code not in RETRIED or attempt == ATTEMPTS:
                break
            time.sleep(_pause(attempt, response))
        return call.result(response)


class AsyncClient:
    """A remote index, asked from an event loop; see `Client`."""

    def __init__(self, url: str, *, key: str | None = None, timeout: float = 30) -> None:
        """Ask the service at `url`; see `Client`."""
        self._http = httpx2.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout)

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()

    async def scheme(self) -> Scheme:
        """Return the scheme that the index was built with."""
        return await self._do(_stats(_scheme_of))

    async def put(self, documents: Iterable[Document]) -> Report:
        """Index documents; see `Index.put`."""
        return _joined([await self._do(call) for call in _puts(documents)])

    async def remove(self, ids: Iterable[str]) -> int:
        """Remove documents; see `Index.remove`."""
        return sum([await self._do(_remove(one)) for one in dict.fromkeys(ids)])

    async def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        return await self._do(_get(id))

    async def documents(self, after: str = "") -> AsyncIterator[Document]:
        """Iterate over the documents; see `Index.documents`."""
        cursor: str | None = _cursor(after)
        while cursor is not None:
            page = await self._do(_page(cursor))
            for document in page.documents:
                yield document
            cursor = page.next

    async def resemble(self, text: str | None = None, **question: Any) -> Answer:
        """Say what a text resembles; takes what `Index.resemble` takes."""
        return await self._do(_resemble(text, question))

    async def compare(self, a: str, b: str, **question: Any) -> Match:
        """Compare two texts; see `Client.compare`."""
        return await self._do(_compare(a, b, question))

    async def stats(self) -> Stats:
        """Return the index's size."""
        return await self._do(_stats(_stats_of))

    async def close(self) -> None:
        """Close the connections; a second close does nothing."""
        await self._http.aclose()

    async def _do(self, call: Call[T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = await self._http.request(call.method, call.path, content=call.content, headers=_kind(call))
            except httpx2.TransportError as error:
                _last(attempt, error)
                await asyncio.sleep(_pause(attempt))
                continue
            if response.status_code not in RETRIED or attempt == ATTEMPTS:
                break
            await asyncio.sleep(_pause(attempt, response))
        return call.result(response)


def _get(name: str) -> Call[Document | None]:
    return Call("GET", _path(name), lambda response: read(response.content, Document), absent=(None,))


def _remove(name: str) -> Call[int]:
    return Call("DELETE", _path(name), lambda _: 1, absent=(0,))


def _resemble(text: str | None, question: Mapping[str, Any]) -> Call[Answer]:
    body = _given({"text": text, **question})
    return Call("POST", "/v1/resemble", lambda response: read(response.content, Answer), _json(body))


def _compare(a: str, b: str, question: Mapping[str, Any]) -> Call[Match]:
    body = {"a": a, "b": b, **question}
    return Call("POST", "/v1/compare", lambda response: read(response.content, Match), _json(body))


def _page(cursor: str) -> Call[Page]:
    path = f"/v1/documents?text=true&limit={PAGE}&cursor={cursor}"
    return Call("GET", path, lambda response: read(response.content, Page))


def _stats(read: Callable[[Mapping[str, Any]], T]) -> Call[T]:
    return Call("GET", "/v1/stats", lambda response: read(response.json()))


def _stats_of(value: Mapping[str, Any]) -> Stats:
    return Stats(**{field.name: value[field.name] for field in fields(Stats)})


def _scheme_of(value: Mapping[str, Any]) -> Scheme:
    return Scheme(**{name: number for name, number in value["scheme"].items() if name != "fingerprint"})


def _puts(documents: Iterable[Document]) -> Iterator[Call[Report]]:
    """Yield calls of about a megabyte; what JSON would change is rejected here, and not sent."""
    lines, rejects, size = dict[int, bytes](), list[Reject](), 0
    for place, document in enumerate(documents):
        try:
            admit(document)
        except InvalidDocument as error:
            rejects.append(Reject(place, name_of(document), error.code, str(error)))
            continue
        lines[place] = dumps(document_json(document)) + b"\n"
        size += len(lines[place])
        if size >= BATCH_BYTES:
            yield _put(lines, rejects)
            lines, rejects, size = {}, [], 0
    if lines or rejects:
        yield _put(lines, rejects)


def _put(lines: Mapping[int, bytes], rejects: Sequence[Reject]) -> Call[Report]:
    """Return the call that sends the lines, each under the document's place, and reports these rejects too."""
    places, body = list(lines), b"".join(lines.values())
    return Call(
        "POST", "/v1/documents", lambda response: _report(response, places, rejects), body, "application/x-ndjson"
    )


def _report(response: httpx2.Response, places: Sequence[int], rejects: Sequence[Reject]) -> Report:
    *lines, last = map(loads, response.content.splitlines())
    summary = last["summary"]
    if not summary["complete"]:
        raise _error(response.status_code, summary["error"]["code"], summary["error"]["detail"])
    rejected = [one for one in lines if one["status"] == "rejected"]
    refused = [Reject(places[one["line"] - 1], one["id"] or "", one["code"], one["detail"]) for one in rejected]
    every = sorted([*rejects, *refused], key=lambda reject: reject.place)
    return Report(summary["put"], summary["unchanged"], summary["replaced"], tuple(every))


def _joined(reports: Iterable[Report]) -> Report:
    total = Report()
    for one in reports:
        total = Report(
            total.put + one.put,
            total.unchanged + one.unchanged,
            total.replaced + one.replaced,
            total.rejected + one.rejected,
        )
    return total


def _path(name: str) -> str:
    return "/v1/documents/" + quote(name.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E")


def _cursor(after: str) -> str:
    return after.encode("utf-8", "surrogatepass").hex()


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _json(value: Any) -> bytes:
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"JSON cannot hold what was given ({error}); give strings, numbers, lists and objects"
        ) from None


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _kind(call: Call[Any]) -> dict[str, str]:
    return {"Content-Type": call.kind} if call.content is not None else {}


def _pause(attempt: int, response: httpx2.Response | None = None) -> float:
    """Return the seconds to wait before the next attempt: what the service asks for, else ever longer."""
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return float(asked) if asked.isdigit() else 0.1 * 2**attempt


def _last(attempt: int, error: Exception) -> None:
    if attempt == ATTEMPTS:
        raise ServiceError(
            "unreachable",
            f"the service does not answer ({type(error).__name__}: {error}); check the URL and that it runs",
        ) from error


def _problem(response: httpx2.Response) -> tuple[str, str]:
    try:
        value = response.json()
        faults = "".join(f"; {one['at']}: {one['detail']}" for one in value.get("errors", ()))
        return value["code"], value["detail"] + faults
    except (ValueError, KeyError, TypeError, AttributeError):
        return "service_error", _foreign(response)


def _foreign(response: httpx2.Response) -> str:
    return f"status {response.status_code} from something that is not this service; check the URL"


def _error(status: int, code: str, detail: str) -> ResemblesError:
    """Return the error that the embedded index raises for the same reason, where it has one."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.StoreError | InvalidInput) and kind.code == code:
            return kind(code, detail) if issubclass(kind, InvalidDocument) else kind(detail)
    if code in {"unknown_id", "long_text", "empty_id", "long_id", "invalid_id", "no_words", "invalid_metadata"}:
        return InvalidDocument(code, detail)
    return InvalidInput(detail) if status == 422 else ServiceError(code, detail)

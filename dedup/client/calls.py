"""Each verb as a value, made once for both clients: what to send, and what the answer means."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

import httpx2
import msgspec

from dedup import errors
from dedup.admission import admit, check_several, name_of
from dedup.errors import InvalidDocument, InvalidInput, ResemblesError, ServiceError
from dedup.model import Answer, Document, Hits, Match, Placed, Reject, Report, Watch
from dedup.newcomers import limit_of
from dedup.record import document_json, loads, read
from dedup.scheme import Scheme
from dedup.search.question import Question
from dedup.stores.base import Stats
from dedup.stories.story import Order, Since, Stories, Story

T = TypeVar("T")
BATCH_BYTES = 1 << 20  # not measured: some 500 articles, as many as the service indexes together
BATCH_QUERIES = 32  # not measured: half of what a service takes at once by default
_OF_DOCUMENTS = frozenset(
    {
        *("unknown_id", "empty_id", "long_id", "invalid_id"),
        *("long_text", "short_text", "no_words", "invalid_metadata", "unknown_watch"),
    }
)
MOST_HITS = 1_000  # what a service returns at once
PAGE = 200  # not measured: a page of articles is some 400 kB


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer means; `absent` is the result where there is no such document or watch."""

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    content: bytes | None = None
    kind: str = "application/json"
    absent: tuple[T, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """What the content is, if there is any."""
        return {"Content-Type": self.kind} if self.content is not None else {}

    def result(self, response: httpx2.Response | httpx2.TransportError) -> T:
        """Return what the answer says.

        Raises:
            ResemblesError: what the service refused, as the embedded index would have; or there is no answer.
        """
        if isinstance(response, httpx2.TransportError):
            raise ServiceError(
                "unreachable",
                f"the service does not answer ({type(response).__name__}: {response}); check the URL and that it runs",
            ) from response
        if response.is_success:
            try:
                return self.read(response)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ServiceError("service_error", _foreign(response)) from error
        code, detail = _problem(response)
        if self.absent and code in {"unknown_id", "unknown_watch"}:
            return self.absent[0]
        raise _error(response.status_code, code, detail)


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Some documents of the index, and the cursor of those that follow; None at the end."""

    documents: list[Document]
    next: str | None


@dataclass(frozen=True, slots=True)
class WatchPage:
    """Some watches, and the cursor of those that follow; None at the end."""

    watches: list[Watch]
    next: str | None


def get(name: str) -> Call[Document | None]:
    """Return the document of an id, or None."""
    return Call("GET", _path(name), lambda response: read(response.content, Document), absent=(None,))


def remove(name: str) -> Call[int]:
    """Remove a document; give how many there were."""
    return Call("DELETE", _path(name), lambda _: 1, absent=(0,))


def resemble(text: str | None, name: str | None, question: Question) -> Call[Answer]:
    """Look a text up, or the document of that id."""
    body = _json(_asked(text, name, question))
    return Call("POST", "/v1/resemble", lambda response: read(response.content, Answer), body)


def resemble_many(queries: Iterable[str | Document], question: Question) -> Iterator[Call[list[Answer | Reject]]]:
    """Look queries up, a batch at a time."""
    check_several(queries)
    bodies = (
        _json(_asked(query, None, question) if isinstance(query, str) else _document_asked(query, question))
        for query in queries
    )
    for place, some in _batches(bodies, BATCH_QUERIES):
        content = b'{"queries":[' + b",".join(some) + b"]}"
        yield Call("POST", "/v1/resemble:batch", partial(_answers, place, some), content)


def _batches(parts: Iterable[bytes], most: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield runs of about a megabyte and at most so many parts, each with the place of its first one."""
    batch, size, place = list[bytes](), 0, 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size >= BATCH_BYTES or len(batch) == most:
            yield place, batch
            batch, size, place = [], 0, place + len(batch)
    if batch:
        yield place, batch


def _answers(place: int, queries: Sequence[bytes], response: httpx2.Response) -> list[Answer | Reject]:
    answers = enumerate(zip(queries, loads(response.content)["answers"], strict=True), place)
    return [
        msgspec.convert(one, Answer) if "matches" in one else _reject(at, query, one) for at, (query, one) in answers
    ]


def _reject(place: int, query: bytes, problem: Mapping[str, Any]) -> Reject:
    error = _error(problem["status"], problem["code"], problem["detail"])
    if not isinstance(error, InvalidInput):
        raise error
    return Reject(place, json.loads(query).get("id", ""), error.code, str(error))


def _asked(text: str | None, name: str | None, question: Question) -> dict[str, Any]:
    """Return what is asked, without the fields that are as the service has them by default."""
    given = {"text": text, "id": name, **{one.name: getattr(question, one.name) for one in fields(question)}}
    defaults = {one.name: one.default for one in fields(question)}
    return {name: value for name, value in given.items() if value != defaults.get(name)}


def _document_asked(query: Document, question: Question) -> dict[str, Any]:
    asked = _asked(query.text, query.id, question)
    return asked | {"metadata": dict(query.metadata)} if query.metadata else asked


def compare(a: str, b: str, question: Question) -> Call[Match]:
    """Compare two texts."""
    body = _asked(None, None, question) | {"a": a, "b": b}
    return Call("POST", "/v1/compare", lambda response: read(response.content, Match), _json(body))


def page(cursor: str) -> Call[DocumentPage]:
    """List documents after a cursor."""
    path = f"/v1/documents?text=true&limit={PAGE}&cursor={cursor}"
    return Call("GET", path, lambda response: read(response.content, DocumentPage))


def story(name: str, cursor: int) -> Call[Story]:
    """Tell a story."""
    path = f"/v1/stories/{_quoted(name)}" + (f"?cursor={cursor}" if cursor else "")
    return Call("GET", path, lambda response: read(response.content, Story))


def stories(since: Since, limit: int, order: Order) -> Call[Stories]:
    """List the newest or largest stories."""
    given = {"limit": limit, "order": order} | ({} if since is None else {"since": since})
    return Call("GET", f"/v1/stories?{urlencode(given)}", lambda response: read(response.content, Stories))


def watch(
    name: str, text: str | None, document: str | None, question: Question, webhook: str | None, *, webhook_text: bool
) -> Call[Watch]:
    """Put a watch on a text, or on that of a document."""
    asked = _asked(text, document, question) | {"webhook": webhook, "webhook_text": webhook_text}
    return Call("PUT", _watch_path(name), lambda response: read(response.content, Watch), _json(asked))


def unwatch(name: str) -> Call[bool]:
    """Remove a watch; give whether there was one."""
    return Call("DELETE", _watch_path(name), lambda _: True, absent=(False,))


def watched(name: str) -> Call[Watch | None]:
    """Return the watch of a name, or None."""
    return Call("GET", _watch_path(name), lambda response: read(response.content, Watch), absent=(None,))


def watches(after: str) -> Call[WatchPage]:
    """List the watches whose names follow."""
    path = f"/v1/watches?limit={PAGE}&cursor={_quoted(after)}"
    return Call("GET", path, lambda response: read(response.content, WatchPage))


def hits(name: str | None, after: str, limit: int) -> Call[Hits]:
    """Read the hits of a watch, or of all, behind a cursor."""
    path = "/v1/watches/hits" if name is None else f"{_watch_path(name)}/hits"
    asked = f"?limit={min(limit, MOST_HITS)}&cursor={_quoted(after)}"
    return Call("GET", path + asked, lambda response: read(response.content, Hits))


def stats(read: Callable[[Mapping[str, Any]], T]) -> Call[T]:
    """Ask for size and scheme; `read` takes from them what is wanted."""
    return Call("GET", "/v1/stats", lambda response: read(response.json()))


def stats_of(value: Mapping[str, Any]) -> Stats:
    """Return the size."""
    return Stats(**{one.name: value[one.name] for one in fields(Stats)})


def scheme_of(value: Mapping[str, Any]) -> Scheme:
    """Return the scheme."""
    return Scheme(**{name: number for name, number in value["scheme"].items() if name != "fingerprint"})


def distinct(ids: Iterable[str]) -> Iterable[str]:
    """Return each id once, in the order given.

    Raises:
        InvalidInput: it is a single id.
    """
    check_several(ids)
    return dict.fromkeys(ids)


def puts(
    documents: Iterable[Document], skip_like: float | None, measure: Literal["jaccard", "containment"]
) -> Iterator[Call[Report]]:
    """Index documents, about a megabyte at a time; what JSON would change is rejected here, and not sent."""
    check_several(documents)
    limit_of(skip_like, measure)
    path = "/v1/documents" + (f"?skip_like={skip_like}&measure={measure}" if skip_like else "")
    lines, rejects, size = dict[int, bytes](), list[Reject](), 0
    for place, document in enumerate(documents):
        try:
            admit(document)
            lines[place] = _json(document_json(document)) + b"\n"
        except InvalidInput as error:
            code = error.code if isinstance(error, InvalidDocument) else "invalid_json"
            rejects.append(Reject(place, name_of(document), code, str(error)))
            continue
        size += len(lines[place])
        if size >= BATCH_BYTES:
            yield _put(path, lines, rejects)
            lines, rejects, size = {}, [], 0
    if lines or rejects:
        yield _put(path, lines, rejects)


def _put(path: str, lines: Mapping[int, bytes], rejects: Sequence[Reject]) -> Call[Report]:
    """Return the call that sends the lines, each under the document's place, and reports these rejects too."""
    places, body = list(lines), b"".join(lines.values())
    return Call("POST", path, lambda response: _report(response, places, rejects), body, "application/x-ndjson")


def _report(response: httpx2.Response, places: Sequence[int], rejects: Sequence[Reject]) -> Report:
    *lines, last = map(loads, response.content.splitlines())
    summary = last["summary"]
    if not summary["complete"]:
        raise _error(response.status_code, summary["error"]["code"], summary["error"]["detail"])
    rejected = [one for one in lines if one["status"] == "rejected"]
    refused = [Reject(places[one["line"] - 1], one["id"] or "", one["code"], one["detail"]) for one in rejected]
    every = sorted([*rejects, *refused], key=lambda reject: reject.place)
    alike = [one | {"place": places[one["line"] - 1]} for one in lines if one["status"] == "duplicate"]
    duplicates = tuple(msgspec.convert(one, Placed) for one in alike)
    return Report(summary["put"], summary["unchanged"], summary["replaced"], tuple(every), duplicates)


def joined(reports: Iterable[Report]) -> Report:
    """Return the sum of reports."""
    total = Report()
    for one in reports:
        total = Report(
            total.put + one.put,
            total.unchanged + one.unchanged,
            total.replaced + one.replaced,
            total.rejected + one.rejected,
            total.duplicates + one.duplicates,
        )
    return total


def _path(name: str) -> str:
    return f"/v1/documents/{_quoted(name)}"


def _watch_path(name: str) -> str:
    return "/v1/watches/" + ("%68its" if name == "hits" else _quoted(name))  # /v1/watches/hits are all hits


def _quoted(part: str) -> str:
    return quote(part.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E")


def cursor(after: str) -> str:
    """Return the cursor that stands behind an id."""
    return after.encode("utf-8", "surrogatepass").hex()


def _json(value: Any) -> bytes:
    try:
        # not as escapes, of which a reader would join two halves of a surrogate pair to one character
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"JSON cannot hold what was given ({error}); give strings, numbers, lists and objects"
        ) from None


def _problem(response: httpx2.Response) -> tuple[str, str]:
    try:
        value = response.json()
        faults = (f"{one['at'].rpartition('/')[2]}: {one['detail']}" for one in value.get("errors", ()))
        return value["code"], "; ".join(faults) or value["detail"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "service_error", _foreign(response)


def _foreign(response: httpx2.Response) -> str:
    return f"status {response.status_code} from something that is not this service; check the URL"


def _error(status: int, code: str, detail: str) -> ResemblesError:
    """Return the error that the embedded index raises for the same reason, where it has one."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.StoreError | InvalidInput) and kind.code == code:
            return kind(code, detail) if issubclass(kind, InvalidDocument) else kind(detail)
    if code in _OF_DOCUMENTS:
        return InvalidDocument(code, detail)
    return InvalidInput(detail) if status == 422 else ServiceError(code, detail)

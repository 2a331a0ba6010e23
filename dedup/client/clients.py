"""The two clients: they send calls, wait between attempts, and differ in nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain
from types import TracebackType
from typing import Literal, Self, TypeVar, Unpack

import httpx2

from dedup.admission import check_several
from dedup.client import calls
from dedup.client.calls import Call
from dedup.client.retries import attempts
from dedup.model import Answer, Document, Hits, Match, Reject, Report, Watch
from dedup.scheme import Scheme
from dedup.search.question import PairFields, Question, QuestionFields, WatchFields
from dedup.stores.base import Stats
from dedup.stories.story import Order, Since, Stories, Story

T = TypeVar("T")


class Client:
    """A remote index; usable in a `with` statement.

    Transient failures (429, 502–504, no connection) are retried, after the time that the service asks for, if it does:
    every call is idempotent.
    """

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = 30, http: httpx2.Client | None = None
    ) -> None:
        """Ask the service at `url`.

        Args:
            url: its address, with the path below which it lies, if there is one.
            key: an API key, if the service wants one.
            timeout: seconds to wait for each step: to connect, to send, to receive.
            http: an HTTP client to send with, which keeps its own timeouts, proxies and certificates, and stays open.
        """
        self._url, self._headers, self._own = url.rstrip("/"), _headers(key), http is None
        self._http = http or httpx2.Client(timeout=timeout)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the client."""
        self.close()

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._do(calls.stats(calls.scheme_of))

    def put(
        self,
        documents: Iterable[Document],
        *,
        skip_like: float | None = None,
        measure: Literal["jaccard", "containment"] = "jaccard",
    ) -> Report:
        """Index documents, with `skip_like` those that are new; see `Index.put`."""
        return calls.joined(self._do(call) for call in calls.puts(documents, skip_like, measure))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents; see `Index.remove`."""
        return sum(self._do(calls.remove(one)) for one in calls.distinct(ids))

    def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        return self._do(calls.get(id))

    def get_many(self, ids: Sequence[str]) -> list[Document | None]:
        """Return the document of each id, or None; a request for each."""
        check_several(ids)
        return [self.get(one) for one in ids]

    def documents(self, after: str = "") -> Iterator[Document]:
        """Iterate over the documents; see `Index.documents`."""
        cursor: str | None = calls.cursor(after)
        while cursor is not None:
            page = self._do(calls.page(cursor))
            yield from page.documents
            cursor = page.next

    def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        **fields: Unpack[QuestionFields],
    ) -> Answer:
        """Say what a text resembles; see `Index.resemble`."""
        return self.ask(text, Question(**fields), id=id)

    def ask(self, text: str | None, question: Question, *, id: str | None = None) -> Answer:  # noqa: A002 - the same
        """Return what `resemble` does, of a question that is a value."""
        return self._do(calls.resemble(text, id, question))

    def resemble_many(
        self, queries: Iterable[str | Document], **fields: Unpack[QuestionFields]
    ) -> Iterator[Answer | Reject]:
        """Yield what each query resembles, in the order given; see `Index.resemble_many`."""
        return chain.from_iterable(map(self._do, calls.resemble_many(queries, Question(**fields))))

    def compare(self, a: str, b: str, **fields: Unpack[PairFields]) -> Match:
        """Compare two texts as `dedup.compare` does, with the scheme of the index."""
        return self._do(calls.compare(a, b, Question(**fields)))

    def story(self, name: str, cursor: int = 0) -> Story:
        """Return a story; see `Index.story`."""
        return self._do(calls.story(name, cursor))

    def stories(self, since: Since = None, limit: int = 20, order: Order = "newest") -> Stories:
        """Return the stories of the newest documents; see `Index.stories`."""
        return self._do(calls.stories(since, limit, order))

    def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        webhook: str | None = None,
        webhook_text: bool = False,
        **fields: Unpack[WatchFields],
    ) -> Watch:
        """Hold every document that comes in from now on against a text; see `Index.watch`."""
        call = calls.watch(name, text, id, Question(**fields), webhook, webhook_text=webhook_text)
        return self._do(call)

    def unwatch(self, name: str) -> bool:
        """Remove a watch and its hits; see `Index.unwatch`."""
        return self._do(calls.unwatch(name))

    def watches(self) -> list[Watch]:
        """Return all watches; see `Index.watches`."""
        found = list[Watch]()
        after: str | None = ""
        while after is not None:
            page = self._do(calls.watches(after))
            found += page.watches
            after = page.next
        return found

    def watched(self, name: str) -> Watch | None:
        """Return the watch of that name, or None."""
        return self._do(calls.watched(name))

    def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits:
        """Return what came in that resembles a watch; see `Index.hits`. At most 1,000 hits come at once."""
        return self._do(calls.hits(name, after, limit))

    def stats(self) -> Stats:
        """Return the index's size."""
        return self._do(calls.stats(calls.stats_of))

    def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's; a second close does nothing."""
        if self._own:
            self._http.close()

    def _do(self, call: Call[T]) -> T:
        for attempt in attempts():
            time.sleep(attempt.pause)
            try:
                attempt.reply = self._http.request(
                    call.method, self._url + call.path, content=call.content, headers=self._headers | call.headers
                )
            except httpx2.TransportError as error:
                attempt.reply = error
        return call.result(attempt.reply)


class AsyncClient:
    """A remote index, asked from an event loop; see `Client`."""

    def __init__(
        self, url: str, *, key: str | None = None, timeout: float = 30, http: httpx2.AsyncClient | None = None
    ) -> None:
        """Ask the service at `url`; see `Client`."""
        self._url, self._headers, self._own = url.rstrip("/"), _headers(key), http is None
        self._http = http or httpx2.AsyncClient(timeout=timeout)

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
        return await self._do(calls.stats(calls.scheme_of))

    async def put(
        self,
        documents: Iterable[Document],
        *,
        skip_like: float | None = None,
        measure: Literal["jaccard", "containment"] = "jaccard",
    ) -> Report:
        """Index documents, with `skip_like` those that are new; see `Index.put`."""
        return calls.joined([await self._do(call) for call in calls.puts(documents, skip_like, measure)])

    async def remove(self, ids: Iterable[str]) -> int:
        """Remove documents; see `Index.remove`."""
        return sum([await self._do(calls.remove(one)) for one in calls.distinct(ids)])

    async def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        return await self._do(calls.get(id))

    async def get_many(self, ids: Sequence[str]) -> list[Document | None]:
        """Return the document of each id, or None; a request for each."""
        check_several(ids)
        return [await self.get(one) for one in ids]

    async def documents(self, after: str = "") -> AsyncIterator[Document]:
        """Iterate over the documents; see `Index.documents`."""
        cursor: str | None = calls.cursor(after)
        while cursor is not None:
            page = await self._do(calls.page(cursor))
            for document in page.documents:
                yield document
            cursor = page.next

    async def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        **fields: Unpack[QuestionFields],
    ) -> Answer:
        """Say what a text resembles; see `Index.resemble`."""
        return await self.ask(text, Question(**fields), id=id)

    async def ask(self, text: str | None, question: Question, *, id: str | None = None) -> Answer:  # noqa: A002 - the same
        """Return what `resemble` does, of a question that is a value."""
        return await self._do(calls.resemble(text, id, question))

    def resemble_many(
        self, queries: Iterable[str | Document], **fields: Unpack[QuestionFields]
    ) -> AsyncIterator[Answer | Reject]:
        """Yield what each query resembles, in the order given; see `Index.resemble_many`."""
        return self._each(calls.resemble_many(queries, Question(**fields)))

    async def compare(self, a: str, b: str, **fields: Unpack[PairFields]) -> Match:
        """Compare two texts; see `Client.compare`."""
        return await self._do(calls.compare(a, b, Question(**fields)))

    async def story(self, name: str, cursor: int = 0) -> Story:
        """Return a story; see `Index.story`."""
        return await self._do(calls.story(name, cursor))

    async def stories(self, since: Since = None, limit: int = 20, order: Order = "newest") -> Stories:
        """Return the stories of the newest documents; see `Index.stories`."""
        return await self._do(calls.stories(since, limit, order))

    async def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        webhook: str | None = None,
        webhook_text: bool = False,
        **fields: Unpack[WatchFields],
    ) -> Watch:
        """Hold every document that comes in from now on against a text; see `Index.watch`."""
        call = calls.watch(name, text, id, Question(**fields), webhook, webhook_text=webhook_text)
        return await self._do(call)

    async def unwatch(self, name: str) -> bool:
        """Remove a watch and its hits; see `Index.unwatch`."""
        return await self._do(calls.unwatch(name))

    async def watches(self) -> list[Watch]:
        """Return all watches; see `Index.watches`."""
        found = list[Watch]()
        after: str | None = ""
        while after is not None:
            page = await self._do(calls.watches(after))
            found += page.watches
            after = page.next
        return found

    async def watched(self, name: str) -> Watch | None:
        """Return the watch of that name, or None."""
        return await self._do(calls.watched(name))

    async def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits:
        """Return what came in that resembles a watch; see `Index.hits`. At most 1,000 hits come at once."""
        return await self._do(calls.hits(name, after, limit))

    async def stats(self) -> Stats:
        """Return the index's size."""
        return await self._do(calls.stats(calls.stats_of))

    async def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's; a second close does nothing."""
        if self._own:
            await self._http.aclose()

    async def _each(self, some: Iterable[Call[list[T]]]) -> AsyncIterator[T]:
        for call in some:
            for one in await self._do(call):
                yield one

    async def _do(self, call: Call[T]) -> T:
        for attempt in attempts():
            await asyncio.sleep(attempt.pause)
            try:
                attempt.reply = await self._http.request(
                    call.method, self._url + call.path, content=call.content, headers=self._headers | call.headers
                )
            except httpx2.TransportError as error:
                attempt.reply = error
        return call.result(attempt.reply)


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}

"""The embedded index and both clients have the same verbs and types; checked by mypy in `make lint`, never run."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Protocol, Unpack, assert_type

import httpx2

import dedup
from dedup import Answer, Document, Hits, Question, Reject, Report, Scheme, Watch
from dedup.search.question import QuestionFields, WatchFields
from dedup.stores.base import Stats


class Verbs(Protocol):
    """What an index can be asked, wherever it is."""

    @property
    def scheme(self) -> Scheme: ...
    def put(self, documents: Iterable[Document]) -> Report: ...
    def remove(self, ids: Iterable[str]) -> int: ...
    def get(self, id: str) -> Document | None: ...
    def get_many(self, ids: Sequence[str]) -> list[Document | None]: ...
    def documents(self, after: str = "") -> Iterator[Document]: ...
    def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,
        **fields: Unpack[QuestionFields],
    ) -> Answer: ...
    def resemble_many(
        self, queries: Iterable[str | Document], **fields: Unpack[QuestionFields]
    ) -> Iterator[Answer | Reject]: ...
    def ask(self, text: str | None, question: Question, *, id: str | None = None) -> Answer: ...
    def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,
        webhook: str | None = None,
        webhook_text: bool = False,
        **fields: Unpack[WatchFields],
    ) -> Watch: ...
    def unwatch(self, name: str) -> bool: ...
    def watches(self) -> list[Watch]: ...
    def watched(self, name: str) -> Watch | None: ...
    def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits: ...
    def stats(self) -> Stats: ...
    def close(self) -> None: ...


class AsyncVerbs(Protocol):
    """The same to be awaited."""

    async def scheme(self) -> Scheme: ...
    async def put(self, documents: Iterable[Document]) -> Report: ...
    async def remove(self, ids: Iterable[str]) -> int: ...
    async def get(self, id: str) -> Document | None: ...
    async def get_many(self, ids: Sequence[str]) -> list[Document | None]: ...
    def documents(self, after: str = "") -> AsyncIterator[Document]: ...
    async def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,
        **fields: Unpack[QuestionFields],
    ) -> Answer: ...
    def resemble_many(
        self, queries: Iterable[str | Document], **fields: Unpack[QuestionFields]
    ) -> AsyncIterator[Answer | Reject]: ...
    async def ask(
        self,
        text: str | None,
        question: Question,
        *,
        id: str | None = None,
    ) -> Answer: ...
    async def watch(
        self,
        name: str,
        text: str | None = None,
        *,
        id: str | None = None,
        webhook: str | None = None,
        webhook_text: bool = False,
        **fields: Unpack[WatchFields],
    ) -> Watch: ...
    async def unwatch(self, name: str) -> bool: ...
    async def watches(self) -> list[Watch]: ...
    async def watched(self, name: str) -> Watch | None: ...
    async def hits(self, name: str | None = None, after: str = "", limit: int = 100) -> Hits: ...
    async def stats(self) -> Stats: ...
    async def close(self) -> None: ...


def same(index: dedup.Index, client: dedup.Client, later: dedup.AsyncClient) -> tuple[Verbs, Verbs, AsyncVerbs]:
    """Check that each has all verbs."""
    return index, client, later


def keywords(client: dedup.Client) -> None:
    """Check that a misspelt keyword, a wrong type and a question's field that a comparison has not are errors."""
    client.resemble("a", limit=3, filter={"source": "wire"})
    client.resemble("a", fliter={})  # type: ignore[call-arg]
    client.resemble("a", limit="3")  # type: ignore[arg-type]
    client.compare("a", "b", min_words=4)
    client.compare("a", "b", limit=4)  # type: ignore[call-arg]
    dedup.compare("a", "b", limit=4)  # type: ignore[call-arg]
    assert_type(client.ask("a", Question(limit=3)), Answer)


dedup.Client("http://127.0.0.1:8080", http=httpx2.Client(verify=False))
dedup.AsyncClient("http://127.0.0.1:8080", http=httpx2.AsyncClient())

"""The client: what the embedded index answers, the remote one answers too, plain and async."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from servers.service import Serving, Start, prose

import dedup
from dedup.errors import InvalidDocument, InvalidInput, ServiceError, StoreClosed, UnknownStory
from dedup.model import Document

WIRE = prose(40, "wire")
DOCUMENTS = [
    Document("a", f"{WIRE} {prose(20, 'a')}", {"source": "x", "n": 1}),
    Document("b/ü 💩?", f"{prose(20, 'b')} {WIRE}", {"source": "y", "id": "its own", "text": 2}),
    Document("empty", "…"),
    Document("c", prose(300, "c"), {"metadata": {"nested": [1, 2.5, None, True]}}),
    Document("a", f"{WIRE} {prose(21, 'new a')}", {"source": "x"}),
    Document("", prose(5, "no id")),
    Document("d", " ".join(sorted(WIRE.split())[:30])),
]


class Blocking:
    """The async client, called like the plain one; its loop has a thread of its own, since a browser's has this one."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self._loop, self._thread = asyncio.new_event_loop(), ThreadPoolExecutor(1)
        self._client = dedup.AsyncClient(url)

    def _wait(self, awaitable: Any) -> Any:
        return self._thread.submit(self._loop.run_until_complete, awaitable).result()

    def __getattr__(self, name: str) -> Any:
        """Return a method that waits."""

        def call(*given: Any, **named: Any) -> Any:
            return self._wait(getattr(self._client, name)(*given, **named))

        return call

    @property
    def scheme(self) -> Any:
        """The index's scheme."""
        return self._wait(self._client.scheme())

    def documents(self, after: str = "") -> Iterator[Document]:
        """Iterate over the documents."""

        async def all_of_them() -> list[Document]:
            return [one async for one in self._client.documents(after)]

        return iter(self._wait(all_of_them()))

    def close(self) -> None:
        """Disconnect."""
        self._wait(self._client.close())
        self._loop.close()
        self._thread.shutdown()


@pytest.fixture(params=["client", "async"])
def both(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """An embedded index and a remote one, told the same."""
    with start() as service, dedup.open(f"lmdb:{tmp_path / 'embedded'}") as embedded:
        remote: Any = dedup.Client(service.url) if request.param == "client" else Blocking(service.url)
        try:
            yield embedded, remote
        finally:
            remote.close()


def raised(call: Any) -> tuple[type, str]:
    """Return the class and code of the error that a call raises."""
    with pytest.raises(dedup.ResemblesError) as caught:
        call()
    return type(caught.value), caught.value.code


def test_every_call_answers_alike(both: tuple[Any, Any]) -> None:
    """Put, get, list, resemble in all its variants, remove, stats and scheme give equal results on both."""
    embedded, remote = both

    def same(call: Any) -> Any:
        one, other = call(embedded), call(remote)
        assert one == other
        return one

    report = same(lambda index: index.put(DOCUMENTS))
    assert (report.put, report.unchanged, report.replaced, len(report.rejected)) == (4, 0, 1, 2)
    same(lambda index: index.put(DOCUMENTS[3:4]))
    for name in ("a", "b/ü 💩?", "c", "nobody"):
        same(lambda index, name=name: index.get(name))
    assert [one.id for one in same(lambda index: list(index.documents()))] == ["a", "b/ü 💩?", "c", "d"]
    same(lambda index: list(index.documents("b")))
    for asked in (
        {"text": WIRE},
        {"text": WIRE, "limit": 1},
        {"id": "a"},
        {"text": f"{WIRE} x", "id": "a"},
        {"text": WIRE, "min_words": 25, "min_similarity": 0.9},
        {"text": WIRE, "contained": 1},
        {"text": WIRE, "contained": 0.5, "passages": False},
        {"text": WIRE, "filter": {"source": ["y"]}},
        {"id": "a", "filter": {"source": {"same": False}}},
        {"text": "short"},
    ):
        answer = same(lambda index, asked=asked: index.resemble(**asked))
        assert bool(answer.matches) != answer.too_short
    assert same(lambda index: index.scheme) == dedup.Scheme()
    assert same(lambda index: index.stats().documents) == 4
    assert same(lambda index: index.remove(["a", "nobody", "b/ü 💩?", "a"])) == 2
    assert [one.id for one in same(lambda index: list(index.documents()))] == ["c", "d"]


def test_watches_and_hits_are_alike(both: tuple[Any, Any]) -> None:
    """Watches put, replaced, listed, read and removed, and their hits by the page, are equal on both."""
    embedded, remote = both

    def same(call: Any) -> Any:
        one, other = call(embedded), call(remote)
        assert one == other
        return one

    same(lambda index: index.put(DOCUMENTS[:1]))
    same(lambda index: index.watch("a/ü", WIRE, min_words=20, filter={"source": ["x", "y"]}))
    same(lambda index: index.watch("b", id="a", reworded=False, passages=False))
    assert [one.name for one in same(lambda index: index.watches())] == ["a/ü", "b"]
    assert same(lambda index: index.watched("b")).id == "a"
    assert same(lambda index: index.watched("nobody")) is None
    same(lambda index: index.put(DOCUMENTS[1:]))
    every = same(lambda index: index.hits())
    assert {hit.match.id for hit in every} == {"b/ü 💩?", "a"}
    first = same(lambda index: index.hits(limit=1))
    assert [*first, *same(lambda index: index.hits(after=first.next))] == list(every)
    assert same(lambda index: index.hits("a/ü")).hits == tuple(hit for hit in every if hit.watch == "a/ü")
    assert same(lambda index: index.unwatch("a/ü"))
    assert not same(lambda index: index.unwatch("a/ü"))
    for call in (
        lambda index: index.hits("a/ü"),
        lambda index: index.watch("c", "too short"),
        lambda index: index.watch("c", id="nobody"),
        lambda index: index.watch("c"),
        lambda index: index.watch("c", WIRE, min_words=0),
        lambda index: index.watch("x" * 401, WIRE),
    ):
        assert raised(lambda call=call: call(embedded)) == raised(lambda call=call: call(remote))


def test_bad_documents_are_rejected_alike(both: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What JSON would change, and wrong types, are rejected by place with the same words, in batches of any kind."""
    monkeypatch.setattr("dedup.client.calls.BATCH_BYTES", 1_000)
    wrong: list[Any] = [{"n": float("nan")}, {"t": (1, 2)}, {1: "x"}, {"s": {1}}, None]
    documents = [
        one
        for i, metadata in enumerate(wrong)
        for one in (Document(f"good {i}", prose(60)), Document(f"bad {i}", prose(5), metadata))
    ]
    wrong_types: list[Any] = [Document(17, "text"), Document("none", None), Document("empty", "…")]  # type: ignore[arg-type]
    embedded, remote = (index.put([*documents, *wrong_types]) for index in both)
    assert embedded == remote
    assert embedded.put == len(wrong)
    assert [one.place for one in embedded.rejected] == [1, 3, 5, 7, 9, 10, 11, 12]


def test_every_refusal_is_the_same_error(both: tuple[Any, Any]) -> None:
    """What the embedded index refuses the remote one refuses with the same class and code."""
    embedded, remote = both
    for asked, expected in (
        ({"id": "nobody"}, (InvalidDocument, "unknown_id")),
        ({}, (InvalidInput, "invalid_input")),
        ({"text": "x", "limit": 0}, (InvalidInput, "invalid_input")),
        ({"text": "x", "min_similarity": 2.0}, (InvalidInput, "invalid_input")),
        ({"text": "x", "contained": 0.4}, (InvalidInput, "invalid_input")),
        ({"text": "x", "filter": {"a": {"?": 1}}}, (InvalidInput, "invalid_input")),
    ):
        assert raised(lambda asked=asked: embedded.resemble(**asked)) == expected
        assert raised(lambda asked=asked: remote.resemble(**asked)) == expected


def test_ids_of_dots_are_reached(both: tuple[Any, Any]) -> None:
    """`.` and `..`, which a URL resolves unless they are escaped, are ids like others."""
    for index in both:
        report = index.put([Document(name, prose(9)) for name in (".", "..", "a/../b")])
        assert report.put == 3
        assert [index.get(name).id for name in (".", "..", "a/../b")] == [".", "..", "a/../b"]
        assert index.remove([".", ".."]) == 2
        assert [one.id for one in index.documents()] == ["a/../b"]


def test_half_a_surrogate_pair_stays_at_home(both: tuple[Any, Any]) -> None:
    """The one difference: JSON for others cannot carry a lone surrogate, so the service refuses it."""
    embedded, remote = both
    broken = f"{prose(9)} \ud800"
    assert embedded.put([Document("broken", broken)]).put == 1
    assert not embedded.resemble(broken, id="broken").matches
    [reject] = remote.put([Document("broken", broken)]).rejected
    assert (reject.place, reject.code) == (0, "invalid_json")
    halves = f"{prose(9)} \ud83d" + "\ude00"  # two characters, which escapes in JSON would join to one
    assert [one.code for one in remote.put([Document("halves", halves)]).rejected] == ["invalid_json"]
    assert raised(lambda: remote.resemble(broken)) == (InvalidInput, "invalid_input")
    assert raised(lambda: remote.compare(broken, WIRE)) == (InvalidInput, "invalid_input")


def test_compare_is_the_library_s(both: tuple[Any, Any]) -> None:
    """A remote comparison equals a local one."""
    _, remote = both
    pair = (WIRE, f"{prose(5)} {WIRE}")
    assert remote.compare(*pair) == dedup.compare(*pair)
    assert remote.compare(*pair, min_words=41) == dedup.compare(*pair, min_words=41)
    assert remote.compare(*pair, contained=0.95) == dedup.compare(*pair, contained=0.95)


def test_many_documents_go_in_by_parts(both: tuple[Any, Any]) -> None:
    """Documents of several megabytes go in by several requests; rejects keep their places."""
    _, remote = both
    documents = [Document(f"d{i}", prose(2) + " long words" * 20_000 if i != 17 else "!") for i in range(24)]
    report = remote.put(documents)
    assert (report.put, [(one.place, one.id) for one in report.rejected]) == (23, [(17, "d17")])


def test_no_service_is_an_error_after_a_few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without a service says so, and so does one at the wrong address."""
    monkeypatch.setattr("dedup.client.retries._pause", lambda *_: 0.0)
    with dedup.Client("http://127.0.0.1:9") as client:
        assert raised(client.stats) == (ServiceError, "unreachable")
    remote = Blocking("http://127.0.0.1:9")
    assert raised(remote.stats) == (ServiceError, "unreachable")
    remote.close()


def test_a_busy_service_is_asked_again(both: tuple[Any, Any], start: Start) -> None:
    """A request that was told to come again is repeated until it is answered."""
    with start(index="memory:", rate=3) as limited, dedup.Client(limited.url) as client:
        assert [client.stats().documents for _ in range(5)] == [0] * 5


def test_a_store_that_fails_is_the_store_s_error(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that cannot answer raises the error that it raised there."""
    monkeypatch.setattr("dedup.client.retries._pause", lambda *_: 0.0)
    with start() as service, dedup.Client(service.url) as client:
        service.app.state.service.index._store.close()
        assert raised(client.stats) == (StoreClosed, "store_closed")


def test_what_is_no_such_service_is_an_error(service: Serving) -> None:
    """An answer that is no problem document of ours is told as such; so is a value that JSON cannot hold."""
    with dedup.Client(f"{service.url}/static/page.css?") as client:
        assert raised(client.stats)[0] is ServiceError
    with dedup.Client(service.url) as client:
        asked = raised(lambda: client.resemble("some text", filter={"source": {1, 2}}))
        assert asked == (InvalidInput, "invalid_input")


@pytest.mark.parametrize("kind", ["client", "async"])
def test_stories_are_the_embedded_index_s(kind: str, start: Start, tmp_path: Path) -> None:
    """A story, its name whatever it holds, the lists and the refusals are the same from both ends."""
    documents = [Document("../ü?", WIRE, {"date": "2026-01-02"}), Document("b", f"{prose(9)} {WIRE}"), DOCUMENTS[3]]
    with dedup.open(f"lmdb:{tmp_path / 'index'}", dedup.Scheme(stories=0.5)) as index:
        index.put(documents)
        expected = index.story("../ü?"), index.stories(), index.stories(1, 1, "largest")
        asked = index.resemble(WIRE, fold="story")
    with start() as service:
        remote: Any = dedup.Client(service.url) if kind == "client" else Blocking(service.url)
        told = remote.story("../ü?"), remote.stories(), remote.stories(1, 1, "largest")
        assert told == expected
        assert remote.resemble(WIRE, fold="story") == asked
        assert raised(lambda: remote.story("nobody")) == (UnknownStory, "unknown_story")
        assert raised(lambda: remote.stories("nonsense")) == (InvalidInput, "invalid_input")
        with pytest.raises(InvalidInput, match="order: Input should be 'newest' or 'largest'"):
            remote.stories(order="oldest")
        with pytest.raises(
            UnknownStory,
            match="no document belongs to a story of this name, or none",
        ):
            remote.story("no/body")
        remote.close()

"""Watches, on every kind of store: what comes in and resembles a text is a hit, in order, once."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract.conftest import url_of
from contract.watching import RELEASES, WORDS, Model, Unsettled, about, every, named
from model_store import ModelStore
from servers.fixtures import ON_SERVERS

import dedup
from dedup import Document
from dedup.engine import Index
from dedup.errors import InvalidDocument, InvalidInput
from dedup.stores import open_store

PHRASE = "the fox ran over seven lazy hounds at dawn"


@pytest.fixture(params=["model", "memory", "lmdb", *ON_SERVERS])
def index(request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> Iterator[Index]:
    """An empty index of each kind, and of the model."""
    kind = request.param
    opened = (
        Index(ModelStore()) if kind == "model" else dedup.open(url_of(kind, request, tmp_path / "index", namespace))
    )
    with opened as one:
        yield one


def test_hits_are_those_that_anybody_would_find(index: Index) -> None:
    """Of documents that come in, alone and in batches, each watch finds those that `compare` finds, in their order."""
    model = Model()
    for number, release in enumerate(RELEASES):
        model.watches[f"release-{number}"] = release
        index.watch(f"release-{number}", release)
    documents = [
        Document(f"d{i}", about(i % 15, seed=i) if i % 15 < 12 else " ".join(WORDS[i : i + 90])) for i in range(60)
    ]
    for batch in (documents[:40], *([one] for one in documents[40:])):
        index.put(batch)
    for document in documents:
        model.put(document)
    assert len(model.hits) >= 48
    assert named(every(index)) == model.hits
    for name in model.watches:
        assert named(every(index, name, limit=2)) == [hit for hit in model.hits if hit[0] == name]


def test_a_hit_is_what_a_look_up_says(index: Index) -> None:
    """A hit's figures and passages are those of the document when the watch's text is looked up."""
    index.put([Document(f"other-{i}", about(i, seed=100 + i)) for i in range(5)])
    index.watch("one", RELEASES[7])
    index.put([Document("article", about(7, seed=1), {"source": "wire"})])
    (hit,) = index.hits()
    (match,) = index.resemble(RELEASES[7])
    assert hit.match == match
    assert hit.watch == "one"


@pytest.mark.parametrize("length", [7, 9])
def test_a_phrase_is_found_whatever_surrounds_it(index: Index, length: int) -> None:
    """A phrase of seven words is found in each of thirty long texts."""
    phrase = " ".join(PHRASE.split()[:length])
    index.watch("fox", phrase)
    own = random.Random(5)  # noqa: S311 - reproducible
    index.put(
        Document(f"d{i:02}", " ".join([*own.sample(WORDS, 300), phrase, *own.sample(WORDS, 300)])) for i in range(30)
    )
    assert [hit.match.id for hit in index.hits("fox")] == [f"d{i:02}" for i in range(30)]


def test_what_is_there_already_is_no_hit(index: Index) -> None:
    """A new watch begins with what comes in from then on; so does one that replaces another."""
    index.put([Document("before", about(0, seed=1))])
    index.watch("one", RELEASES[0])
    index.put([Document("first", about(0, seed=2))])
    index.watch("one", RELEASES[1])
    index.put([Document("not any more", about(0, seed=3)), Document("second", about(1, seed=4))])
    assert named(index.hits()) == [("one", "first"), ("one", "second")]


def test_a_watch_put_again_as_it_is_goes_on(index: Index) -> None:
    """Equal content changes nothing: a document that has come in meanwhile and is not settled stays a hit."""
    index.watch("one", RELEASES[0], filter={"source": "wire"})
    Unsettled(index._store).put([Document("a", about(0, seed=1), {"source": "wire"})])
    index.watch("one", RELEASES[0], filter={"source": "wire"})
    assert named(index.hits()) == [("one", "a")]


def test_replaced_documents(index: Index) -> None:
    """Each version that comes in is a hit of its own; equal content is none; one replaced before it is held is none."""
    index.watch("one", RELEASES[0])
    for seed in (1, 1, 2):
        index.put([Document("a", about(0, seed=seed))])
    assert named(index.hits()) == [("one", "a"), ("one", "a")]
    late = Unsettled(index._store)
    late.put([Document("b", about(0, seed=3))])
    late.put([Document("b", " ".join(WORDS[:90]))])
    assert named(index.hits()) == [("one", "a"), ("one", "a")]


def test_removed_documents(index: Index) -> None:
    """What is removed before it is held is no hit; a hit outlives its document."""
    index.watch("one", RELEASES[0])
    index.put([Document("gone", about(0, seed=1))])
    index.remove(["gone"])
    late = Unsettled(index._store)
    late.put([Document("removed", about(0, seed=2))])
    late.remove(["removed"])
    assert named(index.hits()) == [("one", "gone")]
    assert index.sides(index.hits().hits[0]) is None


@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_expired_documents_and_hits(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that has expired before it is held is no hit; a hit is kept for a time of its own, then swept."""
    monkeypatch.setattr("dedup.watches.hits.KEPT", 1)
    with dedup.open(url_of(kind, request, tmp_path / "index", namespace)) as index:
        index.watch("one", RELEASES[0])
        Unsettled(index._store).put([Document("expired", about(0, seed=1))], ttl=1)
        time.sleep(2.1)
        index.put([Document("fresh", about(0, seed=2))])
        assert named(index.hits()) == [("one", "fresh")]
        time.sleep(2.1)
        assert (named(index.hits()), named(index.hits("one"))) == ([], [])
        index.sweep()
        assert [stored.id for stored in index._opened["hits"].scan()] == ["cursor"]


def test_unwatch_removes_a_watch_and_its_hits(index: Index) -> None:
    """A removed watch has no hits, also if another one of its name follows; other watches keep theirs."""
    for name in ("one", "one:more", "o"):
        index.watch(name, RELEASES[0])
    index.put([Document("a", about(0, seed=1)), Document("b", about(0, seed=2))])
    assert (index.unwatch("one"), index.unwatch("one")) == (True, False)
    assert named(index.hits()) == [("o", "a"), ("one:more", "a"), ("o", "b"), ("one:more", "b")]
    index.watch("one", RELEASES[0])
    assert named(index.hits("one")) == []
    assert named(index.hits("one:more")) == [("one:more", "a"), ("one:more", "b")]
    assert [watch.name for watch in index.watches()] == ["o", "one", "one:more"]


def test_fields_of_a_look_up(index: Index) -> None:
    """`min_words`, `passages` and `filter` hold for hits as they do for matches."""
    index.watch("all", RELEASES[0])
    index.watch("long", RELEASES[0], min_words=30)
    index.watch("whole", RELEASES[0], passages=False)
    index.watch("wire", RELEASES[0], filter={"source": "wire"})
    index.put([Document("part", about(0, seed=1)), Document("copy", RELEASES[0], {"source": "wire"})])
    assert named(index.hits()) == [
        ("all", "part"),
        *(("all", "copy"), ("long", "copy"), ("whole", "copy"), ("wire", "copy")),
    ]


def test_watch_for_a_document(index: Index) -> None:
    """A watch on an id has the text of that moment; `same` and dates compare with the document's metadata."""
    index.put([Document("mine", RELEASES[0], {"author": "x", "published": "2026-05-02"})])
    watch = index.watch("copies", id="mine", filter={"author": {"same": False}})
    assert (watch.text, watch.id) == (RELEASES[0], "mine")
    index.remove(["mine"])
    index.put(
        [
            Document("own", about(0, seed=1), {"author": "x"}),
            Document("other", about(0, seed=2), {"author": "y", "published": "2026-05-03"}),
        ]
    )
    (hit,) = index.hits()
    assert (hit.match.id, hit.match.direction) == ("other", "later")


def test_pages(index: Index) -> None:
    """A page begins behind its cursor, of all watches and of one; at the end the cursor stays where it is."""
    index.watch("a", RELEASES[0])
    index.watch("b", RELEASES[0])
    index.put([Document(f"d{i}", about(0, seed=i)) for i in range(3)])
    first = index.hits(limit=3)
    assert named(first) == [("a", "d0"), ("b", "d0"), ("a", "d1")]
    assert named(index.hits(after=first.next)) == [("b", "d1"), ("a", "d2"), ("b", "d2")]
    assert named(index.hits("b", after=first.next)) == [("b", "d1"), ("b", "d2")]
    end = index.hits(after=first.next)
    assert (index.hits(after=end.next).hits, index.hits(after=end.next).next) == ((), end.next)


def test_sides_are_the_two_texts(index: Index) -> None:
    """The watch's text and the document stand beside a hit until one of them is replaced."""
    index.watch("one", RELEASES[0])
    index.put([Document("a", about(0, seed=1))])
    (hit,) = index.hits()
    sides = index.sides(hit)
    assert sides
    assert [side.text for side in sides] == [RELEASES[0], about(0, seed=1)]
    index.watch("one", RELEASES[1])
    assert index.sides(hit) is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": "", "text": RELEASES[0]}, "empty_id"),
        ({"name": "n" * 401, "text": RELEASES[0]}, "long_id"),
        ({"name": "\ud800", "text": RELEASES[0]}, "invalid_id"),
        ({"name": 7, "text": RELEASES[0]}, "no_id"),
        ({"name": "a", "text": 7}, "no_text"),
        ({"name": "a", "text": "six words are too few here"}, "short_text"),
        ({"name": "a", "text": "..."}, "short_text"),
        ({"name": "a", "id": "nobody"}, "unknown_id"),
        ({"name": "a"}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "id": "b"}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "min_words": 0}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "filter": {"x": {"~": 1}}}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "filter": {"x": {"same": True}}}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "webhook": "ftp://host"}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "webhook": "http://[x"}, "invalid_input"),
        ({"name": "a", "text": RELEASES[0], "webhook": 7}, "invalid_input"),
    ],
)
def test_bad_watches(given: dict[str, object], code: str) -> None:
    """What cannot be watched for is refused with a code, and nothing is there afterwards."""
    with dedup.open("memory:") as index:
        with pytest.raises(InvalidInput) as error:
            index.watch(**given)  # type: ignore[arg-type] # some are of a wrong type, and that is the test
        assert error.value.code == code
        assert index.watches() == []


def test_bad_questions_about_hits() -> None:
    """A watch that is not there and a limit that makes no sense are refused."""
    with dedup.open("memory:") as index:
        with pytest.raises(InvalidDocument, match="no watch 'x'"):
            index.hits("x")
        for limit in (0, 10_001, True):
            with pytest.raises(InvalidInput, match="limit"):
                index.hits(limit=limit)


def test_an_index_without_watches_has_nothing_beside_it(tmp_path: Path) -> None:
    """Puts and questions make no folder; the first watch does."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        index.put([Document("a", RELEASES[0])])
        assert (index.hits().hits, index.watches(), index.unwatch("x"), index.settle()) == ((), [], False, 0)
        assert not (tmp_path / "index" / "watches").exists()
        index.watch("one", RELEASES[0])
        assert (tmp_path / "index" / "watches").is_dir()


@pytest.mark.parametrize("kind", ["lmdb", "redis", "redis-cluster"])
def test_another_process_watches(kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> None:
    """A watch put through one opening holds what comes in through another, which was there before."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    with dedup.open(url) as writer, dedup.open(url) as watcher:
        writer.put([Document("before", about(0, seed=1))])
        watcher.watch("one", RELEASES[0])
        writer.put([Document("after", about(0, seed=2))])
        assert writer.new_hits == 1
        assert named(watcher.hits()) == [("one", "after")]
        watcher.unwatch("one")
        writer.put([Document("later", about(0, seed=3))])
        assert named(writer.hits()) == []


@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_a_reader_sees_the_hits(kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> None:
    """An index opened for reading shows the hits that are settled, and cannot be watched."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    with dedup.open(url) as index:
        index.watch("one", RELEASES[0])
        index.put([Document("a", about(0, seed=1))])
        Unsettled(index._store).put([Document("unsettled", about(0, seed=2))])
    with dedup.open(url, read_only=True) as reader:
        assert named(reader.hits()) == [("one", "a")]
        with pytest.raises(dedup.ResemblesError):
            reader.watch("two", RELEASES[1])


def test_the_server_keeps_other_namespaces_apart(
    request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """An index of a namespace that is spelled like the watches' own is another index."""
    url = url_of("redis", request, tmp_path, namespace)
    with dedup.open(url) as index:
        index.watch("one", RELEASES[0])
        with dedup.open(url + ":watches") as other:
            other.put([Document("a", RELEASES[0])])
        assert [watch.name for watch in index.watches()] == ["one"]
    with pytest.raises(InvalidInput, match="namespace"):
        open_store(f"{url}:%20watches", create=False)


def test_character_units(tmp_path: Path) -> None:
    """In an index of characters a watch finds what is misread here and there."""
    scheme = dedup.Scheme(unit="character")
    text = "The quick brown fox jumped over the lazy dog while the farmer slept in the barn all day long."
    misread = text.replace("quick", "qvick").replace("farmer", "fanner").replace(" the ", " tlie ", 1)
    with dedup.open("memory:", scheme) as index:
        index.watch("fox", text)
        index.put(
            [Document("ocr", f"Page one, column two. {misread} Weather: rain."), Document("other", " ".join(WORDS))]
        )
        assert named(index.hits()) == [("fox", "ocr")]


def test_a_watch_that_asks_for_something_else_is_not_sent_what_the_one_before_has_found(index: Index) -> None:
    """Deliveries go on behind the hits of a watch that was replaced; if only the webhook is another, they all go on."""
    index.watch("one", RELEASES[0])
    index.put([Document("a", about(0, seed=1))])
    index.watch("one", RELEASES[0], webhook="https://example.org/")
    assert index.deliveries
    assert index.deliveries.last("one") == ""
    index.watch("one", RELEASES[1], webhook="https://example.org/")
    index.put([Document("b", about(1, seed=1))])
    undelivered = index.hits("one", index.deliveries.last("one"))
    assert named(undelivered) == [("one", "b")]
    assert named(index.hits("one")) == [("one", "a"), ("one", "b")]

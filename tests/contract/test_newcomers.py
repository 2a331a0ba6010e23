"""On every kind of store: what is not new stays out, and every document gets a story, whoever else is writing."""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Barrier

import naive
import numpy as np
import pytest
from contract.conftest import url_of
from model_store import ModelStore
from servers.fixtures import ON_SERVERS

import dedup
from dedup.engine import Index, open_index
from dedup.model import Document, Placed, Report
from dedup.newcomers import Newcomers
from dedup.scheme import Scheme
from dedup.stores.base import Entry, Judged, Snapshot, Stored
from dedup.stores.redis.judging import in_turn

KINDS = ["memory", "lmdb", *ON_SERVERS]
rng = random.Random(17)  # noqa: S311 - reproducible
WORDS = [f"{rng.choice('bdfgklmnprst')}{rng.choice('aeiou')}{i}" for i in range(3000)]


def changed(words: Sequence[str], places: Iterable[int]) -> str:
    """Return a text with other words at some places."""
    return " ".join("changed" if place in set(places) else word for place, word in enumerate(words))


def family(number: int, copies: int, length: int = 100) -> list[Document]:
    """Return a text and copies of it, each with two words changed: Jaccard .69 and more among all of them."""
    words = rng.choices(WORDS, k=length)
    texts = [changed(words, rng.sample(range(4, length - 4), 2) if copy else ()) for copy in range(copies)]
    return [Document(f"f{number}-{copy}", text) for copy, text in enumerate(texts)]


SIZES = [10] * 500 + [400_000] * 3 + [5_000_000] + [10] * 2
FAMILIES = [family(number, 4) for number in range(60)]
SHUFFLED = tuple(rng.sample([one for some in FAMILIES[:20] for one in some], 80))


figures = cache(naive.figures)


def in_order(documents: Iterable[Document], least: float) -> dict[str, str | None]:
    """Return of each document, put one after the other, the most alike of those that are in; None if it goes in."""
    there, became = dict[str, str](), dict[str, str | None]()
    for one in documents:
        alike = {name: share for name, text in there.items() if (share := figures(text, one.text)[0]) >= least}
        became[one.id] = max(alike, key=lambda name: alike[name]) if alike else None
        if not alike:
            there[one.id] = one.text
    return became


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> str:
    """Where an empty index of each kind goes."""
    return url_of(request.param, request, tmp_path / "index", namespace)


def put_each(index: Index, documents: Iterable[Document], least: float = 0.6) -> dict[str, str | None]:
    """Put what is new, and return what each document is a duplicate of."""
    outcomes = index.put_each(documents, skip_like=least)
    return {one.id: one.duplicate_of.id if one.duplicate_of else None for one in outcomes if isinstance(one, Placed)}


def test_what_is_like_one_before_it_stays_out(url: str) -> None:
    """In batches of any size, each document goes in or is a duplicate of the very one that plain Python names."""
    expected = in_order(SHUFFLED, 0.6)
    with dedup.open(url) as index:
        became = put_each(index, SHUFFLED[:1])
        became |= put_each(index, SHUFFLED[1:30])
        became |= put_each(index, SHUFFLED[30:])
        assert became == expected
        assert {one.id for one in index.documents()} == {name for name, of in expected.items() if of is None}
        assert index.check().sound


def test_the_figures_of_a_duplicate_are_exact(url: str) -> None:
    """Jaccard and containment both ways are those of the two sets of shingles, worked out by hand."""
    words = WORDS[:40]
    with dedup.open(url) as index:
        index.put([Document("whole", " ".join(words))])
        (half,) = index.put_each([Document("half", " ".join(words[:23]))], skip_like=0.9, measure="containment")
        assert isinstance(half, Placed)
        assert half.duplicate_of
        assert half.status == "duplicate"
        assert half.duplicate_of.id == "whole"
        assert half.duplicate_of.jaccard == pytest.approx(20 / 37)
        assert half.duplicate_of.containment.query_in_document == 1
        assert half.duplicate_of.containment.document_in_query == pytest.approx(20 / 37)
        assert index.put([Document("half", " ".join(words[:23]))], skip_like=0.55).put == 1  # 20 / 37 is .541
        assert index.put([Document("more", " ".join(words[:24]))], skip_like=0.55).duplicates


def test_its_own_id_never_counts(url: str) -> None:
    """A document that is put again is unchanged or replaced, however much it is like its former self."""
    first, *_, last = FAMILIES[0]
    again = Document(first.id, last.text)
    with dedup.open(url) as index:
        assert index.put([first], skip_like=0.5) == Report(put=1)
        assert index.put([first], skip_like=0.5) == Report(unchanged=1)
        assert index.put([again], skip_like=0.5) == Report(replaced=1)
        assert index.document(first.id).text == last.text


def test_a_replacement_that_is_like_another_leaves_the_old_version(url: str) -> None:
    """A new version that is like another document is a duplicate of that one; the old version stays."""
    a, b = FAMILIES[0][0], FAMILIES[1][0]
    with dedup.open(url) as index:
        index.put([a, b])
        (skipped,) = index.put([Document("f0-0", FAMILIES[1][1].text)], skip_like=0.6).duplicates
        assert skipped.duplicate_of
        assert skipped.duplicate_of.id == b.id
        assert index.document("f0-0").text == a.text
        assert skipped.kept_version == index.document("f0-0").version
        (fresh,) = index.put([Document("fresh", FAMILIES[1][1].text)], skip_like=0.6).duplicates
        assert fresh.kept_version is None


def test_what_was_removed_or_has_expired_is_not_a_duplicate(url: str) -> None:
    """Once a document is gone, one like it is new."""
    first, second, third, _ = FAMILIES[0]
    with dedup.open(url) as index:
        index.put([first])
        assert index.put([second], skip_like=0.6).duplicates
        index.remove([first.id])
        assert index.put([second], skip_like=0.6).put == 1
        assert index.put([third], skip_like=0.6).duplicates


def test_short_texts_are_alike_if_they_are_equal(url: str) -> None:
    """A text of fewer words than a shingle has is like an equal one, and like no other."""
    with dedup.open(url) as index:
        became = put_each(index, [Document("a", "Fire!"), Document("b", "fire"), Document("c", "water")])
    assert became == {"a": None, "b": "a", "c": None}


def at_once(url: str, documents: Sequence[Sequence[Document]], batch: int, least: float | None) -> list[Placed]:
    """Put documents from as many writers as there are lists, each with an index of its own, all at once."""
    barrier = Barrier(len(documents))

    def write(some: Sequence[Document]) -> list[Placed]:
        with dedup.open(url) as index:
            barrier.wait()
            starts = range(0, len(some), batch)
            put = [one for start in starts for one in index.put_each(some[start : start + batch], skip_like=least)]
            return [one for one in put if isinstance(one, Placed)]

    with ThreadPoolExecutor(len(documents)) as pool:
        return [one for some in pool.map(write, documents) for one in some]


def dealt() -> Iterator[list[Document]]:
    """Yield one document of each family for each of four writers, in an order of the writer's own."""
    for writer in range(4):
        own = [some[writer] for some in FAMILIES]
        random.Random(writer).shuffle(own)  # noqa: S311 - reproducible
        yield own


@pytest.mark.parametrize("kind", ["lmdb", *ON_SERVERS])
@pytest.mark.parametrize("batch", [1, 7, 60])
def test_of_writers_who_put_the_like_at_once_exactly_one_succeeds(
    kind: str, batch: int, request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """Four writers put one document of each of 60 families at once: one of each goes in, the others are told so."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    dedup.open(url).close()
    placed = at_once(url, list(dealt()), batch, 0.6)
    with dedup.open(url) as index:
        there = [one.id for one in index.documents()]
        assert sorted(name.partition("-")[0] for name in there) == sorted(f"f{number}" for number in range(60))
        assert {one.id for one in placed if one.status == "put"} == set(there)
        pairs = [(one.id, one.duplicate_of.id) for one in placed if one.duplicate_of]
        assert len(pairs) == 180
        assert all(of in there and of.partition("-")[0] == name.partition("-")[0] for name, of in pairs)
        assert index.check().sound


@pytest.mark.parametrize("kind", ["lmdb", *ON_SERVERS])
def test_of_writers_who_put_the_like_at_once_all_give_them_one_story(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """Four writers put one document of each of 60 families at once: each family is one story."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    open_index(url, Scheme(stories=0.5)).close()
    placed = at_once(url, list(dealt()), 7, None)
    with dedup.open(url) as index:
        stories = {one.id: one.story for one in index.documents()}
        assert stories == {one.id: one.story for one in placed}
        assert all(len({stories[one.id] for one in some}) == 1 for some in FAMILIES)
        assert len(set(stories.values())) == len(FAMILIES)
        assert index.check().sound


def story_of(index: Index, *documents: Document) -> list[str | None]:
    """Put documents and return the story that each was given."""
    return [one.story for one in index.put_each(documents) if isinstance(one, Placed)]


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    """An empty index with stories of each kind."""
    with open_index(url, Scheme(stories=0.5)) as opened:
        yield opened


def test_a_story_is_named_by_the_document_that_began_it(index: Index) -> None:
    """In a batch and after it, copies join the first one's story; what is like nothing begins its own."""
    (a, b, c, _), (d, *_) = FAMILIES[:2]
    assert story_of(index, a, d, b) == [a.id, d.id, a.id]
    assert story_of(index, c) == [a.id]
    assert index.document(b.id).story == a.id
    assert [(match.id, match.story) for match in index.resemble(d.text)] == [(d.id, d.id)]


def test_a_name_outlives_the_document_that_it_was_taken_from(index: Index) -> None:
    """After the first document is removed its copies stay, another joins them, and its id begins another story."""
    (a, b, c, _), (d, *_) = FAMILIES[:2]
    story_of(index, a, b)
    index.remove([a.id])
    assert index.document(b.id).story == a.id
    assert story_of(index, c) == [a.id]
    assert story_of(index, Document(a.id, d.text)) == [f"{a.id}~2"]
    assert story_of(index, Document(f"{a.id}~2", FAMILIES[2][0].text)) == [f"{a.id}~2~2"]
    index.remove([b.id, c.id])
    assert story_of(index, b) == [b.id]


def test_a_replaced_document_stays_in_its_story(index: Index) -> None:
    """A document that tells something else now is still a member of the story that it came to."""
    (a, b, *_), (d, e, *_) = FAMILIES[:2]
    story_of(index, a, b, d)
    assert story_of(index, Document(b.id, e.text)) == [a.id]
    assert story_of(index, Document(a.id, FAMILIES[3][0].text)) == [a.id]
    assert index.check().sound


def test_equal_content_is_unchanged_and_keeps_its_story(index: Index) -> None:
    """The story is no part of the content: what is put again is unchanged."""
    a, b, *_ = FAMILIES[0]
    story_of(index, a, b)
    assert index.put([a, b]) == Report(unchanged=2)
    assert index.document(b.id).story == a.id


def test_a_text_that_holds_two_stories_joins_the_more_alike(index: Index) -> None:
    """A roundup joins the story that it shares most with, whichever came first."""
    a, d = FAMILIES[0][0], FAMILIES[1][0]
    whole_and_half = Document("roundup", f"{' '.join(a.text.split()[:70])} {d.text}")
    assert story_of(index, a, d, whole_and_half) == [a.id, d.id, d.id]


def test_an_index_without_stories_gives_none(url: str) -> None:
    """Documents, matches and what was placed bear no story where the index has none."""
    with dedup.open(url) as index:
        assert story_of(index, FAMILIES[0][0]) == [None]
        assert index.document(FAMILIES[0][0].id).story is None


def test_the_model_agrees() -> None:
    """The plain model of a store, which judges one by one, gives the same answers."""
    with Index(ModelStore()) as index:
        assert put_each(index, SHUFFLED) == in_order(SHUFFLED, 0.6)


def copied_stories(source: Index, scheme: Scheme) -> dict[str, str | None]:
    """Copy an index into another one, twice, and return the stories of its documents."""
    with open_index("memory:", scheme) as target:
        for _ in range(2):
            for _ in target.copy_from(source._store, now=0):
                pass
        assert target.check().sound
        return {one.id: one.story for one in target.documents()}


def test_a_copy_brings_its_stories_along(index: Index) -> None:
    """Into an index with stories they come as they are, into another not at all; who has none is given one."""
    (a, b, c, _), (d, *_) = FAMILIES[:2]
    story_of(index, a, b, d)
    index.remove([a.id])
    told = {b.id: a.id, d.id: d.id}
    assert copied_stories(index, Scheme(stories=0.5, k=5)) == told
    assert copied_stories(index, Scheme()) == dict.fromkeys(told)
    with dedup.open("memory:") as plain:
        plain.put([b, c, d])
        assert copied_stories(plain, Scheme(stories=0.5)) == {b.id: b.id, c.id: b.id, d.id: d.id}


def test_what_is_replaced_before_it_is_no_original(url: str) -> None:
    """A document is not held against a version that one before it in the same call has replaced."""
    a, b = FAMILIES[0][0].text, FAMILIES[1][0].text
    with dedup.open(url) as index:
        index.put([Document("first", a)])
        assert put_each(index, [Document("first", b), Document("second", a)]) == {"first": None, "second": None}
        assert {one.id: one.text for one in index.documents()} == {"first": b, "second": a}


def test_each_version_is_decided_on_where_it_stands(url: str) -> None:
    """Of an id that comes twice in a call the first version goes in, and the second is told to be a duplicate."""
    a, b = FAMILIES[0][0].text, FAMILIES[1][0].text
    with dedup.open(url) as index:
        index.put([Document("there", b)])
        placed = list(index.put_each([Document("twice", a), Document("twice", b)], skip_like=0.8))
        assert [one.status for one in placed if isinstance(one, Placed)] == ["put", "duplicate"]
        assert index.document("twice").text == a


def test_templated_texts_do_not_crowd_each_other_out() -> None:
    """Of 200 texts that differ in 15 of 215 words each is found again among the others, in the same call and later."""
    template = rng.choices(WORDS, k=200)
    texts = [" ".join([*template[:100], *rng.choices(WORDS, k=15), *template[100:]]) for _ in range(200)]
    with dedup.open("memory:") as index:
        first = [Document(f"a{place}", text) for place, text in enumerate(texts)]
        again = [Document(f"b{place}", text) for place, text in enumerate(texts)]
        became = put_each(index, [*first, *again[:100]], 0.95) | put_each(index, again[100:], 0.95)
    assert became == {one.id: None for one in first} | {f"b{place}": f"a{place}" for place in range(200)}


def test_refused_documents_do_not_crowd_out_those_that_went_in() -> None:
    """Behind many copies that were refused, two equal documents that are less like the original are one."""
    words = rng.choices(WORDS, k=300)
    near = changed(words, [150])
    far = changed(words, range(100, 170, 7))
    copies = [Document(f"copy{place}", near) for place in range(40)]
    with dedup.open("memory:") as index:
        index.put([Document("original", " ".join(words))])
        became = put_each(index, [*copies, Document("one", far), Document("two", far)], 0.9)
    assert became == dict.fromkeys([one.id for one in copies], "original") | {"one": None, "two": "one"}


@pytest.mark.parametrize("expired", [20, 70])
def test_the_expired_do_not_hide_the_living(expired: int) -> None:
    """However many equal documents have expired and were not swept, the living one is found, and holds its name."""
    text = FAMILIES[0][0].text
    with open_index("memory:", Scheme(stories=0.5)) as index:
        index.put([Document(f"old{place}", text) for place in range(expired)], ttl=1)
        index.put([Document("living", text)])
        time.sleep(2.1)
        assert put_each(index, [Document("new", text)]) == {"new": "living"}
        assert index.document("living").story == "old0"
        assert story_of(index, Document("old0", FAMILIES[1][0].text)) == ["old0~2"]


@pytest.mark.parametrize("kind", ["redis", "redis-cluster"])
def test_who_is_like_one_that_could_not_be_created_goes_in(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another writer creates the id first, what is like the document that was kept out is no duplicate of it."""
    (a, b, *_), (d, *_) = FAMILIES[:2]
    url = url_of(kind, request, tmp_path / "index", namespace)

    class Beaten(Newcomers):
        """A judge in whose first turn another writer creates the id."""

        def __call__(self, now: Snapshot, entries: Sequence[Entry], olds: Sequence[Stored | None]) -> list[Judged]:
            judged = super().__call__(now, entries, olds)
            with dedup.open(url) as other:
                list(other.put_each([Document("x", d.text)], create=True))
            return judged

    with dedup.open(url) as index:
        monkeypatch.setattr("dedup.engine.index.Newcomers", Beaten)
        outcomes = index.put_each([Document("x", a.text), Document("b", b.text)], create=True, skip_like=0.6)
        assert [one.status for one in outcomes if isinstance(one, Placed)] == ["kept", "put"]
        assert {one.id: one.text for one in index.documents()} == {"x": d.text, "b": b.text}


def test_a_copy_leaves_the_stories_of_documents_that_are_there() -> None:
    """A document of the index that is copied into stays in its story, whatever story its copy comes from."""
    a, b, *_ = FAMILIES[0]
    with open_index("memory:", Scheme(stories=0.5)) as source, open_index("memory:", Scheme(stories=0.5)) as target:
        story_of(source, a, b)
        story_of(target, b)
        for _ in target.copy_from(source._store, now=0):
            pass
        assert {one.id: one.story for one in target.documents()} == {a.id: a.id, b.id: b.id}
        assert target.check().sound


def test_long_documents_are_judged_in_parts() -> None:
    """What is judged together in Redis has at most 250 entries, and a megabyte of payloads but for the last."""
    entries = [Entry(str(place), b"", bytes(size), (np.empty(0, np.uint64),)) for place, size in enumerate(SIZES)]
    parts = list(in_turn(entries))
    assert [one.id for part in parts for one in part] == [one.id for one in entries]
    assert [len(part) for part in parts] == [250, 250, 3, 1, 2]

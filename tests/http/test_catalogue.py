"""Documents are found by any part of id and chosen fields, whoever puts, replaces or removes them."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import numpy as np
import pytest
from servers.fixtures import url_on
from servers.service import Serving, Start, code, prose

import dedup
from dedup import Document
from dedup.engine import Index
from dedup.stores import open_store
from dedup.stores.base import Entry
from service import catalogue
from service.catalogue import Catalogue, Sort, Wanted

FIELDS = ("title", "source")
TEXT = prose(20, "catalogue")


def document(name: str, text: str = TEXT, **metadata: object) -> Document:
    """Return a document."""
    return Document(name, text, metadata)


def listed(catalogue: Catalogue, words: str = "", sort: Sort = "id", limit: int = 7) -> list[str]:
    """Return all that a search finds, so many at a time; each page says how many there are."""
    names, cursor, totals = list[str](), "", set[int]()
    while True:
        found = catalogue.search(Wanted(words, sort, cursor, limit))
        names += [hit.id for hit in found.hits[:limit]]
        totals.add(found.found)
        if len(found.hits) <= limit:
            assert totals == {len(names)}
            return names
        cursor = found.hits[limit - 1].cursor


@pytest.fixture(params=["memory", "lmdb", "redis", "redis-cluster"])
def index(request: pytest.FixtureRequest, tmp_path: Path, namespace: str) -> Iterator[Index]:
    """An empty index of each kind."""
    urls = {"memory": "memory:", "lmdb": f"lmdb:{tmp_path / 'index'}"}
    url = urls.get(request.param) or f"{url_on(request.param, request)}?namespace={namespace}"
    with dedup.open(url) as opened:
        yield opened


@pytest.fixture
def followed(index: Index) -> Iterator[Catalogue]:
    """A catalogue of the index."""
    made = Catalogue(index, FIELDS)
    yield made
    made.close()


def test_what_is_found_is_what_holds_the_words(index: Index, followed: Catalogue) -> None:
    """Search finds exactly the documents whose id, title or source hold each word, whatever its case, in order."""
    random = Random(3)  # noqa: S311 - reproducible
    titles = ["Zürich ISSUES Decree", "The harbour strike", "ﬁnal Straße", "", "日本 News"]
    documents = [
        document(
            f"{random.choice(['reuters', 'AP', 'é'])}/{random.randrange(10**4)}",
            title=random.choice(titles),
            source=random.choice(["The Gazette", "wire"]),
            hidden="gazette",
            **({"published": f"20{random.randrange(10, 26)}"} if random.random() < 0.7 else {}),
        )
        for _ in range(60)
    ]
    index.put(documents)
    last = {one.id: one for one in documents}
    for words in ("67", "zürich", "STRASSE", "final", "本", "GAZ strike", "reuters/ 4", "decree nothing", "\u0041P/"):
        held = [
            name
            for name, one in last.items()
            if all(
                any(part.casefold() in value.casefold().replace("ﬁ", "fi") for value in (name, *fields(one)))
                for part in words.split()
            )
        ]
        assert listed(followed, words) == sorted(held, key=str.encode), words
        dated = sorted(held, key=lambda name: (-int(last[name].metadata.get("published", 0)), name.encode()))
        assert listed(followed, words, "date") == dated, words


def fields(one: Document) -> tuple[str, str]:
    """Return what is searched of a document beside its id."""
    return str(one.metadata["title"]), str(one.metadata["source"])


def test_changes_show_in_the_next_search(index: Index, followed: Catalogue) -> None:
    """What any process has put, replaced or removed before a search is there, changed or gone in it, and counted so."""
    assert listed(followed) == listed(followed, "a") == []
    index.put([document(f"a{n}", title="old") for n in range(30)])
    assert len(listed(followed, "old")) == 30
    index.put([document("a3", title="new"), document("b", title="new")])
    assert listed(followed, "new") == ["a3", "b"]
    assert len(listed(followed, "old")) == 29
    index.remove(["a3", "a4"])
    assert listed(followed, "new") == ["b"]
    index.remove(["a5"])
    index.put([document("c", title="old")])
    assert listed(followed, "old") == sorted([f"a{n}" for n in range(30) if n not in (3, 4, 5)] + ["c"])
    found = followed.search(Wanted("old"))
    assert (found.found, found.searched, found.documents) == (28, 29, 29)


def test_expired_documents_are_not_found(index: Index, followed: Catalogue) -> None:
    """A document whose time is over is not found, swept or not, and hides no later removal from the count."""
    index.put([document("brief", title="x")], ttl=1)
    index.put([document("lasting", title="x"), document("gone", title="x")])
    assert listed(followed, "x") == ["brief", "gone", "lasting"]
    while index.get("brief"):
        time.sleep(0.05)
    assert listed(followed, "x") == ["gone", "lasting"]
    index.remove(["gone"])
    assert listed(followed, "x") == ["lasting"]
    index.sweep()
    index.put([document("next", title="x")])
    assert listed(followed, "x") == ["lasting", "next"]


def test_what_was_not_read_yet_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that does not wait says how many documents it searched, a full catalogue for good."""
    with dedup.open("memory:") as index:
        index.put(document(f"n{n:04}") for n in range(2_000))
        eager = Catalogue(index, FIELDS)
        monkeypatch.setattr(catalogue, "SECONDS", 0)
        monkeypatch.setattr(catalogue, "MOST", 500)
        while (found := eager.search(Wanted("n"))).searched < 500:
            assert found.found <= found.documents == 2_000
        assert (found.found, found.searched, found.documents) == (512, 512, 2_000)
        eager.close()


def test_a_damaged_document_holds_nobody_up() -> None:
    """Beside a document that cannot be read the others are found, and it by its id."""
    store = open_store("memory:", create=True)
    with Index(store) as index:
        store.put([Entry("broken", bytes(16), b"\1no frame", (np.array([1], np.uint64),))], lambda _: [])
        index.put([document("sound", title="Broken in two")])
        made = Catalogue(index, FIELDS)
        assert listed(made, "broken") == ["broken", "sound"]
        assert listed(made, "two") == ["sound"]
        made.close()


def test_the_same_over_http(service: Serving) -> None:
    """GET /v1/documents searches, sorts, counts, and its cursor leads to the rest; odd values are refused."""
    for number in range(5):
        service.put(f"wire-{number}", TEXT, title=f"Storm {number}", published=f"2024-01-0{9 - number}")
    seen, cursor = list[str](), ""
    while cursor is not None:
        query = {"search": "STORM wire-", "sort": "date", "limit": 2, "cursor": cursor}
        page = service.http.get("/v1/documents?" + urlencode(query)).json()
        assert page["found"] == 5
        assert page["searched"] == page["total"] == service.http.get("/v1/stats").json()["documents"]
        seen += [one["id"] for one in page["documents"]]
        cursor = page["next"]
    assert seen == [f"wire-{number}" for number in range(5)]
    for query in ({"sort": "size"}, {"sort": "date", "cursor": "00"}, {"search": "a", "cursor": "x"}):
        assert service.http.get("/v1/documents?" + urlencode(query)).status_code == 422
    many = service.http.get("/v1/documents?" + urlencode({"search": " ".join("abcdefghijklmnopq")}))
    assert (many.status_code, code(many)) == (422, "invalid_input")


def test_fields_are_a_setting(start: Start) -> None:
    """The fields that are searched can be chosen."""
    with start(search_fields=("desk",)) as service:
        service.put("a", TEXT, desk="Sports", title="Zebra")
        for words, expected in (("sport", 1), ("zebra", 0)):
            assert service.http.get(f"/v1/documents?search={words}").json()["found"] == expected

"""`dedup copy` moves an index from one kind of store to the next, and goes on after it was killed."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from servers.fixtures import url_on

import dedup
from dedup.engine import Index
from dedup.errors import SchemeMismatch
from dedup.model import Document
from dedup.scheme import Scheme
from dedup.stores import open_store


def made_texts() -> Iterator[str]:
    """Yield texts that share passages."""
    rng = random.Random(9)  # noqa: S311 - reproducible
    passages = [" ".join(f"w{rng.randrange(3000)}" for _ in range(40)) for _ in range(500)]
    for _ in range(1_500):
        yield f"{rng.choice(passages)} {' '.join(f'w{rng.randrange(3000)}' for _ in range(60))} {rng.choice(passages)}"


TEXTS = list(made_texts())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An embedded index of documents with metadata, the last of which have an hour to live."""
    url = f"lmdb:{tmp_path_factory.mktemp('source') / 'index'}"
    with dedup.open(url, Scheme(k=4)) as index:
        documents = [Document(f"d{i}", text, {"n": i}) for i, text in enumerate(TEXTS)]
        index.put(documents[:-10])
        index.put(documents[-10:], ttl=3600)
    return url


def state(url: str) -> tuple[object, ...]:
    """Return everything that two equal indexes have in common."""
    with dedup.open(url, create=False) as index:
        answers = [asdict(index.resemble(text)) for text in TEXTS[::100]]
        return index.scheme, index.stats().documents, index.check(), list(index.documents()), answers


def copy(source: str, target: str) -> "subprocess.Popen[str]":
    """Start the real command."""
    command = [sys.executable, "-m", "dedup", "copy", source, target, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def copied(source: str, target: str) -> dict[str, Any]:
    """Run the command to its end; return what it printed."""
    with copy(source, target) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return dict(json.loads(output))


def test_index_moves_from_store_to_store(
    source: str, request: pytest.FixtureRequest, namespace: str, tmp_path: Path
) -> None:
    """From LMDB to Redis, to a cluster and back: the same documents, times to live and answers everywhere."""
    kinds = ("redis", "redis-cluster")
    places = [
        source,
        *(f"{url_on(kind, request)}?namespace={namespace}" for kind in kinds),
        f"lmdb:{tmp_path / 'back'}",
    ]
    expected = state(source)
    for one, other in pairwise(places):
        assert copied(one, other) == {"copied": len(TEXTS), "unchanged": 0, "expired": 0, "damaged": []}
        assert state(other) == expected
    assert copied(source, places[-1]) == {"copied": 0, "unchanged": len(TEXTS), "expired": 0, "damaged": []}
    with dedup.open(places[-1], create=False) as index:
        left = [stored.expires - time.time() for stored in index._store.scan() if stored.expires]
    assert len(left) == 10
    assert all(3400 < seconds <= 3601 for seconds in left)


@pytest.mark.slow
def test_killed_copy_goes_on(source: str, request: pytest.FixtureRequest, namespace: str) -> None:
    """Killed in the middle and run again, a copy takes up where it was and ends as an undisturbed one does."""
    target = f"{url_on('redis', request)}?namespace={namespace}"
    dedup.open(target, Scheme(k=4)).close()
    process = copy(source, target)
    with dedup.open(target, create=False) as index:
        wait_for_documents(index)
        process.kill()
        process.communicate()
        assert 0 < index.stats().documents < len(TEXTS)
    counts = copied(source, target)
    assert counts["copied"] + counts["unchanged"] == len(TEXTS)
    assert counts["unchanged"] > 0
    assert state(target) == state(source)


def wait_for_documents(index: Index) -> None:
    """Wait until an index has its first documents."""
    deadline = time.monotonic() + 60
    while not index.stats().documents:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_copy_into_an_index_of_another_scheme_keeps_that_scheme(source: str, tmp_path: Path) -> None:
    """Documents get the buckets of the index that they are copied into; a document that was there stays."""
    target = f"lmdb:{tmp_path / 'other'}"
    with dedup.open(target, Scheme(k=7)) as index:
        index.put([Document("a", TEXTS[0])])
    assert copied(source, target) == {"copied": len(TEXTS), "unchanged": 0, "expired": 0, "damaged": []}
    with dedup.open(target, create=False) as index:
        assert index.scheme == Scheme(k=7)
        assert index.stats().documents == len(TEXTS) + 1
        assert index.check().sound
        assert {"a", "d0"} <= {match.id for match in index.resemble(TEXTS[0])}


@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_copy_rebuilds_an_index_of_an_older_fold_table(
    kind: str, request: pytest.FixtureRequest, namespace: str, tmp_path: Path
) -> None:
    """An index that is refused, as its table is another, is copied into a new one of the present table, times too."""
    url = f"lmdb:{tmp_path / 'old'}" if kind == "lmdb" else f"{url_on(kind, request)}?namespace={namespace}"
    old = Index(open_store(url, replace(Scheme(k=5), fold=2), create=True, older=True))
    old.put([Document("a", "Yargıtay kararına göre ışıkların kapatılması", {"n": 1}), Document("b", TEXTS[0])])
    old.put([Document("c", TEXTS[1])], ttl=3600)
    old.close()
    with pytest.raises(SchemeMismatch, match=r"dedup copy"):
        dedup.open(url)
    new = f"lmdb:{tmp_path / 'new'}"
    assert copied(url, new) == {"copied": 3, "unchanged": 0, "expired": 0, "damaged": []}
    assert copied(url, new) == {"copied": 0, "unchanged": 3, "expired": 0, "damaged": []}
    with dedup.open(new, create=False) as index:
        assert index.scheme == Scheme(k=5)
        assert index.check().sound
        assert index.get("a") == Document("a", "Yargıtay kararına göre ışıkların kapatılması", {"n": 1})
        assert [match.id for match in index.resemble("YARGITAY KARARINA GÖRE IŞIKLARIN KAPATILMASI")] == ["a"]
        assert [stored.expires > 0 for stored in index._store.scan()] == [False, False, True]

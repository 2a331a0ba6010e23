"""A collection held against an index: the answer of reading all of it, at a cost that follows the collection."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
from corpus import naive
from corpus.texts import documents, edited, families, owners, seeded, text
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.fixtures import ON_SERVERS, url_on

import dedup
from dedup.corpus import Job, Keep, run
from dedup.corpus.against import Against
from dedup.corpus.job import Level, Measure
from dedup.corpus.runs.run import find_runs
from dedup.engine import Index
from dedup.scheme import Scheme
from dedup.stores import open_store


def filled(index: Index, texts: dict[str, str]) -> Index:
    """Put the texts, one after the other, so that they arrive in this order."""
    for one in documents(texts):
        assert index.put([one.document]).put == 1
    return index


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    keep=st.sampled_from(("first", "longest")),
    measure=st.sampled_from(("jaccard", "containment")),
    threshold=st.sampled_from((0.5, 0.7, 0.9)),
)
def test_answer_is_that_of_reading_all(seed: int, keep: str, measure: Measure, threshold: float) -> None:
    """Each document belongs to the survivor that the naive model names, which ranks the whole index first."""
    rng = seeded(seed)
    texts = families(rng, 80)
    names = rng.sample(list(texts), len(texts))
    old, new = ({name: texts[name] for name in half} for half in (names[:40], names[40:]))
    ranked = [sorted(half, key=lambda name: (-len(texts[name]), name)) for half in (old, new)]
    order = [*ranked[0], *ranked[1]] if keep == "longest" else [*old, *new]
    with TemporaryDirectory() as folder, filled(dedup.open("memory:"), old) as index:
        job = Job(threshold, measure=measure, keep=Keep.parse(keep))
        run(documents(new), Path(folder, "out"), job, against=index)
        found = owners(Path(folder, "out"), new)
    expected = naive.survivors(texts, order, threshold, getattr(naive, measure), old)
    assert {name: found[name] for name in new} == {name: expected[name] for name in new}


@pytest.mark.parametrize("kind", ["memory", "lmdb", *ON_SERVERS])
def test_cost_follows_the_collection(kind: str, request: pytest.FixtureRequest, namespace: str, tmp_path: Path) -> None:
    """Of an index of 300 documents those alone are read that a new one may resemble, on every kind of store."""
    urls = {"memory": "memory:", "lmdb": f"lmdb:{tmp_path}/index"}
    rng = seeded(8)
    old = {f"old-{i:03}": text(rng, 80) for i in range(300)}
    new = {"copy": old["old-007"], "near": edited(rng, old["old-200"], 2), "fresh": text(rng, 80)}
    url = urls.get(kind) or f"{url_on(kind, request)}?namespace={namespace}"
    with dedup.open(url) as index:
        index.put(one.document for one in documents(old))
        summary = run(documents(new), tmp_path / "out", Job(), against=index)
    assert (summary.documents, summary.indexed, summary.kept, summary.exact, summary.near) == (3, 2, 1, 1, 1)
    rows = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    assert {row["id"]: row["survivor"] for row in rows if row["kind"] != "survivor"} == {
        "copy": "old-007",
        "near": "old-200",
    }


@pytest.mark.parametrize(
    ("level", "least", "scheme", "read"),
    [
        ("passages", None, Scheme(), 1),
        ("passages", 3, Scheme(), 40),
        ("documents", None, Scheme(unit="character"), 40),
    ],
)
def test_buckets_that_would_miss_something_are_not_trusted(
    level: Level, least: int | None, scheme: Scheme, read: int, tmp_path: Path
) -> None:
    """An index of another unit, or paragraphs shorter than a window, are read whole: what is repeated is found."""
    rng = seeded(9)
    old = {f"old-{i:02}": f"{text(rng, 30)}\n\nlong ago {i}" for i in range(40)}
    first = old["old-03"] if level == "documents" else old["old-03"].split("\n\n")[0]
    new = {"new": f"{first}\n\n{text(rng, 30)}" if level == "passages" else first, "short": "long ago 7"}
    job = Job(level=level, min_words=least)
    with Index(open_store("memory:", scheme, create=True)) as index:
        summary = run(documents(new), tmp_path / "out", job, against=filled(index, old))
    assert summary.indexed == read
    rows = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    found = {(row["id"], row["survivor"]) for row in rows if row["kind"] != "survivor"}
    assert ("new", "old-03") in found
    assert (("short", "old-07") in found) == (least == 3)


def test_crowded_bucket_is_read_in_part_and_told(tmp_path: Path) -> None:
    """Of 900 copies in the index the first to arrive stands for all; buckets left unread in part are counted."""
    rng = seeded(10)
    original = text(rng, 60)
    old = {f"old-{i:03}": edited(rng, original, 1) for i in range(899, -1, -1)}
    with filled(dedup.open("memory:"), old) as index:
        summary = run(documents({"new": f"{original} and more"}), tmp_path / "out", Job(0.7), against=index)
    assert summary.full_buckets > 0
    [row] = [row for row in pq.read_table(tmp_path / "out/clusters.parquet").to_pylist() if row["id"] == "new"]
    assert (row["survivor"], row["survivor_in_index"]) == ("old-899", True)


def test_documents_are_read_once() -> None:
    """A long document, which has several parts in the index, is yielded once, and a removed one is not."""
    rng = seeded(12)
    with dedup.open("memory:") as index:
        filled(index, {"long": text(rng, 3_000), "gone": text(rng, 50), "last": text(rng, 50)})
        numbers = [number for one in index.arrivals()[1] for number in range(one.number, one.next)]
        index.remove(["gone"])
        assert len(numbers) > 3
        read = [one.id for _, one in index.arrived(np.array(numbers, np.uint32))]
    assert read == ["long", "last"]


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_runs_are_found_by_bucket(seed: int) -> None:
    """The runs that a collection shares with an index are those found by reading the whole index."""
    rng = seeded(seed)
    texts = families(rng, 60, length=200)
    names = list(texts)
    old, new = ({name: texts[name] for name in half} for half in (names[:30], names[30:]))
    job = Job(level="runs", min_words=50)
    with TemporaryDirectory() as folder, filled(dedup.open("memory:"), old) as index:
        by_bucket, whole = Path(folder, "bucket"), Path(folder, "whole")
        read = find_runs(documents(new), by_bucket, job, against=index).indexed
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Against, "all_of", lambda *_: True)
            everything = find_runs(documents(new), whole, job, against=index).indexed
        assert read < everything == 30
        assert pq.read_table(by_bucket / "runs.parquet").equals(pq.read_table(whole / "runs.parquet"))

"""Postings in LMDB: recent, settled and in excess they answer as one, whatever everybody prints."""

import tracemalloc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.errors import StoreDamaged
from dedup.stores import lmdb_runs, lmdb_settled
from dedup.stores.base import Numbers, Postings
from dedup.stores.lmdb_postings import PostingLevels
from dedup.stores.names import Names

BATCH, MOST, LISTED, LIMIT = 2_000, 10_000, 3, 4
FREQUENT = np.array([0, 7, 1 << 47, (1 << 48) - 1], np.uint64)
Pairs = set[tuple[int, int]]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[lmdb.Environment]:
    """An empty environment."""
    with lmdb.open(str(tmp_path), max_dbs=5, map_size=1 << 30, sync=False) as opened:
        yield opened


@pytest.fixture
def levels(environment: lmdb.Environment) -> PostingLevels:
    """No postings yet."""
    return PostingLevels.open(environment, None, create=True)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few dozen postings pass through all parts."""
    monkeypatch.setattr(lmdb_runs, "RECENT_MOST", 60)
    monkeypatch.setattr(lmdb_runs, "RUN_MOST", 30)
    monkeypatch.setattr(lmdb_settled, "LISTED", LISTED)


def names_from(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    """Return random names of buckets."""
    return rng.integers(0, 2**48, count, dtype=np.uint64)


def arrays(pairs: Sequence[tuple[int, int]]) -> tuple[Names, Numbers]:
    """Return postings as a store takes them."""
    return np.array([name for name, _ in pairs], np.uint64), np.array([number for _, number in pairs], np.uint32)


def lists(found: Postings) -> list[list[int]]:
    """Return what each bucket lists."""
    return [found.numbers[first:end].tolist() for first, end in zip(found.offsets, found.offsets[1:], strict=False)]


def answers(txn: "lmdb.Transaction[memoryview]", levels: PostingLevels, held: Pairs) -> None:
    """Assert that look-ups and the count give what a plain set of postings gives."""
    by_name = defaultdict[int, list[int]](list)
    for name, number in sorted(held):
        by_name[name].append(number)
    asked = [*FREQUENT.tolist(), 5, *list(by_name)[::3]]
    asked = list(dict.fromkeys(reversed(asked)))
    for limit in (0, 1, LISTED, LIMIT, 1000):
        found = levels.lookup(txn, np.array(asked, np.uint64), limit)
        assert found.counts.tolist() == [len(by_name[name]) for name in asked]
        assert lists(found) == [by_name[name][:limit] for name in asked]
    assert levels.entries(txn) == len(held)


@pytest.mark.usefixtures("small")
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), first=st.sampled_from([0, 65_500]), steps=st.integers(2, 14))
def test_all_parts_answer_as_a_set_of_postings(
    tmp_path_factory: pytest.TempPathFactory, seed: int, first: int, steps: int
) -> None:
    """Whatever is put, deleted and mended, each bucket has its true count and its lowest numbers, in any part."""
    rng, held, following = np.random.default_rng(seed), Pairs(), first
    with lmdb.open(str(tmp_path_factory.mktemp("levels")), max_dbs=5, map_size=1 << 26, sync=False) as environment:
        levels = PostingLevels.open(environment, None, create=True)
        for _ in range(steps):
            with environment.begin(write=True, buffers=True) as txn:
                numbers = range(following, following + int(rng.integers(1, 12)))
                following = numbers.stop
                new = [
                    (int(name), number)
                    for number in numbers
                    for name in np.unique([*FREQUENT[rng.random(4) < 0.7], *names_from(rng, 3)])
                ]
                levels.put(txn, *arrays(new))
                held |= set(new)
                gone = [pair for pair in sorted(held) if rng.random() < rng.choice([0, 0.1, 0.5])]
                levels.delete(txn, *arrays([*gone, (5, 5)]))
                held -= set(gone)
                back = gone[::4]
                levels.mend(txn, *arrays(back))
                held |= set(back)
            with environment.begin(buffers=True) as txn:
                answers(txn, levels, held)
        with environment.begin(buffers=True) as txn:
            walked = [pair for part in levels.walk(txn) for pair in zip(*(one.tolist() for one in part), strict=True)]
    assert sorted(walked) == sorted(held)


def test_the_recent_postings_stay_few(
    environment: lmdb.Environment, levels: PostingLevels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are put, no more than twice the bound and a batch are recent, in few runs, and all are settled."""
    monkeypatch.setattr(lmdb_runs, "RECENT_MOST", MOST)
    rng = np.random.default_rng(1)
    for batch in range(60):
        with environment.begin(write=True, buffers=True) as txn:
            levels.put(txn, names_from(rng, BATCH), np.arange(BATCH, dtype=np.uint32) + np.uint32(BATCH * batch))
            assert levels.runs.entries(txn) <= 2 * MOST + 2 * BATCH
            assert levels.entries(txn) == BATCH * (batch + 1)
            assert len(list(levels.runs.walk(txn))) <= 8


def test_single_documents_make_few_runs(environment: lmdb.Environment, levels: PostingLevels) -> None:
    """A thousand documents put one by one lie in runs of which each is larger than all that follow."""
    rng = np.random.default_rng(2)
    for number in range(1000):
        with environment.begin(write=True, buffers=True) as txn:
            levels.put(txn, names_from(rng, 5), np.full(5, number, np.uint32))
    with environment.begin(buffers=True) as txn:
        sizes = [len(names) for names, _ in levels.runs.walk(txn)]
    assert sum(sizes) == 5000
    assert all(size > sum(sizes[place + 1 :]) for place, size in enumerate(sizes[:-1]))


@pytest.mark.slow
def test_a_frequent_bucket_costs_no_more_as_it_grows(
    environment: lmdb.Environment, levels: PostingLevels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for what a third of all documents have takes as much memory with 60,000 documents as with 6,000."""
    monkeypatch.setattr(lmdb_runs, "RECENT_MOST", 1 << 16)
    rng, story, rare = np.random.default_rng(3), names_from(np.random.default_rng(4), 100), np.empty(0, np.uint64)
    taken = list[int]()
    for start in range(0, 60_000, 500):
        batch = [np.concatenate((names_from(rng, 60), story[rng.random(100) < 0.3])) for _ in range(500)]
        rare = np.append(rare, batch[0][:1])
        numbers = np.arange(start, start + 500, dtype=np.uint32).repeat([len(names) for names in batch])
        with environment.begin(write=True, buffers=True) as txn:
            levels.put(txn, np.concatenate(batch), numbers)
        if start in (5_500, 59_500):
            with environment.begin(buffers=True) as txn:
                taken.append(peak(txn, levels, story))
    early, late = taken
    with environment.begin(buffers=True) as txn:
        assert levels.lookup(txn, story, 64).counts.min() > 15_000
        assert levels.lookup(txn, rare, 64).counts.tolist() == [1] * len(rare)
    assert late < 1.5 * early


def peak(txn: "lmdb.Transaction[memoryview]", levels: PostingLevels, names: Names) -> int:
    """Return the most memory that a look-up held at once, in bytes: what it reads is copied."""
    levels.lookup(txn, names, 64)
    tracemalloc.start()
    try:
        levels.lookup(txn, names, 64)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_posting_put_out_of_order_is_found_by_a_walk_and_can_be_deleted(
    environment: lmdb.Environment, levels: PostingLevels
) -> None:
    """A bit that flips in a run breaks its order; the walk shows the strange posting, and deleting it mends the run."""
    names, numbers = np.arange(1, 50, dtype=np.uint64), np.full(49, 3, np.uint32)
    with environment.begin(write=True, buffers=True) as txn:
        levels.put(txn, names, numbers)
        ((key, value),) = [(bytes(key), bytearray(value)) for key, value in txn.cursor(levels.runs.database)]
        value[8 * 20 + 7] ^= 128
        txn.put(key, bytes(value), db=levels.runs.database)
        (walked, _) = next(levels.walk(txn))
        strange = np.setdiff1d(walked, names)
        assert len(strange) == 1
        levels.delete(txn, strange, numbers[:1])
        levels.mend(txn, np.setdiff1d(names, walked), numbers[:1])
        assert levels.lookup(txn, names, 9).counts.tolist() == [1] * 49


@pytest.mark.parametrize("what", ["length", "stage", "key", "place"])
def test_a_run_that_is_not_as_it_was_written_is_refused(
    environment: lmdb.Environment, levels: PostingLevels, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Where a run is not as its key says, or how far it is settled is not twice the same, reading says so."""
    monkeypatch.setattr(lmdb_runs, "RECENT_MOST", 100)
    rng, runs = np.random.default_rng(5), levels.runs.database
    with environment.begin(write=True, buffers=True) as txn:
        for number in range(2):
            levels.put(txn, names_from(rng, 80), np.full(80, number, np.uint32))
        (place, settled), (key, value), *_ = [(bytes(key), bytes(value)) for key, value in txn.cursor(runs)]
        assert int.from_bytes(settled[:8], "little") > 0
        txn.put(
            *{
                "length": (key, value[:-8]),
                "stage": (b"\3" + key[1:], value),
                "key": (key + b"\0", value),
                "place": (place, settled[:-1] + bytes([settled[-1] ^ 1])),
            }[what],
            db=runs,
        )
        with pytest.raises(StoreDamaged, match="not as they were written"):
            levels.lookup(txn, names_from(rng, 3), 9)


def test_frequent_postings_that_no_name_leads_to_are_found_by_a_walk(
    environment: lmdb.Environment, levels: PostingLevels
) -> None:
    """Postings in excess whose name is not listed are counted, and a walk that does not meet them says so."""
    names, numbers = np.full(100, 9, np.uint64), np.arange(100, dtype=np.uint32)
    with environment.begin(write=True, buffers=True) as txn:
        levels.mend(txn, names, numbers)
        assert levels.lookup(txn, names[:1], 200).numbers.tolist() == numbers.tolist()
        txn.delete(bytes(2), db=levels.settled.excess.names)
        with pytest.raises(StoreDamaged, match="36 postings of frequent buckets where 0 are found"):
            list(levels.walk(txn))

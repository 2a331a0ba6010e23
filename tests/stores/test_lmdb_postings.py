"""The two levels of postings in LMDB: the small one stays small, and both answer as one."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import lmdb
import numpy as np
import pytest
from numpy.typing import NDArray

from dedup.stores import lmdb_postings
from dedup.stores.lmdb_postings import PostingLevels

BATCH, MOST = 2_000, 10_000


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[lmdb.Environment]:
    """An empty environment."""
    with lmdb.open(str(tmp_path), max_dbs=2, map_size=1 << 26) as opened:
        yield opened


@pytest.fixture
def levels(environment: lmdb.Environment) -> PostingLevels:
    """The two levels, empty."""
    return PostingLevels.open(environment, None, create=True)


def names_from(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    """Return random names of buckets."""
    return rng.integers(0, 2**48, count, dtype=np.uint64)


def test_the_recent_level_stays_small(
    environment: lmdb.Environment, levels: PostingLevels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are put, in lap after lap over the shards, it holds no more than its bound and a batch or two."""
    monkeypatch.setattr(lmdb_postings, "RECENT_MOST", MOST)
    rng, shard, laps = np.random.default_rng(1), 0, 0
    with environment.begin(write=True, buffers=True) as txn:
        for batch in range(60):
            levels.put(txn, names_from(rng, BATCH), np.arange(BATCH, dtype=np.uint32) + np.uint32(BATCH * batch))
            following = levels.settle(txn, shard, BATCH)
            laps, shard = laps + (following < shard), following
            assert levels.recent.entries(txn) <= MOST + 2 * BATCH
            assert levels.entries(txn) == BATCH * (batch + 1)
    assert laps >= 3


def test_both_levels_answer_as_one(
    environment: lmdb.Environment, levels: PostingLevels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bucket has its true count and its lowest numbers, whichever level they lie in, beside full neighbours."""
    monkeypatch.setattr(lmdb_postings, "RECENT_MOST", 0)
    rng, held = np.random.default_rng(2), defaultdict[int, set[int]](set)
    buckets = np.sort(names_from(rng, 6))
    with environment.begin(write=True, buffers=True) as txn:
        for level in (levels.settled, levels.recent):
            for place in (0, 1, 3, 4):
                numbers = np.unique(rng.integers(0, 1000, (3, 9, 0, 5, 12)[place], dtype=np.uint32))
                level.put(txn, np.repeat(buckets[place], len(numbers)), numbers)
                held[place] |= set(numbers.tolist())
        only_settled = np.array([7, 8], np.uint32)
        levels.settled.put(txn, np.repeat(buckets[5], 2), only_settled)
        held[5] = {7, 8}
        found = levels.lookup(txn, buckets, 4)
    assert found.counts.tolist() == [len(held[place]) for place in range(6)]
    lists = [found.numbers[found.offsets[i] : found.offsets[i + 1]].tolist() for i in range(6)]
    assert lists == [sorted(held[place])[:4] for place in range(6)]

"""`kill -9` in the middle of writing: what was acknowledged is there, whole, and the rest can be finished."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dedup.stores.base import Buckets, Stored
from dedup.stores.lmdb import LMDBStore

DOCUMENTS, BATCH = 1500, 20

WRITER = """
import sys
import numpy as np
from dedup.stores import lmdb_runs
from dedup.stores.base import Entry
from dedup.stores.lmdb import LMDBStore

def buckets(number):
    return (np.random.default_rng(number).integers(0, 2**64, 30, dtype=np.uint64),)

def own(stored):
    return buckets(int(stored.id))

folder, first, documents, batch = sys.argv[1], *map(int, sys.argv[2:])
lmdb_runs.RECENT_MOST = 2000
store = LMDBStore(folder, create=True)
for start in range(first, documents, batch):
    numbers = range(start, min(start + batch, documents))
    store.put([
        Entry(f"{number:06}", number.to_bytes(16, "big"), str(number).encode() * 50, buckets(number))
        for number in numbers
    ], own)
    if start % 3 == 0:
        store.remove([f"{start:06}"], own)
    print(numbers[-1], flush=True)
"""


def own(stored: Stored) -> tuple[Buckets, ...]:
    """Return what a document's buckets should be."""
    return (np.random.default_rng(int(stored.id)).integers(0, 2**64, 30, dtype=np.uint64),)


def write(folder: Path, first: int, kill_after: float | None) -> int:
    """Write documents from `first` on, be killed so many seconds after the first batch, return what comes next."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(DOCUMENTS), str(BATCH)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline()]
        if kill_after is not None:
            time.sleep(kill_after)
            writer.kill()
        acknowledged += writer.stdout.readlines()
    complete = [line for line in acknowledged if line.endswith("\n")]
    return int(complete[-1]) + 1 if complete else first


def verify(folder: Path, acknowledged: int) -> list[tuple[str, bytes]]:
    """Hold the index to what was acknowledged: each document whole and found, every posting accounted for."""
    store = LMDBStore(folder)
    try:
        documents = {stored.id: stored for stored in store.scan()}
        kept = {f"{number:06}" for number in range(acknowledged)} - {
            f"{number:06}" for number in range(0, acknowledged, BATCH) if number % 3 == 0
        }
        assert kept <= documents.keys()
        for name in kept:
            stored = documents[name]
            assert stored.payload == str(int(name)).encode() * 50
            assert (store.lookup(own(stored)[0], 64).numbers == stored.number).all()
        report = store.check(own, repair=False)
        assert (report.orphans, report.missing) == (0, 0)
        assert store.stats().postings == 30 * len(documents)
        return [(stored.id, stored.payload) for stored in documents.values()]
    finally:
        store.close()


def killed(folder: Path, times: int) -> None:
    """Kill a writer so many times at random moments, verify after each, then let it finish."""
    generator = random.Random(20)  # noqa: S311 - a reproducible moment is wanted, not a secret one
    following = 0
    for _ in range(times):
        reached = write(folder, following, generator.uniform(0, 0.05))
        verify(folder, reached)
        following = min(reached, DOCUMENTS - BATCH)
    assert write(folder, following - following % BATCH, None) == DOCUMENTS
    assert write(folder.parent / "uninterrupted", 0, None) == DOCUMENTS
    assert verify(folder, DOCUMENTS) == verify(folder.parent / "uninterrupted", DOCUMENTS)


def test_killed_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """After each of a dozen kills the index is sound and holds all that was acknowledged; then it is finished."""
    killed(tmp_path / "index", 12)


@pytest.mark.slow
def test_killed_writer_loses_nothing_fifty_times(tmp_path: Path) -> None:
    """The same, fifty times."""
    killed(tmp_path / "index", 50)

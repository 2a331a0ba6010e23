"""Indexes whose content follows from a number, so that a test can tell whether one is whole."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dedup.stores.base import Buckets, Entry, Stored
from dedup.stores.lmdb import LMDBStore


def postings(number: int) -> tuple[Buckets, ...]:
    """Return the buckets of the document with that number for an id."""
    return (np.random.default_rng(number).integers(0, 2**64, 50, dtype=np.uint64),)


def entries(first: int, end: int, payload: int = 2000) -> list[Entry]:
    """Return documents whose content follows from their number."""
    return [
        Entry(str(number), number.to_bytes(16, "big"), np.random.default_rng(number).bytes(payload), postings(number))
        for number in range(first, end)
    ]


def own(stored: Stored) -> tuple[Buckets, ...]:
    """Return what a document's buckets should be."""
    return postings(int(stored.id))


def is_whole(store: LMDBStore, documents: int) -> bool:
    """Whether the index holds exactly the first documents, each found by all its buckets, and nothing else."""
    for entry in entries(0, documents):
        (stored,) = store.get([entry.id])
        found = store.lookup(entry.postings[0], 64)
        if not stored or stored.payload != entry.payload or not (found.numbers == stored.number).all():
            return False
    report = store.check(own, repair=False)
    return report.sound and (report.documents, report.postings) == (documents, 50 * documents)


@contextmanager
def opened(folder: Path, *, create: bool = False, wait: float = 30) -> Iterator[LMDBStore]:
    """Open an index and close it in the end."""
    store = LMDBStore(folder, create=create, wait=wait)
    try:
        yield store
    finally:
        store.close()


def run(program: str, *args: object) -> str:
    """Run a Python program with this package, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, args)], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()

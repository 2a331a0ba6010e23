"""Damaged indexes: what is in them, what they answer, and what comes of the damage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from trust.steps import PROBE, STEPS, texts

from dedup.engine import Index, open_index
from dedup.errors import StoreError
from dedup.model import Document

FINE = {"right", "reported", "reported after a put", "store_damaged", "store_too_new"}
LIVES_ON = {f"lives{number}": text for number, text in enumerate(texts(200, 206).values())}
NAMES = [*STEPS[0].put, *STEPS[1].put, *LIVES_ON, "nobody"]


@dataclass(frozen=True)
class Answers:
    """What an index answers: documents, ids, and what its buckets list."""

    documents: list[Any]
    got: list[str | None]
    lists: Any

    @classmethod
    def of(cls, index: Index, buckets: Any) -> "Answers":
        """Ask it all."""
        documents = sorted(
            (stored for stored in index._store.scan() if stored.id != PROBE.id), key=lambda stored: stored.id
        )
        got = [document.text if document else None for document in index.get_many(NAMES)]
        with index._store.snapshot() as now:
            found = now.lookup(buckets, 1_000)
        return cls(documents, got, [found.counts.tolist(), found.offsets.tolist(), found.numbers.tolist()])


def make(index: Index) -> None:
    """Put what is to be damaged: documents of one chunk and of several, some that expire in years, some gone."""
    index.put([Document("gone", PROBE.text)])
    for step in STEPS[:2]:
        step.take(index)
    index.put([Document(name, text) for name, text in LIVES_ON.items()], ttl=1 << 30)
    index.remove(["gone"])


def buckets_of(index: Index) -> Any:
    """Return the buckets of all documents."""
    return np.unique(np.concatenate([b for stored in index._store.scan() for b in index._postings_of(stored)]))


def outcome(url: str, truth: Answers, buckets: Any) -> str:
    """Return what comes of a damaged index: right, reported, a typed error, or WRONG and what."""
    try:
        with open_index(url, create=False) as index:
            right = Answers.of(index, buckets) == truth
            report = index.check()
            if not report.sound:
                return "reported"
            if not right:
                return "WRONG, and check says sound"
            index.put([PROBE])
            after = index.check()
            if not after.sound:
                return "reported after a put"
            return "right" if Answers.of(index, buckets) == truth else "WRONG after a put, and check says sound"
    except StoreError as error:
        return error.code

"""One bit of the data file flips: the answers are right, or the index says that it is damaged, and `check` finds it."""

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trust.children import batched, each, warm
from trust.steps import INDEX, PROBE, STEPS, texts

from dedup.engine import Index, open_index
from dedup.errors import StoreError
from dedup.model import Document

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("TRUST_SEED", "1"))
ELSEWHERE = 2_000  # random bits after the two meta pages
META_BYTES = 152  # of each of the first two pages: header and meta; LMDB reads nothing of the rest
PAGE = 4096
TOGETHER = 20  # images in one child: a child for each costs half of the time
FINE = {"right", "reported", "reported after a put", "store_damaged", "store_too_new"}
LIVES_ON = {f"lives{number}": text for number, text in enumerate(texts(200, 206).values())}


@dataclass(frozen=True)
class Answers:
    """What an index answers: documents, ids, and what its buckets list."""

    documents: list[Any]
    got: list[str | None]
    lists: Any

    @classmethod
    def of(cls, index: Index, buckets: Any) -> "Answers":
        """Ask it all."""
        documents = [stored for stored in index._store.scan() if stored.id != PROBE.id]
        got = [document.text if document else None for document in index.get_many(NAMES)]
        with index._store.snapshot() as now:
            found = now.lookup(buckets, 1_000)
        return cls(documents, got, [found.counts.tolist(), found.offsets.tolist(), found.numbers.tolist()])


NAMES = [*STEPS[0].put, *STEPS[1].put, *LIVES_ON, "nobody"]


def make(index: Index) -> None:
    """Put what is to be damaged: documents of one chunk and of several, some that expire in years, some gone."""
    index.put([Document("gone", PROBE.text)])
    for step in STEPS[:2]:
        step.take(index)
    index.put([Document(name, text) for name, text in LIVES_ON.items()], ttl=1 << 30)
    index.remove(["gone"])


def outcome(folder: Path, truth: Answers, buckets: Any) -> str:
    """Return what comes of a damaged index: right, reported, a typed error, or WRONG and what."""
    try:
        with open_index(str(folder), create=False) as index:
            right = Answers.of(index, buckets) == truth
            report = index.check()
            if report.orphans or report.missing:
                return "reported"
            if not right:
                return "WRONG, and check says sound"
            index.put([PROBE])
            after = index.check()
            if after.orphans or after.missing:
                return "reported after a put"
            return "right" if Answers.of(index, buckets) == truth else "WRONG after a put, and check says sound"
    except StoreError as error:
        return error.code


def bits(size: int, generator: random.Random) -> Iterator[int]:
    """Yield the bits to flip, by place in the file."""
    for page in range(2):
        yield from range(8 * page * PAGE, 8 * (page * PAGE + META_BYTES))
    yield from generator.sample(range(16 * PAGE, 8 * size), ELSEWHERE)


def flipped(world: Path, whole: bytes, bit: int) -> Path:
    """Return the folder of an index whose data file differs in one bit."""
    folder = world / str(bit)
    folder.mkdir()
    damaged = bytearray(whole)
    damaged[bit // 8] ^= 1 << bit % 8
    (folder / "data.mdb").write_bytes(damaged)
    (folder / "writer.lock").write_bytes(b"1".ljust(20))
    return folder


def test_flipped_bit_is_never_a_wrong_answer_unnoticed(world: Path) -> None:
    """Whichever bit flips, reading is right or says damaged, `check` never calls damage sound, and nothing crashes."""
    with open_index(str(world / INDEX)) as index:
        make(index)
        buckets = np.unique(np.concatenate([b for stored in index._store.scan() for b in index._postings_of(stored)]))
        truth = Answers.of(index, buckets)
    warm()
    whole = (world / INDEX / "data.mdb").read_bytes()
    generator = random.Random(SEED)  # noqa: S311 - to be repeated
    came: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for batch in batched(bits(len(whole), generator), TOGETHER):
        folders = [flipped(world, whole, bit) for bit in batch]
        works = [partial(outcome, folder, truth, buckets) for folder in folders]
        for bit, folder, said in zip(batch, folders, each(works), strict=True):
            came[said[:300]] += 1
            if said not in FINE:
                wrong.setdefault(said, []).append(f"page {bit // 8 // PAGE}, byte {bit // 8 % PAGE}, bit {bit % 8}")
            shutil.rmtree(folder)
    print(f"seed {SEED}: {dict(came)}")  # noqa: T201 - the figures are reported
    assert not wrong

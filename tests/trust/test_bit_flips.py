"""One bit of the data file flips: the answers are right, or the index says that it is damaged, and `check` finds it."""

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import lmdb
import pytest
from trust.children import batched, each, warm
from trust.damaged import FINE, Answers, buckets_of, make, outcome
from trust.steps import INDEX

from dedup.engine import open_index

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("TRUST_SEED", "1"))
ELSEWHERE = 2_000  # random bits after the two meta pages
META_BYTES = 152  # of each of the first two pages: header and meta; LMDB reads nothing of the rest
PAGE = 4096
TOGETHER = 20  # images in one child: a child for each costs half of the time


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
        buckets = buckets_of(index)
        truth = Answers.of(index, buckets)
    warm()
    with lmdb.open(str(world / INDEX), readonly=True, lock=False) as handle:
        used = (handle.info()["last_pgno"] + 1) * PAGE
    whole = (world / INDEX / "data.mdb").read_bytes()[:used]
    generator = random.Random(SEED)  # noqa: S311 - to be repeated
    came: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for batch in batched(bits(len(whole), generator), TOGETHER):
        folders = [flipped(world, whole, bit) for bit in batch]
        works = [partial(outcome, str(folder), truth, buckets) for folder in folders]
        for bit, folder, said in zip(batch, folders, each(works), strict=True):
            came[said[:300]] += 1
            if said not in FINE:
                wrong.setdefault(said, []).append(f"page {bit // 8 // PAGE}, byte {bit // 8 % PAGE}, bit {bit % 8}")
            shutil.rmtree(folder)
    print(f"seed {SEED}: {dict(came)}")  # noqa: T201 - the figures are reported
    assert not wrong

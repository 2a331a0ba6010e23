"""Pairs from shared buckets, and sets of shingles, against plain Python."""

from collections import defaultdict
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from corpus.texts import seeded

from dedup.corpus import Job, kernels
from dedup.corpus.candidates import Pairs, Ranks, shares
from dedup.corpus.postings import POSTING, file_of
from dedup.corpus.units import slices

UNITS, NOT_COMPARED = 400, -1


def written(work: Path, job: Job) -> tuple[Ranks, list[tuple[int, int, int]]]:
    """Write postings of which some buckets are full; return ranks, and slice, bucket and unit of each posting."""
    rng = seeded(5)
    order = rng.sample(range(UNITS), UNITS)
    ranks = [NOT_COMPARED if rng.random() < 0.1 else rank for rank in order]
    kept = []
    for number in range(slices(job)):
        most = rng.choice((3, 8, 2**60))  # full buckets, others of many, and buckets that nothing else is in
        some = [(rng.randrange(most), unit) for unit in range(UNITS)]
        np.array(some, POSTING).tofile(work / file_of(number))
        kept += [(number, *one) for one in some]
    return Ranks(np.array(ranks), np.array([rng.random() < 0.2 for _ in range(UNITS)])), kept


@pytest.mark.parametrize("memory", ["1MB", "2GB"])
def test_pairs_are_those_of_the_definition(memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a bucket all are paired, in a full one the few best ranked with all below them; in any room."""
    job = Job(memory=memory, threads=2)
    monkeypatch.setattr("dedup.corpus.candidates.PAIRS_AT_ONCE", 1)
    monkeypatch.setattr("dedup.corpus.candidates.BYTES_OF_A_POSTING", 1024)
    monkeypatch.setattr("dedup.corpus.candidates.FULL", 90)
    monkeypatch.setattr("dedup.corpus.candidates.STAR", 20)
    ranks, postings = written(tmp_path, job)
    buckets = defaultdict[tuple[int, int], list[int]](list)
    for number, bucket, unit in postings:
        if ranks.ranks[unit] != NOT_COMPARED:
            buckets[number, bucket].append(int(ranks.ranks[unit]))
    expected = {
        (a, b)
        for members in buckets.values()
        for place, a in enumerate(sorted(members)[: 20 if len(members) > 90 else None])
        for b in sorted(members)[place + 1 :]
        if not ranks.indexed[b]
    }
    pairs, some = Pairs(tmp_path, ranks, job), shares(tmp_path, job)
    assert len(some) > slices(job) if memory == "1MB" else len(some) == slices(job)
    found = [(int(a), int(b)) for share in pairs.of(some) for many in share for a, b in zip(*many, strict=True)]
    assert set(found) == expected
    assert pairs.full == sum(len(members) > 90 for members in buckets.values()) > 0


@pytest.mark.parametrize("spread", [1, 1 << 20, 1 << 64])
def test_sets_hold_each_hash_once_in_order(spread: int) -> None:
    """Hashes of any spread, all equal ones too, come out sorted and each once, of texts of any length."""
    rng = seeded(6)
    texts = [[rng.randrange(spread) for _ in range(length)] for length in (0, 1, 2, 3, 40, 300, 5_000, 0)]
    offsets = np.cumsum([0, *map(len, texts)])
    sets, ends = kernels.distinct(np.array([h for text in texts for h in text], np.uint64), offsets)
    for text, (start, stop) in zip(texts, pairwise(ends), strict=True):
        assert sets[start:stop].tolist() == sorted(set(text))


def test_shared_hashes_are_counted() -> None:
    """What two sets have in common is what Python's own sets say."""
    rng = seeded(7)
    texts = [sorted(rng.sample(range(50), rng.randrange(30))) for _ in range(12)]
    sets, offsets = np.array([h for text in texts for h in text], np.uint64), np.cumsum([0, *map(len, texts)])
    left, right = np.array(list(combinations(range(len(texts)), 2))).T
    counts = kernels.shared(sets, offsets, left, right)
    assert counts.tolist() == [len({*texts[a]} & {*texts[b]}) for a, b in zip(left, right, strict=True)]

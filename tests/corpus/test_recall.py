"""What is found against all pairs, compared one by one in a way that shares nothing with the code."""

from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from corpus import naive
from corpus import texts as drawn
from corpus.texts import documents, families, seeded
from scipy.sparse import csr_array

from benchmarks.texts.copies import collection
from dedup.corpus import Job, Keep, run

ROWS = 1_000


def all_pairs(texts: dict[str, str], threshold: float) -> dict[frozenset[str], float]:
    """Return the Jaccard similarity of every pair at or above the threshold: a product of sparse matrices."""
    sets = [naive.shingles(text) for text in texts.values()]
    number = {shingle: i for i, shingle in enumerate(sorted({shingle for one in sets for shingle in one}))}
    columns = [number[shingle] for one in sets for shingle in one]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in sets])])
    matrix = csr_array((np.ones(len(columns), np.int32), columns, starts), shape=(len(sets), len(number)))
    sizes, names = np.diff(starts), list(texts)
    found = {}
    for first in range(0, len(sets), ROWS):
        shared = (matrix[first : first + ROWS] @ matrix.T).tocoo()
        similarity = shared.data / (sizes[shared.row + first] + sizes[shared.col] - shared.data)
        for i in np.flatnonzero((similarity >= threshold) & (shared.row + first < shared.col)):
            found[frozenset((names[shared.row[i] + first], names[shared.col[i]]))] = float(similarity[i])
    return found


def check(texts: dict[str, str], threshold: float, out: Path) -> None:
    """Hold the pairs found to all pairs: none wrong, at most one in a hundred missing, each similarity exact."""
    same: dict[tuple[str, ...], list[str]] = {}
    for name, text in texts.items():
        same.setdefault(tuple(naive.words(text)), []).append(name)
    run(documents(texts), out, Job(threshold=threshold))
    rows = pq.read_table(out / "pairs.parquet").to_pylist()
    expected = all_pairs({names[0]: texts[names[0]] for names in same.values()}, threshold)
    found = {frozenset((row["a"], row["b"])): row["similarity"] for row in rows if row["kind"] == "near"}
    exact = {row["b"]: row["a"] for row in rows if row["kind"] == "exact"}
    assert len(expected) > 100
    assert found.items() <= expected.items()
    assert len(found) >= 0.99 * len(expected)
    assert exact == {name: names[0] for names in same.values() for name in names[1:]}


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_pairs_of_two_thousand_documents(threshold: float, tmp_path: Path) -> None:
    """Of 2,000 documents no pair is wrong and at least 99 % are found."""
    check(families(seeded(5), 2_000), threshold, tmp_path / "out")


def test_pairs_of_a_family_that_prints_the_same_paragraph(tmp_path: Path) -> None:
    """Of 400 texts with the same paragraph and words of their own every pair by containment is found, and no other."""
    rng = seeded(6)
    paragraph = drawn.text(rng, 80)
    texts = {f"p{i:03}": f"{paragraph} {drawn.text(rng, rng.randint(0, 40))}" for i in range(400)}
    run(documents(texts), tmp_path / "out", Job(0.8, measure="containment", keep=Keep("longest")))
    rows = pq.read_table(tmp_path / "out/pairs.parquet").to_pylist()
    twins = {row["b"] for row in rows if row["kind"] == "exact"}
    ranked = sorted(texts.keys() - twins, key=lambda name: (-len(texts[name]), name))
    sets = [naive.shingles(texts[name]) for name in ranked]
    expected = {
        (better, worse)
        for place, worse in enumerate(ranked)
        for better, of_better in zip(ranked[:place], sets, strict=False)
        if naive.containment(of_better, sets[place]) >= 0.8
    }
    assert len(expected) > 20_000
    assert {(row["a"], row["b"]) for row in rows if row["kind"] == "near"} == expected


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_pairs_of_twenty_thousand_documents(threshold: float, tmp_path: Path) -> None:
    """Of 20,000 articles of 300 words no pair is wrong and at least 99 % are found."""
    texts = {f"d{i:05}": text for i, text in enumerate(islice(collection(), 20_000))}
    check(texts, threshold, tmp_path / "out")

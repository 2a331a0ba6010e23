"""The job against the definition in plain Python."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corpus import naive
from corpus.texts import documents, edited, families, lines, owners, seeded
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.corpus import Job, Keep, run
from dedup.corpus.job import Measure
from dedup.formats import Rejected

KEEPS = {"first": list, "longest": lambda texts: sorted(texts, key=lambda n: (-len(texts[n]), n))}


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    keep=st.sampled_from(sorted(KEEPS)),
    measure=st.sampled_from(("jaccard", "containment")),
    threads=st.sampled_from((1, 2)),
)
def test_survivors_are_those_of_the_definition(seed: int, keep: str, measure: Measure, threads: int) -> None:
    """On collections of families of edited copies each document belongs to the survivor that the naive model names."""
    texts = families(seeded(seed), 80)
    job = Job(threshold=0.6, measure=measure, keep=Keep.parse(keep), threads=threads)
    with TemporaryDirectory() as folder:
        run(documents(texts), Path(folder, "out"), job)
        found = owners(Path(folder, "out"), texts)
    assert found == naive.survivors(texts, KEEPS[keep](texts), 0.6, getattr(naive, measure))


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_transitive_clusters_are_what_hangs_together(seed: int) -> None:
    """With transitive closure each document belongs to the best ranked one of its connected component."""
    texts = families(seeded(seed), 60)
    with TemporaryDirectory() as folder:
        run(documents(texts), Path(folder, "out"), Job(threshold=0.6, closure="transitive"))
        found = owners(Path(folder, "out"), texts)
    assert found == naive.components(texts, list(texts), 0.6)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1), threads=st.sampled_from((1, 2)))
def test_order_of_the_input_and_threads_change_nothing(seed: int, threads: int) -> None:
    """Shuffled, and on another number of threads, a collection has byte for byte the same clusters and pairs."""
    rng = seeded(seed)
    records = documents(families(rng, 60))
    with TemporaryDirectory() as folder:
        one, other = Path(folder, "one"), Path(folder, "other")
        run(records, one, Job(keep=Keep("longest")))
        rng.shuffle(records)
        run(records, other, Job(keep=Keep("longest"), threads=threads))
        for name in ("clusters.parquet", "pairs.parquet", "summary.json"):
            assert (one / name).read_bytes() == (other / name).read_bytes()


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Every file of two runs on the same input is the same, whatever the number of threads."""
    records = documents(families(seeded(1), 300))
    for threads in (1, 2):
        run(records, tmp_path / str(threads), Job(threads=threads))
    files = sorted(file.name for file in (tmp_path / "1").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "2").iterdir())
    assert len(files) == 6
    for name in files:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_drifting_chain_is_no_cluster(tmp_path: Path) -> None:
    """Of documents that each change a little more, none is removed for one that it does not resemble."""
    rng = seeded(7)
    texts = {"v000": " ".join(f"word{i}" for i in range(100))}
    for i in range(1, 60):
        texts[f"v{i:03}"] = edited(rng, texts[f"v{i - 1:03}"], 2)
    job = Job(threshold=0.7)
    summary = run(documents(texts), tmp_path / "out", job)
    assert summary.clusters > 5
    for name, survivor in owners(tmp_path / "out", texts).items():
        assert naive.jaccard(naive.shingles(texts[survivor]), naive.shingles(texts[name])) >= 0.7
    whole = run(documents(texts), tmp_path / "whole", Job(threshold=0.7, closure="transitive"))
    assert whole.largest[0].size == 60


def test_boilerplate_costs_a_star(tmp_path: Path) -> None:
    """5,000 documents of one template are compared with the best ranked few of each bucket, not with each other."""
    rng = seeded(3)
    template = " ".join(f"word{i}" for i in range(80))
    texts = {f"t{i:04}": edited(rng, template, 1) for i in range(5_000)}
    summary = run(documents(texts), tmp_path / "out", Job(threshold=0.8))
    assert summary.full_buckets > 0
    assert summary.candidates < 5_000 * 64 * Job().scheme.bands
    assert summary.kept == len(set(owners(tmp_path / "out", texts).values()))
    assert summary.kept <= 3


def test_identical_documents_cost_no_pair(tmp_path: Path) -> None:
    """5,000 documents of the same folded words are one cluster, found without comparing any two."""
    texts = {f"t{i:04}": "The same NOTICE, to all!" if i % 2 else "the same notice to all" for i in range(5_000)}
    summary = run(documents(texts), tmp_path / "out", Job())
    assert (summary.exact, summary.near, summary.kept, summary.candidates) == (4_999, 0, 1, 0)
    assert {one["duplicate_of"]["id"] for one in lines(tmp_path / "out" / "removed.jsonl.zst")} == {"t0000"}


def test_metadata_that_is_no_json_is_rejected(tmp_path: Path) -> None:
    """From Python a document may have metadata that cannot be written: it is rejected, and the rest goes on."""
    rejected = list[Rejected]()
    records = [*documents({"bad": "some words"}, value=object()), *documents({"good": "some words"})]
    assert run(records, tmp_path / "out", Job(), reject=rejected.append).kept == 1
    assert [(one.id, one.code) for one in rejected] == [("bad", "invalid_metadata")]


@pytest.mark.parametrize("threshold", [0.01, 0.1, 0.5, 0.8, 0.9, 0.99])
def test_scheme_finds_pairs_at_the_threshold(threshold: float) -> None:
    """The buckets of the scheme that is chosen are shared by 99.5 % of the pairs at the threshold."""
    scheme = Job(threshold=threshold).scheme
    assert 1 - (1 - threshold**scheme.rows) ** scheme.bands >= 0.995

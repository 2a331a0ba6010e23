"""How each member of a cluster is a duplicate."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from corpus.texts import documents, seeded, text
from naive import figures

from dedup.corpus import Job, run


def test_a_copy_of_a_near_duplicate_is_a_near_duplicate(tmp_path: Path) -> None:
    """Two identical texts edited from a third are both near duplicates of it; only its own copy is an exact one."""
    original = text(seeded(1), 60)
    edited = f"{original} and two more"
    run(documents({"original": original, "one": edited, "two": edited, "copy": original}), tmp_path / "out", Job())
    rows = {row["id"]: row for row in pq.read_table(tmp_path / "out" / "clusters.parquet").to_pylist()}
    assert {name: rows[name]["kind"] for name in ("one", "two", "copy")} == {
        "one": "near",
        "two": "near",
        "copy": "exact",
    }
    assert {row["survivor"] for row in rows.values()} == {"original"}
    assert rows["two"]["similarity"] == pytest.approx(figures(original, edited)[0])


def test_identical_texts_without_another_are_exact(tmp_path: Path) -> None:
    """Of three identical texts the two that are not kept are exact duplicates, of similarity 1."""
    texts = dict.fromkeys("abc", text(seeded(2), 60)) | {"d": text(seeded(3), 60)}
    run(documents(texts), tmp_path / "out", Job())
    rows = pq.read_table(tmp_path / "out" / "clusters.parquet").to_pylist()
    found = {row["id"]: (row["survivor"], row["similarity"]) for row in rows if row["kind"] == "exact"}
    assert found == {"b": ("a", 1.0), "c": ("a", 1.0)}
    assert "d" not in {row["id"] for row in rows}

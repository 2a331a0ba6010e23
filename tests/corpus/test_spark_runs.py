"""Runs on Spark against those of one machine."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from corpus.test_runs import pasted
from corpus.test_spark import frame
from corpus.texts import documents, lines
from pyspark.sql import SparkSession

import dedup
from dedup.corpus import Job, Keep, find_runs
from dedup.corpus import spark as on_spark
from dedup.errors import InvalidInput
from dedup.formats import Record, Source
from dedup.model import Document


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the runs."""
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["longest", "first", "none"])
def test_runs_are_those_of_one_machine(spark: SparkSession, tmp_path: Path, rule: str) -> None:
    """In another order, in parts: the same runs with the same sources, and the same texts without them."""
    texts = pasted(300) | {"loop": "tick " * 300, "none": "…", "x" * 481: "too long a name"}
    records = [
        Record(one.source, Document(one.document.id, one.document.text, {"n": place}))
        for place, one in enumerate(documents(texts))
    ]
    records.append(Record(Source("again.jsonl", 1), Document("d00007", "another text", {"n": len(records)})))
    job = Job(level="runs", min_words=10, cut=True, keep=Keep.parse(rule))
    rejects = set[tuple[str, str]]()
    find_runs(records, tmp_path / "one", job, reject=lambda one: rejects.add((one.id, one.code)))
    on_spark.find_runs(frame(spark, records), str(tmp_path / "many"), job, number="n")
    assert rows(tmp_path / "many/runs.parquet") == rows(tmp_path / "one/runs.parquet")
    kept = pq.read_table(tmp_path / "many/kept.parquet")
    assert kept.column_names == ["id", "text", "n"]
    left = {one["id"]: one["text"] for one in lines(tmp_path / "one/kept.jsonl.zst")}
    assert {one["id"]: one["text"] for one in kept.to_pylist()} == left
    found = {(one["id"], one["code"]) for one in pq.read_table(tmp_path / "many/rejects.parquet").to_pylist()}
    assert found == rejects


@pytest.mark.slow
def test_runs_that_stand_in_an_index_are_cut_out(spark: SparkSession, tmp_path: Path) -> None:
    """Held against an index, the runs that stand there, and what is left of the texts, are those of one machine."""
    texts = list(pasted(300).items())
    old, new = documents(dict(texts[:150])), documents(dict(texts[150:]))
    job = Job(level="runs", min_words=10, cut=True, keep=Keep("longest"))
    url = f"lmdb:{tmp_path / 'old.index'}"
    with dedup.open(url) as index:
        index.put([one.document for one in old])
        find_runs(new, tmp_path / "one", job, against=index)
        on_spark.find_runs(frame(spark, new), str(tmp_path / "many"), job, against=url)
    found = rows(tmp_path / "many/runs.parquet")
    assert found == rows(tmp_path / "one/runs.parquet")
    assert {True, False} == {one["source_in_index"] for one in found}
    left = {one["id"]: one["text"] for one in lines(tmp_path / "one/kept.jsonl.zst")}
    kept = pq.read_table(tmp_path / "many/kept.parquet").to_pylist()
    assert {one["id"]: one["text"] for one in kept} == left


@pytest.mark.slow
def test_partitions_change_no_run(spark: SparkSession, tmp_path: Path) -> None:
    """Cut into 50 partitions, nothing sent to all, a collection has the same runs; characters too."""
    texts = pasted(200)
    other = spark.newSession()
    other.conf.set("spark.sql.shuffle.partitions", "50")
    other.conf.set("spark.sql.adaptive.enabled", "false")
    other.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    job = Job(level="runs", min_words=40, unit="character", keep=Keep("longest"))
    find_runs(documents(texts), tmp_path / "one", job)
    on_spark.find_runs(frame(other, documents(texts), 50), str(tmp_path / "many"), job)
    assert rows(tmp_path / "many/runs.parquet") == rows(tmp_path / "one/runs.parquet")
    assert not (tmp_path / "many/kept.parquet").exists()


@pytest.mark.slow
def test_what_is_no_run_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    """A job of another level, and a column that is not there, are refused before anything is written."""
    few = frame(spark, documents({"a": "one text"}))
    with pytest.raises(InvalidInput, match="call `deduplicate`"):
        on_spark.find_runs(few, str(tmp_path / "out"), Job())
    with pytest.raises(InvalidInput, match="call that"):
        on_spark.deduplicate(few, str(tmp_path / "out"), Job(level="runs"))
    with pytest.raises(InvalidInput, match="no column 'body'"):
        on_spark.find_runs(few, str(tmp_path / "out"), Job(level="runs"), text="body")
    assert not (tmp_path / "out").exists()

"""The network on Spark against that of one machine."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from corpus.test_network import NOTICE, around, collection
from corpus.test_spark import frame
from corpus.texts import documents, seeded
from pyspark.sql import SparkSession

from benchmarks.texts.misread import misread
from dedup.corpus.network import Job, run
from dedup.corpus.spark import find_network
from dedup.errors import InvalidInput, OutputExists
from dedup.formats import Record, Source
from dedup.model import Document

DATES = ("1850-03", "1850-03-14", "1850-06-01T12:00:00", "1851", "3/4/1850", None)
PAPERS = ("Herald", "Courier", "Times", None)


def dated(count: int) -> list[Record]:
    """Return pages that share passages, with dates of all kinds and papers; some have neither."""
    rng = seeded(4)
    return [
        Record(one.source, Document(one.document.id, one.document.text, _some(rng.choice(DATES), rng.choice(PAPERS))))
        for one in documents(collection(count))
    ]


def _some(day: str | None, paper: str | None) -> dict[str, str]:
    return {name: value for name, value in (("day", day), ("paper", paper)) if value is not None}


def same(session: SparkSession, records: list[Record], folder: Path, job: Job) -> dict[str, Any]:
    """Do the job on Spark and on one machine, expect the same rows in the same order; return the latter's summary."""
    run(records, folder / "one", job)
    find_network(frame(session, records), str(folder / "many"), job)
    for name in ("pairs.parquet", "passages.parquet"):
        one, many = (pq.read_table(folder / which / name) for which in ("one", "many"))
        assert many.column_names == one.column_names
        assert many.to_pylist() == one.to_pylist()
    summary: dict[str, Any] = json.loads((folder / "one/summary.json").read_text("utf-8"))
    assert pq.read_table(folder / "many/truncated.parquet").num_rows == summary["truncated"]
    return summary


@pytest.mark.slow
@pytest.mark.parametrize(
    "job",
    [
        Job(date="day"),
        Job(date="day", series="paper", within=120 * 86_400, min_words=20, min_similarity=0.9, reworded=False),
    ],
    ids=["all", "filtered"],
)
def test_pairs_and_texts_are_those_of_one_machine(spark: SparkSession, tmp_path: Path, job: Job) -> None:
    """In another order, in parts: the same passages of the same pairs and the same texts, whatever the filters are."""
    summary = same(spark, dated(60), tmp_path, job)
    assert summary["passages"] > summary["clusters"] > 1
    assert 0 < summary["directed"] <= summary["edges"]


@pytest.mark.slow
def test_what_is_left_unread_is_told(
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where buckets are cut the same pairs are left out as on one machine, and as many documents are told."""
    monkeypatch.setattr("dedup.search.partners.LISTED", 5)
    monkeypatch.setattr("dedup.corpus.spark.network_pairs.LISTED", 5)
    records = documents({f"{place:02}": around(place, NOTICE) for place in range(20)})
    assert same(spark, records, tmp_path, Job())["truncated"] == 20


@pytest.mark.slow
def test_misread_letters_are_compared_as_on_one_machine(spark: SparkSession, tmp_path: Path) -> None:
    """With characters as the unit, cut into partitions and nothing sent to all, misread pages are the same pairs."""
    rng = seeded(3)
    other = spark.newSession()
    other.conf.set("spark.sql.shuffle.partitions", "5")
    other.conf.set("spark.sql.adaptive.enabled", "false")
    other.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    pages = {name: misread(one, 0.07, rng) for name, one in collection(16).items()}
    assert same(other, documents(pages), tmp_path, Job(unit="character"))["edges"] > 3


@pytest.mark.slow
def test_bad_rows_are_told_and_the_rest_is_done(spark: SparkSession, tmp_path: Path) -> None:
    """Documents that cannot be used have the codes of one machine, a later one of an id too; no folder is replaced."""
    texts = {name: around(place, NOTICE) for place, name in enumerate(("a", "b"))}
    bad = {"empty": "…", "x" * 481: around(3, NOTICE)}
    again = Record(Source("again.jsonl", 1), Document("a", "another text", {"date": "1851"}))
    records, rejects = [*documents(texts | bad, date="1850"), again], set[tuple[str, str]]()
    run(records, tmp_path / "one", Job(), reject=lambda one: rejects.add((one.id, one.code)))
    rows = frame(spark, records).union(
        spark.createDataFrame([("void", None, "1850")], "id string, text string, date string")
    )
    found = find_network(rows, str(tmp_path / "many"))
    assert found.pairs.toArrow().to_pylist() == pq.read_table(tmp_path / "one/pairs.parquet").to_pylist()
    told = {(row["id"], row["code"]) for row in pq.read_table(tmp_path / "many/rejects.parquet").to_pylist()}
    assert told == rejects | {("void", "no_text")}
    with pytest.raises(OutputExists, match="name another folder"):
        find_network(rows, str(tmp_path / "many"))


@pytest.mark.slow
def test_an_empty_frame_has_empty_tables(spark: SparkSession, tmp_path: Path) -> None:
    """Of no document there are no pairs and no texts, but all tables; a column that is not there is named."""
    none = spark.createDataFrame([], "url string, body string")
    found = find_network(none, str(tmp_path / "out"), id="url", text="body")
    assert [len(one.toArrow()) for one in found] == [0, 0, 0]
    assert {one.name for one in (tmp_path / "out").iterdir()} >= {
        "pairs.parquet",
        "passages.parquet",
        "rejects.parquet",
    }
    with pytest.raises(InvalidInput, match="no column 'paper'"):
        find_network(none, str(tmp_path / "other"), Job(series="paper"), id="url", text="body")
    assert not (tmp_path / "other").exists()

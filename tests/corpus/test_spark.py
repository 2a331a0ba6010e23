"""The job on Spark against the one on one machine, and against the definition in plain Python."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus import naive
from corpus.sessions import SETTINGS
from corpus.texts import documents, edited, families, lines, owners, seeded, text
from pyspark.sql import DataFrame, SparkSession

import dedup
from dedup.corpus import Job, Keep, run
from dedup.corpus.job import Measure
from dedup.corpus.spark import deduplicate
from dedup.engine import Index
from dedup.errors import InvalidInput, OutputExists, StoreError, StoreUnreachable
from dedup.formats import Fields, Record, Source
from dedup.formats.items import record
from dedup.model import Document

ROOT = Path(__file__).parents[2]
LONGEST = Keep("longest")


def frame(spark: SparkSession, records: list[Record], parts: int = 3) -> DataFrame:
    """Return the records as a DataFrame, in another order."""
    rows = [{"id": one.document.id, "text": one.document.text, **one.document.metadata} for one in records]
    seeded(11).shuffle(rows)
    return spark.createDataFrame(pa.Table.from_pylist(rows)).repartition(parts)


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table, in an order of their own."""
    return sorted(
        pq.read_table(path).to_pylist(), key=lambda one: [(name, str(value)) for name, value in sorted(one.items())]
    )


def both(
    spark: SparkSession, records: list[Record], folder: Path, job: Job, index: Index | None = None, **options: Any
) -> None:
    """Run the job on one machine and on Spark; expect the same clusters and pairs."""
    run(records, folder / "one", job, against=index)
    deduplicate(frame(spark, records), str(folder / "many"), job, **options)
    for name in ("clusters.parquet", "pairs.parquet"):
        assert rows(folder / "many" / name) == rows(folder / "one" / name)
        assert rows(folder / "one" / name)


def test_clusters_are_those_of_one_machine_and_of_the_definition(spark: SparkSession, tmp_path: Path) -> None:
    """In another order, decided in rounds, a collection has the same clusters, pairs and rejects as on one machine."""
    texts = families(seeded(5), 150)
    bad = {"empty": "…", "": "no name, but words", "x" * 481: "too long a name"}
    again = Record(Source("again.jsonl", 1), Document("doc-00007", "another text of an id that is taken"))
    records = [*documents(texts | bad), again]
    rejects = set[tuple[str, str]]()
    job = Job(threshold=0.6, keep=LONGEST)
    run(records, tmp_path / "one", job, reject=lambda one: rejects.add((one.id, one.code)))
    documents_ = frame(spark, records).union(
        spark.createDataFrame([(None, "a text"), ("void", None)], "id string, text string")
    )
    deduplicate(documents_, str(tmp_path / "many"), job, one_task=0)
    for name in ("clusters.parquet", "pairs.parquet"):
        assert rows(tmp_path / "many" / name) == rows(tmp_path / "one" / name)
    found = {(one["id"], one["code"]) for one in rows(tmp_path / "many/rejects.parquet")}
    assert found == rejects | {("", "no_id"), ("void", "no_text")}
    ranked = sorted(texts, key=lambda name: (-len(texts[name]), name))
    assert owners(tmp_path / "many", texts) == naive.survivors(texts, ranked, 0.6)
    assert (tmp_path / "many/work/members-1").exists()
    with pytest.raises(OutputExists, match="name another folder"):
        deduplicate(documents_, str(tmp_path / "many"), job)


@pytest.mark.slow
def test_columns_called_id_and_text_may_be_others(spark: SparkSession, tmp_path: Path) -> None:
    """With other columns named as id and text, columns called so are but metadata, by which `--keep` may go."""
    records = [
        {"url": one.document.id, "body": one.document.text, "id": f"2018-{1 + i % 12:02}-01", "text": "teaser"}
        for i, one in enumerate(documents(families(seeded(9), 100)))
    ]
    fields, keep = Fields("url", "body"), Keep("earliest", "id")
    job = Job(threshold=0.6, keep=keep)
    run([record(Source("x", i), one, fields) for i, one in enumerate(records)], tmp_path / "one", job)
    many = spark.createDataFrame(pa.Table.from_pylist(records)).repartition(3)
    deduplicate(many, str(tmp_path / "many"), job, id="url", text="body")
    for name in ("clusters.parquet", "pairs.parquet"):
        assert rows(tmp_path / "many" / name) == rows(tmp_path / "one" / name)
        assert rows(tmp_path / "one" / name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "one_task"),
    [
        (Job(threshold=0.6, measure="containment", keep=LONGEST), 1 << 22),
        (Job(threshold=0.6, closure="transitive", keep=LONGEST), 1 << 22),
        (Job(threshold=0.6, closure="transitive", keep=LONGEST), 0),
        (Job(threshold=0.6, keep=Keep("earliest")), 1 << 22),
        (Job(threshold=0.6, keep=Keep("priority", "source", ("own", "agency"))), 1 << 22),
    ],
)
def test_every_rule_is_that_of_one_machine(spark: SparkSession, tmp_path: Path, job: Job, one_task: int) -> None:
    """Each measure, closure and rule of what stays gives the clusters and pairs of one machine."""
    rng = seeded(6)
    records = [
        Record(one.source, Document(one.document.id, one.document.text, {"published": day, "source": source}))
        for one in documents(families(rng, 150))
        for day in [f"2018-{rng.randint(1, 12):02}-01"]
        for source in [rng.choice(("own", "agency", "else"))]
    ]
    both(spark, records, tmp_path, job, one_task=one_task)


@pytest.mark.slow
def test_first_goes_by_the_numbers_that_are_named(spark: SparkSession, tmp_path: Path) -> None:
    """With a column of numbers `first` keeps what comes first in the input, as one machine does."""
    records = [
        Record(one.source, Document(one.document.id[::-1], one.document.text, {"place": place}))
        for place, one in enumerate(documents(families(seeded(7), 150)))
    ]
    both(spark, records, tmp_path, Job(threshold=0.6), number="place")


@pytest.mark.slow
def test_passages_are_those_of_one_machine(spark: SparkSession, tmp_path: Path) -> None:
    """Repeated paragraphs are found with their places, and repeats within one document are no cluster."""
    rng = seeded(8)
    shared = [text(rng, 20) for _ in range(30)]
    texts = {
        f"p{i:03}": "\n\n".join(edited(rng, rng.choice(shared), rng.choice((0, 0, 1))) for _ in range(4))
        for i in range(60)
    }
    twice = text(rng, 20)
    records = documents(texts | {"own": f"{twice}\n\n{twice}", "all": shared[0]}, source="here")
    both(spark, records, tmp_path, Job(0.6, "passages", keep=LONGEST, cut=True))
    kept = pq.read_table(tmp_path / "many/kept.parquet")
    assert kept.column_names == ["id", "text", "source"]
    left = sorted(lines(tmp_path / "one/kept.jsonl.zst"), key=lambda one: one["id"])
    assert sorted(kept.to_pylist(), key=lambda one: one["id"]) == left
    assert len(left) < len(records)


@pytest.mark.slow
@pytest.mark.parametrize(("measure", "table"), [("jaccard", False), ("containment", False), ("jaccard", True)])
def test_what_is_there_already_outranks_all(spark: SparkSession, tmp_path: Path, measure: Measure, table: bool) -> None:
    """Held against an index, or a table of the same documents, a collection has the results of one machine."""
    texts = list(families(seeded(12), 240).items())
    twins = {"twin-1": texts[3][1], "twin-2": texts[4][1].upper(), texts[5][0]: "another text of a name that is taken"}
    old, new = documents(dict(texts[:120])), documents(dict(texts[120:]) | twins)
    url = f"lmdb:{tmp_path / 'old.index'}"
    job = Job(threshold=0.6, measure=measure, keep=LONGEST)
    with dedup.open(url) as index:
        index.put([one.document for one in old])
        both(spark, new, tmp_path, job, index, against=frame(spark, old) if table else url)
    clusters = rows(tmp_path / "many/clusters.parquet")
    assert {True, False} == {one["survivor_in_index"] for one in clusters}
    assert {one["id"] for one in clusters if one["kind"] == "exact"} > {"twin-1", "twin-2"}


@pytest.mark.slow
def test_full_buckets_are_cut_as_on_one_machine(spark: SparkSession, tmp_path: Path) -> None:
    """Of 2,000 documents of one template as many are paired, and with the same ones, as on one machine."""
    rng = seeded(3)
    template = " ".join(f"word{i}" for i in range(80))
    texts = {f"t{i:04}": edited(rng, template, 3) for i in range(2_000)}
    both(spark, documents(texts), tmp_path, Job(threshold=0.8, keep=LONGEST))
    assert pq.read_table(tmp_path / "many/work/full").num_rows > 0


@pytest.mark.slow
def test_partitions_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    """Cut into 200 partitions, before and after each shuffle, a collection has the same clusters and pairs."""
    records = documents(families(seeded(9), 400))
    settings = {"spark.sql.shuffle.partitions": "200", "spark.sql.adaptive.enabled": "false"}
    settings["spark.sql.autoBroadcastJoinThreshold"] = "-1"
    job = Job(threshold=0.6, keep=LONGEST)
    run(records, tmp_path / "one", job)
    other = spark.newSession()
    for name, value in settings.items():
        other.conf.set(name, value)
    deduplicate(frame(other, records, 200), str(tmp_path / "many"), job)
    for name in ("clusters.parquet", "pairs.parquet"):
        assert rows(tmp_path / "many" / name) == rows(tmp_path / "one" / name)


@pytest.mark.slow
def test_what_cannot_be_asked_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    """A column that is not there is named with those that are, and an index is one that workers can read."""
    documents_ = frame(spark, documents({"a": "one text"}))
    with pytest.raises(InvalidInput, match="no column 'body'; name one of id, text"):
        deduplicate(documents_, str(tmp_path / "out"), text="body")
    with pytest.raises(InvalidInput, match="one process alone"):
        deduplicate(documents_, str(tmp_path / "out"), against="memory:")
    with pytest.raises(StoreError, match="nowhere"):
        deduplicate(documents_, str(tmp_path / "out"), against=f"lmdb:{tmp_path / 'nowhere'}")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_index_that_a_worker_cannot_read_is_named(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that is there for who starts the job, and not for a worker, is named with what to give instead."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        index.put([Document("a", "one text of several words")])
    monkeypatch.chdir(tmp_path)  # the workers have begun elsewhere
    with pytest.raises(StoreUnreachable, match=r"a worker could not read the index .*redis://HOST"):
        deduplicate(frame(spark, documents({"b": "one text"})), str(tmp_path / "out"), against="lmdb:index")


def command(folder: Path, before: str = "", **environment: str) -> "subprocess.Popen[str]":
    """Start the command on a collection in the folder."""
    script = f"{before}\nfrom dedup.corpus.spark.__main__ import main\nmain()"
    argv = [sys.executable, "-c", script, "in.parquet", "--out", "out", "--threshold", "0.6", "--keep", "longest"]
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"} | environment
    return subprocess.Popen(
        argv, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize(
    ("before", "environment", "said"),
    [
        ("", {"JAVA_HOME": "nowhere"}, "install Java 17"),
        ("import sys; sys.modules['pyspark'] = None", {}, "pip install 'resembles[spark]'"),
    ],
)
def test_what_is_missing_is_named(before: str, environment: dict[str, str], said: str, tmp_path: Path) -> None:
    """Without Java, and without PySpark, the error has a code and says what to install."""
    with command(tmp_path, before, **environment) as process:
        errors = process.communicate()[1]
    assert process.returncode
    assert "missing_extra" in errors or "MissingExtra" in errors
    assert said in errors


def offspring(ancestor: int, *, what: str) -> list[tuple[int, int]]:
    """Return process and parent of all below a process whose command line holds `what`."""
    parents, found = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(folder.joinpath("stat").read_text().rpartition(") ")[2].split()[1])
            if what in folder.joinpath("cmdline").read_text(errors="replace"):
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [(one, parents[one]) for one in found if ancestor in _line(one, parents)]


def _line(process: int, parents: dict[int, int]) -> Iterator[int]:
    while process := parents.get(process, 0):
        yield process


@pytest.mark.slow
def test_killed_workers_change_nothing(tmp_path: Path) -> None:
    """A Python worker killed while it sketches, and a whole executor killed later: the result is the same."""
    texts = families(seeded(10), 3_000)
    job = Job(threshold=0.6, keep=LONGEST)
    run(documents(texts), tmp_path / "one", job)
    (tmp_path / "in.parquet").mkdir()
    names = list(texts)
    for first in range(0, len(names), 500):
        own = names[first : first + 500]
        table = pa.table({"id": own, "text": [texts[name] for name in own]})
        pq.write_table(table, tmp_path / f"in.parquet/{first}.parquet")
    settings = SETTINGS | {"spark.sql.files.maxPartitionBytes": "20000", "spark.sql.adaptive.enabled": "false"}
    asked = " ".join(f"--conf '{name}={value}'" for name, value in settings.items())
    arguments = f"--master local-cluster[2,1,1024] {asked} pyspark-shell"
    with command(tmp_path, PYSPARK_SUBMIT_ARGS=arguments) as process:
        try:
            _kill_a_worker_and_an_executor(process, tmp_path / "out")
            printed, errors = process.communicate(timeout=240)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert re.search(r"[1-9]\d* duplicates in [\d,]+ clusters", printed)
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "clusters.parquet",
        "pairs.parquet",
        "rejects.parquet",
    }
    for name in ("clusters.parquet", "pairs.parquet"):
        assert rows(tmp_path / "out" / name) == rows(tmp_path / "one" / name)


def _kill_a_worker_and_an_executor(process: "subprocess.Popen[str]", out: Path) -> None:
    while not (workers := _forked(offspring(process.pid, what="pyspark.daemon"))):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(workers[0], 9)
    while not (out / "work/units/_SUCCESS").exists():
        assert process.poll() is None
        time.sleep(0.02)
    executors = offspring(process.pid, what="CoarseGrainedExecutorBackend")
    assert len(executors) >= 2
    os.kill(executors[0][0], 9)
    assert not (out / "work/edges").exists()


def _forked(daemons: list[tuple[int, int]]) -> list[int]:
    """Return the workers among daemons: their parent is one too."""
    known = {one for one, _ in daemons}
    return [one for one, parent in daemons if parent in known]

"""`dedup.corpus.deduplicate`: frames of other programs in, Arrow tables out."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from corpus.texts import families, lines, seeded

import dedup
from dedup.corpus import Deduplicated, Job, Keep, deduplicate, run
from dedup.errors import InvalidInput

STORY = "The head of the general staff met the commander in Baku on Thursday, the first such meeting in a year."
OTHER = "Seven wizards box with liquor jugs at noon, and nobody minds."
COLUMNS = {
    "id": [30, 10, 20],
    "text": [STORY, STORY.upper(), OTHER],
    "score": [0.5, None, 1.5],
    "tags": [["a", "b"], [], ["c"]],
}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let temporary folders lie where a test can see that none is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def table() -> pa.Table:
    """Return the rows as PyArrow has them."""
    return pa.table(COLUMNS)


def reader() -> pa.RecordBatchReader:
    """Return the rows as a stream that can be read once, a row a batch."""
    return pa.RecordBatchReader.from_batches(table().schema, table().to_batches(1))


def relation() -> Any:
    """Return the rows as DuckDB has them."""
    return duckdb.from_arrow(table())


FRAMES: dict[str, tuple[Callable[[], Any], Callable[[pa.Table], Any]]] = {
    "table": (table, lambda kept: kept),
    "reader": (reader, lambda kept: kept),
    "pandas": (lambda: pd.DataFrame(COLUMNS), lambda kept: pa.Table.from_pandas(kept.to_pandas())),
    "polars": (lambda: pl.DataFrame(COLUMNS), pl.from_arrow),
    "duckdb": (relation, lambda kept: duckdb.from_arrow(kept).to_arrow_table()),
    "datasets": (lambda: datasets.Dataset.from_dict(COLUMNS), datasets.Dataset),
    "streamed": (lambda: datasets.Dataset.from_dict(COLUMNS).to_iterable_dataset(), lambda kept: kept),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frame_of_each_program(name: str) -> None:
    """Rows of every program that hands them over are deduplicated alike, and what is kept goes back as it came."""
    make, back = FRAMES[name]
    found = deduplicate(make())
    assert found.clusters.select(["id", "survivor", "kind"]).to_pylist() == [
        {"id": "30", "survivor": "30", "kind": "survivor"},
        {"id": "10", "survivor": "30", "kind": "exact"},
    ]
    assert found.pairs.select(["a", "b"]).to_pylist() == [{"a": "30", "b": "10"}]
    assert found.kept is not None
    kept = back(found.kept)
    rows = kept.to_dicts() if isinstance(kept, pl.DataFrame) else list(kept) if name == "datasets" else kept.to_pylist()
    assert [row["id"] for row in rows] == [30, 20]
    assert [list(row["tags"]) for row in rows] == [["a", "b"], ["c"]]
    assert (found.summary.documents, found.summary.kept, found.rejected.num_rows) == (3, 2, 0)


def test_kept_has_the_frame_s_types() -> None:
    """Kept rows of Polars come back with the types that Polars had; those of a data set have its features."""
    frame = pl.DataFrame(COLUMNS).with_columns(
        pl.col("id").cast(pl.UInt8), at=pl.lit("2024-02-29 12:30:00").str.to_datetime(time_unit="ns", time_zone="UTC"),
        kind=pl.Series(["a", "b", "a"], dtype=pl.Categorical), nested=pl.struct("score", "tags"),
        pair=pl.Series([["a", "b"]] * 3, dtype=pl.Array(pl.String, 2)),
    )  # fmt: skip
    found = deduplicate(frame)
    assert found.kept is not None
    back = pl.DataFrame(found.kept)
    assert back.schema == frame.schema
    assert back.equals(frame[[0, 2]])
    text, label = datasets.Value("string"), datasets.ClassLabel(names=["x", "y"])
    features = datasets.Features({"id": datasets.Value("int16"), "text": text, "label": label})
    set_ = datasets.Dataset.from_dict({"id": [1, 2], "text": [STORY, OTHER], "label": [1, 0]}, features)
    kept = deduplicate(set_).kept
    assert kept is not None
    assert datasets.Dataset(kept).features == features


def test_kept_rows_of_polars_can_be_used() -> None:
    """PyArrow can choose among the kept rows of Polars and write a part of them, which it can with no views."""
    frame = pl.DataFrame(COLUMNS).with_columns(
        kind=pl.Series(["a", "b", "a"], dtype=pl.Categorical), pair=pl.Series([["x"]] * 3, dtype=pl.Array(pl.String, 1))
    )
    kept = deduplicate(frame).kept
    assert kept is not None
    assert not [kind for kind in kept.schema.types if "view" in str(kind)]
    assert kept.take([1])["id"].to_pylist() == [20]
    file = io.BytesIO()
    pq.write_table(kept.slice(1), file)
    assert pq.read_table(file)["kind"].to_pylist() == ["a"]


def streamed(function: Callable[[int], dict[str, Any]], rows: int = 2_500) -> Any:
    """Return a streamed data set with columns that a function makes of numbers, which count down to 0."""
    texts = [" ".join(f"word{i}of{j}" for j in range(8)) if i % 2 else OTHER for i in range(rows)]
    frame = datasets.Dataset.from_dict({"n": [*reversed(range(rows))], "text": texts})
    return frame.to_iterable_dataset().map(lambda row: function(row["n"]))


def test_types_that_come_late() -> None:
    """A column of a streamed data set that begins with nulls or empty lists gets the type of what follows."""
    made = streamed(lambda n: {"tags": ["x"] if n < 700 else [], "note": "late" if n < 700 else None})
    kept = deduplicate(made.filter(lambda row: row["n"] != 1)).kept
    assert kept is not None
    assert [str(kept.schema.field(name).type) for name in ("tags", "note")] == ["list<item: string>", "string"]
    rows = kept.to_pylist()
    assert [row["tags"] for row in rows] == [["x"] if row["n"] < 700 else [] for row in rows]
    assert [row["note"] for row in rows] == ["late" if row["n"] < 700 else None for row in rows]
    assert rows[-1]["n"] < 700


def test_types_that_a_data_set_is_given() -> None:
    """What the refusal of mixed types advises makes the data set usable: a cast, or the types beside the function."""
    types = datasets.Features(
        {"n": datasets.Value("int64"), "text": datasets.Value("string"), "score": datasets.Value("float64")}
    )
    mixed = {"score": [1, 0.5]}
    plain = datasets.Dataset.from_dict({"n": [0, 1], "text": [STORY, OTHER]}).to_iterable_dataset()
    made = plain.map(lambda row: {"score": mixed["score"][row["n"]]}, features=types)
    for frame in (made, streamed(lambda n: {"score": 0.5 if n < 700 else n}).cast(types)):
        kept = deduplicate(frame).kept
        assert kept is not None
        assert kept.schema.field("score").type == pa.float64()


def test_chosen_rows_of_a_data_set_are_those_read() -> None:
    """Of a data set that was filtered or shuffled exactly the rows that it shows are read, in its order."""
    rows = datasets.Dataset.from_dict({"id": ["a", "b", "c"], "text": [STORY, OTHER, STORY]}).select([2, 1])
    kept = deduplicate(rows).kept
    assert kept is not None
    assert kept["id"].to_pylist() == ["c", "b"]


def test_the_same_as_the_command(tmp_path: Path) -> None:
    """Tables and figures are those of a run on a Parquet file of the same rows, whatever the threads."""
    texts = families(seeded(3), 400)
    rows = pa.table({"name": list(texts), "body": list(texts.values()), "n": range(400)})
    pq.write_table(rows, tmp_path / "in.parquet")
    job = Job(threshold=0.6, keep=Keep("longest"), threads=1)
    how = dedup.formats.Reading(dedup.formats.Fields("name", "body"))
    summary = run(dedup.formats.read(str(tmp_path / "in.parquet"), how=how), tmp_path / "out", job)
    found = deduplicate(rows, Job(threshold=0.6, keep=Keep("longest"), threads=3), id="name", text="body")
    assert found.summary == summary
    assert summary.removed
    for name in ("clusters", "pairs", "kept"):
        assert getattr(found, name).equals(pq.read_table(tmp_path / f"out/{name}.parquet"))
    removed = {one["name"] for one in lines(tmp_path / "out/removed.jsonl.zst")}
    assert found.kept == rows.filter(pa.array([name not in removed for name in texts]))


def test_rows_are_numbered_where_no_column_names_them() -> None:
    """Without a column `id` the rows' numbers are their ids, from 0; what is kept has the frame's own columns."""
    for names in (["text"], ["text", "row"]):
        found = deduplicate(pa.table([[OTHER, STORY, STORY], *([[7, 7, 7]] * (len(names) - 1))], names))
        assert found.clusters["id"].to_pylist() == ["1", "2"]
        assert found.kept is not None
        assert found.kept.column_names == names
        assert found.kept["text"].to_pylist() == [OTHER, STORY]


def test_bad_rows_are_told() -> None:
    """Rows that cannot be used are named with their number from 0, code and reason, and the rest is deduplicated."""
    rows = {"id": ["a", None, "c", "a", "e"], "text": [STORY, OTHER, "…", OTHER, None]}
    found = deduplicate(pa.table(rows))
    told = found.rejected.sort_by("row").to_pylist()
    assert [(one["row"], one["id"], one["code"]) for one in told] == [
        (1, "", "no_id"),
        (2, "c", "no_words"),
        (3, "a", "duplicate_id"),
        (4, "e", "no_text"),
    ]
    assert not any("--" in one["reason"] for one in told)
    assert found.summary.rejected == 4
    assert found.kept is not None
    assert found.kept.to_pylist() == [{"id": "a", "text": STORY}]


def broken() -> pa.RecordBatchReader:
    """Return a stream that breaks off after its first batch."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield table().to_batches()[0]
        raise OSError("the line is dead")

    return pa.RecordBatchReader.from_batches(table().schema, batches())


WRONG = {
    "exports no Arrow stream": lambda: deduplicate([{"id": 1, "text": STORY}]),  # type: ignore[arg-type]
    "or a data set of Hugging Face": lambda: deduplicate(cast("Any", {"text": [STORY]})),
    r"LazyFrame has no rows yet; call .collect\(\)": lambda: deduplicate(cast("Any", pl.DataFrame(COLUMNS).lazy())),
    r"choose a split, as in data\['train'\]": lambda: deduplicate(
        cast("Any", datasets.DatasetDict(train=datasets.Dataset.from_dict(COLUMNS)))
    ),
    'column "n" is run_end_encoded.*; decode it by run_end_decode': lambda: deduplicate(
        pa.table({"text": [STORY], "n": pc.run_end_encode(pa.array(["a"]))})
    ),
    "is a connection; give a relation": lambda: deduplicate(cast("Any", duckdb.connect())),
    "a.jsonl: a path is no frame; .*dedup corpus": lambda: deduplicate(cast("Any", "a.jsonl")),
    'column "score" is first int64, then double; .*cast': lambda: deduplicate(streamed(lambda n: {"score": n or 0.5})),
    "is no table": lambda: deduplicate(pl.Series("text", [STORY])),
    'no column "body"; the fields are id, text, score, tags: name one with text=': lambda: deduplicate(
        table(), text="body"
    ),
    'no column "url"; the fields are': lambda: deduplicate(table(), id="url"),
    'column "score" is double; give strings': lambda: deduplicate(table(), text="score"),
    "breaks off after 3 rows .*the line is dead": lambda: deduplicate(broken()),
    "all 2 records were rejected, the first as no_words": lambda: deduplicate(pa.table({"text": ["…", "!"]})),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_used_is_refused(said: str) -> None:
    """What is no frame, lacks a column, breaks off or holds no text is an error that says what to give."""
    with pytest.raises(InvalidInput, match=said):
        WRONG[said]()


def test_nothing_in_nothing_out() -> None:
    """A frame without rows gives tables without rows, with the columns that they always have."""
    full, empty = deduplicate(table()), deduplicate(table().slice(0, 0))
    for name in ("clusters", "pairs", "kept", "rejected"):
        assert getattr(empty, name).num_rows == 0
        assert getattr(empty, name).schema == getattr(full, name).schema


def test_passages_of_a_frame() -> None:
    """Repeated paragraphs are cut out of the column of texts; where they are only reported nothing is kept apart."""
    rows = pl.DataFrame(
        {"id": ["a", "b"], "text": [f"{OTHER}\n\n{STORY}", f"{STORY}\n\nNothing like it was ever seen."]}
    )

    def asked(*, cut: bool) -> Deduplicated:
        return deduplicate(rows, Job(level="passages", min_words=8, cut=cut))

    kept = asked(cut=True).kept
    assert kept is not None
    assert pl.DataFrame(kept).schema == rows.schema
    assert kept["text"].to_pylist() == [rows["text"][0], "Nothing like it was ever seen."]
    found = asked(cut=False)
    assert found.kept is None
    assert found.clusters["start"].to_pylist() == [len(OTHER) + 2, 0]


def test_runs_of_a_frame() -> None:
    """Runs of words that stand elsewhere are a table; cut out, the rows keep their types and what else they hold."""
    rows = pl.DataFrame({"id": ["a", "b"], "text": [f"{OTHER} {STORY}", f"Last year: {STORY} And that was that."]})
    job = Job(level="runs", min_words=10)
    found = deduplicate(rows, job)
    [run] = found.runs.to_pylist()
    assert (run["id"], run["source"], run["start"], run["source_start"]) == ("b", "a", 11, len(OTHER) + 1)
    assert (found.kept, found.clusters.num_rows, found.pairs.num_rows) == (None, 0, 0)
    kept = deduplicate(rows, Job(level="runs", min_words=10, cut=True)).kept
    assert kept is not None
    assert pl.DataFrame(kept).schema == rows.schema
    assert kept["text"].to_pylist() == [rows["text"][0], "Last year: And that was that."]


def test_frame_against_an_index() -> None:
    """Rows that resemble a document of an open index are no longer kept, and name it."""
    with dedup.open("memory:") as index:
        index.put([dedup.Document("old", STORY)])
        found = deduplicate(table(), against=index)
    assert found.kept is not None
    assert found.kept["id"].to_pylist() == [20]
    assert set(found.clusters["survivor"].to_pylist()) == {"old"}


STREAMED = """
import resource
import pyarrow as pa
from dedup.corpus import Job, deduplicate

def batches(parts):
    for part in range(parts):
        texts = [f"{'%s'} number {i}" * 20 for i in range(200)]
        yield pa.record_batch({"id": [f"{part}-{i}" for i in range(200)], "text": texts})

def peak(parts):
    schema = pa.schema({"id": "string", "text": "string"})
    found = deduplicate(pa.RecordBatchReader.from_batches(schema, batches(parts)), Job(threshold=1, memory="100MB"))
    assert (found.summary.documents, found.kept.num_rows) == (200 * parts, 200)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

print(-peak(100) + peak(500))
"""


@pytest.mark.slow
def test_memory_is_that_of_what_is_kept() -> None:
    """Of a stream five times as long, in which few texts are new, memory grows by less than what it has more."""
    argv = [sys.executable, "-c", STREAMED % STORY]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 130

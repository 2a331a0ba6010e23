"""What `dedup corpus` keeps: in the form of the input, as ids alone, or in an index."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus.conftest import Command
from corpus.test_command import STORY, write
from corpus.texts import families, lines, seeded

from dedup.engine import Index
from dedup.errors import StoreFull

OTHER = "Seven wizards box with liquor jugs at noon, and nobody minds."
TEXTS = (STORY, STORY.upper(), OTHER)
COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "integer": (pa.int16(), [1, 2, None]),
    "large": (pa.uint64(), [2**64 - 1, 0, 1]),
    "real": (pa.float32(), [1.5, float("inf"), float("nan")]),
    "decimal": (pa.decimal128(10, 2), [Decimal("1.50"), None, Decimal("-7.25")]),
    "flag": (pa.bool_(), [True, False, None]),
    "at": (
        pa.timestamp("ns", "Europe/Berlin"),
        [datetime(2024, 1, 1, tzinfo=UTC), None, datetime(1850, 3, 12, tzinfo=UTC)],
    ),
    "day": (pa.date32(), [date(2024, 2, 29), None, date(1850, 3, 12)]),
    "clock": (pa.time64("us"), [time(12, 30), None, time(0, 0, 1)]),
    "lasts": (pa.duration("ms"), [timedelta(seconds=1), None, timedelta(days=3)]),
    "raw": (pa.binary(), [b"\x00\xff", b"", None]),
    "list": (pa.list_(pa.int32()), [[1, 2], [], None]),
    "nested": (
        pa.struct({"a": pa.int8(), "b": pa.list_(pa.string())}),
        [{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}],
    ),
    "map": (pa.map_(pa.string(), pa.int64()), [[("k", 1)], [], None]),
    "view": (pa.string_view(), ["short", None, "long enough to lie in a buffer of its own"]),
    "views": (pa.large_list(pa.string_view()), [["x", "y"], None, [None]]),
    "category": (pa.dictionary(pa.int8(), pa.string()), ["a", "b", "a"]),
}


def typed() -> pa.Table:
    """Return three rows of columns of many types."""
    others = {name: pa.array(values, kind) for name, (kind, values) in COLUMNS.items()}
    return pa.table({"id": pa.array([30, 10, 20], pa.int32()), "text": pa.array(TEXTS, pa.large_string()), **others})


def test_rows_keep_columns_types_and_values(tmp_path: Path, command: Command) -> None:
    """Kept rows of Parquet have every column, type and value that they had, and the input's order and metadata."""
    table = typed().replace_schema_metadata({"source": "wire"})
    pq.write_table(table, tmp_path / "in.parquet")
    command("corpus", "in.parquet", "--out", "out")
    kept, read = pq.read_table(tmp_path / "out/kept.parquet"), pq.read_table(tmp_path / "in.parquet")
    assert kept.schema.equals(read.schema, check_metadata=True)
    assert repr(kept.to_pylist()) == repr(read.to_pylist()[::2])  # a NaN equals nothing
    assert not (tmp_path / "out/kept.jsonl.zst").exists()
    [removed] = lines(tmp_path / "out/removed.jsonl.zst")
    assert (removed["id"], removed["duplicate_of"]["id"]) == (10, "30")


def test_rows_of_many_files_and_groups_stay_in_order(tmp_path: Path, command: Command) -> None:
    """Of many files and row groups those rows stay that clusters.parquet names no duplicates, in the input's order."""
    texts = list(families(seeded(5), 900).items())
    rows = pa.table({"n": range(900), "text": [one for _, one in texts], "id": [name for name, _ in texts]})
    for part in range(3):
        some = rows.slice(300 * part, 300)
        pq.write_table(some, tmp_path / f"{part}.parquet", row_group_size=70, compression="none")
    command("corpus", "0.parquet", "1.parquet", "2.parquet", "--out", "out")
    members = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    gone = {row["id"] for row in members if row["kind"] != "survivor"}
    assert len(gone) > 100
    expected = [row for row in rows.to_pylist() if row["id"] not in gone]
    assert pq.read_table(tmp_path / "out/kept.parquet").to_pylist() == expected


def test_same_rows_are_the_same_bytes(tmp_path: Path, command: Command) -> None:
    """Kept rows do not depend on how many threads work."""
    texts = families(seeded(6), 2_000, 200)
    pq.write_table(pa.table({"id": list(texts), "text": list(texts.values())}), tmp_path / "in.parquet")
    for threads in (1, 3):
        command("corpus", "in.parquet", "--out", f"out{threads}", "--threads", threads)
    assert (tmp_path / "out1/kept.parquet").read_bytes() == (tmp_path / "out3/kept.parquet").read_bytes()


def test_paragraphs_are_cut_out_of_rows(tmp_path: Path, command: Command) -> None:
    """With --cut a row keeps its type and its other columns; its text loses what is repeated, or the row goes."""
    texts = [f"{OTHER}\n\n{STORY}", f"{STORY}\n\nNothing else of this kind was ever seen.", STORY]
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()):
        table = pa.table({"n": [1, 2, 3], "text": pa.array(texts, kind), "id": ["a", "b", "c"]})
        pq.write_table(table, tmp_path / "in.parquet")
        command("corpus", "in.parquet", "--out", "out", "--level", "passages", "--cut", "--min-words", 8, "--force")
        kept = pq.read_table(tmp_path / "out/kept.parquet")
        assert kept.schema.equals(pq.read_table(tmp_path / "in.parquet").schema)
        assert kept.to_pylist() == [
            {"n": 1, "text": texts[0], "id": "a"},
            {"n": 2, "text": "Nothing else of this kind was ever seen.", "id": "b"},
        ]


def test_tables_that_go_together_are_one(tmp_path: Path, command: Command) -> None:
    """A column that one file lacks, or has only nulls in, is null for its rows; the order is that of the first file."""
    first = pa.table({"id": ["a"], "text": [STORY], "year": pa.array([2020], pa.int32()), "note": pa.nulls(1)})
    second = pa.table({"note": ["x"], "text": [OTHER], "id": ["b"]})
    pq.write_table(first, tmp_path / "1.parquet")
    pq.write_table(second, tmp_path / "2.parquet")
    command("corpus", "1.parquet", "2.parquet", "--out", "out")
    kept = pq.read_table(tmp_path / "out/kept.parquet")
    assert kept.schema.equals(pa.schema({"id": "string", "text": "string", "year": "int32", "note": "string"}))
    assert [tuple(row.values()) for row in kept.to_pylist()] == [("a", STORY, 2020, None), ("b", OTHER, None, "x")]


@pytest.mark.parametrize("second", ["other.parquet", "b.jsonl"])
def test_inputs_that_do_not_go_together_become_lines(second: str, tmp_path: Path, command: Command) -> None:
    """Columns of one name and two types, or a table beside lines, are kept as JSON Lines: no value changes its type."""
    pq.write_table(pa.table({"id": ["a"], "text": [STORY], "n": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": ["b"], "text": [OTHER], "n": ["1"]}), tmp_path / "other.parquet")
    write(tmp_path / "b.jsonl", {"id": "b", "text": OTHER, "n": "1"})
    for inputs in (["a.parquet", second], [second, "a.parquet"]):
        command("corpus", *inputs, "--out", "out", "--force")
        assert {one.name for one in (tmp_path / "out").glob("kept*")} == {"kept.jsonl.zst"}
        kept = {one["id"]: one["n"] for one in lines(tmp_path / "out/kept.jsonl.zst")}
        assert kept == {"a": 1, "b": "1"}


def test_numbered_rows_have_their_number(tmp_path: Path, command: Command) -> None:
    """Rows numbered with --id-field row carry the number as a column, which clusters.parquet names them by."""
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "in.parquet")
    command("corpus", "in.parquet", "--out", "out", "--id-field", "row")
    kept = pq.read_table(tmp_path / "out/kept.parquet").to_pylist()
    assert kept == [{"row": "in:1", "text": STORY}, {"row": "in:3", "text": OTHER}]


def test_a_row_that_is_rejected_shifts_no_other(tmp_path: Path, command: Command) -> None:
    """Rows without a text, without words or with an id that came before are left out, and the rest stays in place."""
    rows = [
        ("a", STORY),
        ("b", None),
        ("c", "…"),
        ("d", OTHER),
        ("a", "Another text altogether."),
        ("e", "Last of all."),
    ]
    pq.write_table(
        pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]}), tmp_path / "in.parquet"
    )
    command("corpus", "in.parquet", "--out", "out", code=3)
    kept = pq.read_table(tmp_path / "out/kept.parquet").to_pylist()
    assert [(row["id"], row["text"]) for row in kept] == [rows[0], rows[3], rows[5]]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_ids_alone(form: str, tmp_path: Path, command: Command) -> None:
    """With --ids the documents kept and removed are two tables of ids, in the input's order, and no text is written."""
    table = pa.table({"id": ["z", "m", "a"], "text": TEXTS})
    pq.write_table(table, tmp_path / "in.parquet")
    write(tmp_path / "in.jsonl", *table.to_pylist())
    done = command("corpus", f"in.{form}", "--out", "out", "--ids", "--json")
    assert pq.read_table(tmp_path / "out/kept_ids.parquet").to_pydict() == {"id": ["z", "a"]}
    assert pq.read_table(tmp_path / "out/removed_ids.parquet").to_pydict() == {"id": ["m"]}
    names = {one.name for one in (tmp_path / "out").iterdir()}
    assert not {"kept.parquet", "kept.jsonl.zst", "removed.jsonl.zst"} & names
    assert (json.loads(done.stdout)["kept"], json.loads(done.stdout)["removed"]) == (2, 1)


@pytest.mark.parametrize(
    "options",
    [
        ("--ids", "--level", "passages", "--cut"),
        ("--ids", "--index", "lmdb:i"),
        ("--level", "passages", "--index", "lmdb:i"),
    ],
)
def test_combinations_that_make_no_sense(options: tuple[str, ...], tmp_path: Path, command: Command) -> None:
    """Ids without texts fit neither texts that are cut nor an index, and what is only reported fits no index."""
    write(tmp_path / "in.jsonl", {"id": "a", "text": STORY})
    assert (
        "leave --ids" in (said := command("corpus", "in.jsonl", "--out", "out", *options, code=2).stderr)
        or "add --cut" in said
    )
    assert {one.name for one in tmp_path.iterdir()} == {"in.jsonl"}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_kept_documents_go_into_an_index(form: str, tmp_path: Path, command: Command) -> None:
    """An index written on the way holds what `ingest` of the kept documents makes, and the summary says how many."""
    table = pa.table({"url": [3, 1, 2], "body": TEXTS, "day": [date(2024, 1, i) for i in (1, 2, 3)]})
    pq.write_table(table, tmp_path / "in.parquet")
    write(tmp_path / "in.jsonl", *({**row, "day": str(row["day"])} for row in table.to_pylist()))
    names = ("--id-field", "url", "--text-field", "body")
    done = command("corpus", f"in.{form}", "--out", "out", "--index", "lmdb:new", "--json", *names)
    told = json.loads(done.stdout)
    assert (told["kept"], told["put"], told["unchanged"], told["replaced"]) == (2, 2, 0, 0)
    kept = next((tmp_path / "out").glob("kept*"))
    command("ingest", kept, "--index", "lmdb:again", *names)
    for name in ("2", "3"):
        one, other = (command("get", name, "--index", f"lmdb:{index}", "--json").stdout for index in ("new", "again"))
        assert one == other
        assert json.loads(one)["day"]
    command("get", "1", "--index", "lmdb:new", code=2)


def test_every_night_against_what_was_kept(tmp_path: Path, command: Command) -> None:
    """One index that is asked and written in the same run, new on the first night, keeps each text once."""
    nights = [
        {"a": STORY, "b": OTHER},
        {"c": STORY.upper(), "d": "Rain fell on the plain of Spain, and on nothing else."},
        {"e": OTHER},
    ]
    for night, texts in enumerate(nights):
        write(tmp_path / f"{night}.jsonl", *({"id": name, "text": one} for name, one in texts.items()))
        command("corpus", f"{night}.jsonl", "--out", f"out{night}", "--against", "lmdb:kept", "--index", "lmdb:kept")
    kept = [[one["id"] for one in lines(tmp_path / f"out{night}/kept.jsonl.zst")] for night in range(3)]
    assert kept == [["a", "b"], ["d"], []]
    assert json.loads(command("stats", "--index", "lmdb:kept", "--json").stdout)["documents"] == 3


@pytest.mark.parametrize(
    "options",
    [(), ("--keep", "longest"), ("--level", "passages", "--cut"), ("--level", "runs", "--cut", "--min-words", "8")],
    ids=" ".join,
)
def test_the_same_night_again_keeps_the_same(options: tuple[str, ...], tmp_path: Path, command: Command) -> None:
    """Run again with the index that it filled, whose path is spelled otherwise, a batch keeps what it kept before."""
    texts = {"a": f"{STORY}\n\nBut that was long ago.", "b": f"{OTHER}\n\n{STORY}", "c": OTHER.upper()}
    texts["d"] = texts["a"].upper()
    write(tmp_path / "in.jsonl", *({"id": name, "text": one} for name, one in texts.items()))
    night = ("corpus", "in.jsonl", "--out", "out", "--index", "lmdb:kept", *options, "--force", "--json")
    first, again = (json.loads(command(*night, "--against", url).stdout) for url in ("lmdb:kept", "./kept"))
    kept = lines(tmp_path / "out/kept.jsonl.zst")
    assert (first["put"], again["put"], again["unchanged"]) == (len(kept), 0, len(kept))
    assert (again["kept"], again["removed"], again["replaced"]) == (first["kept"], first["removed"], 0)
    assert first["removed"]


def test_what_joined_the_index_outranks_the_batch(tmp_path: Path, command: Command) -> None:
    """A longer copy of a document that is in the index goes, though the batch has that document too."""
    rule = ("--against", "lmdb:kept", "--index", "lmdb:kept", "--keep", "longest", "--threshold", "0.5")
    write(tmp_path / "old.jsonl", {"id": "a", "text": STORY})
    batch = {"b": f"{STORY} And all of them went home.", "a": STORY}
    write(tmp_path / "new.jsonl", *({"id": name, "text": one} for name, one in batch.items()))
    command("corpus", "old.jsonl", "--out", "old", *rule)
    command("corpus", "new.jsonl", "--out", "new", *rule)
    assert [one["id"] for one in lines(tmp_path / "new/kept.jsonl.zst")] == ["a"]


def test_an_index_that_is_only_read_removes_its_own_documents(tmp_path: Path, command: Command) -> None:
    """Held against an index that what is kept does not join, a document of the same id and text is a duplicate."""
    write(tmp_path / "in.jsonl", {"id": "a", "text": STORY}, {"id": "b", "text": OTHER})
    command("ingest", "in.jsonl", "--index", "lmdb:held")
    for more in ((), ("--index", "lmdb:other")):
        done = command("corpus", "in.jsonl", "--out", f"out{len(more)}", "--against", "lmdb:held", "--json", *more)
        assert json.loads(done.stdout)["kept"] == 0


def test_an_index_that_cannot_be_written_is_told_first(tmp_path: Path, command: Command) -> None:
    """What is wrong with the index for the documents kept is told before anything is read or written."""
    write(tmp_path / "in.jsonl", {"id": "a", "text": STORY})
    (tmp_path / "taken").write_text("no index")
    said = command("corpus", "in.jsonl", "--out", "out", "--index", "lmdb:taken", code=4).stderr
    assert "error[store_" in said
    assert "error[invalid_input]" in command("corpus", "in.jsonl", "--out", "out", "--index", "memory:", code=2).stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [(), ("--ids",)])
def test_what_was_kept_in_another_form_is_kept_again(
    options: tuple[str, ...], tmp_path: Path, command: Command
) -> None:
    """--previous takes rows and ids of an earlier run for what it kept, as it takes lines."""
    pq.write_table(pa.table({"id": [7, 8], "text": [STORY, OTHER]}), tmp_path / "one.parquet")
    longer = [f"{STORY} They parted late.", STORY, OTHER]
    pq.write_table(pa.table({"id": [9, 7, 8], "text": longer}), tmp_path / "two.parquet")
    command("corpus", "one.parquet", "--out", "one", "--keep", "longest", *options)
    rule = ("--keep", "longest", "--threshold", 0.7)
    command("corpus", "two.parquet", "--out", "two", *rule, "--previous", "one")
    assert pq.read_table(tmp_path / "two/kept.parquet")["id"].to_pylist() == [7, 8]


def test_nothing_in_nothing_out(tmp_path: Path, command: Command) -> None:
    """A collection without documents gives all files, without rows."""
    (tmp_path / "empty.jsonl").touch()
    pq.write_table(pa.table({"id": [1], "text": [STORY]}).slice(0, 0), tmp_path / "empty.parquet")
    for form in ("jsonl", "parquet"):
        command("corpus", f"empty.{form}", "--out", form)
        assert lines(tmp_path / form / "kept.jsonl.zst") == []
        assert pq.read_table(tmp_path / form / "clusters.parquet").num_rows == 0


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (StoreFull("no room"), 4)])
def test_an_index_that_breaks_off_is_mended_by_ingest(
    error: BaseException, code: int, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are whole before the index is written; what an interruption leaves out, the command named puts in."""
    pq.write_table(pa.table({"id": [7, 8], "text": [STORY, OTHER]}), tmp_path / "in.parquet")

    def breaks_off(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Index, "put_each", breaks_off)
        done = command("corpus", "in.parquet", "--out", "out", "--index", "lmdb:kept", code=code)
    assert pq.read_table(tmp_path / "out/kept.parquet").num_rows == 2
    mend = re.search("dedup (ingest .*)", done.stderr)
    assert mend
    assert json.loads(command(*mend[1].split(), "--json").stdout)["put"] == 2


def test_metadata_from_elsewhere_are_kept(tmp_path: Path, command: Command) -> None:
    """What a table of metadata adds to rows is kept with them, in JSON Lines: a row has no column for it."""
    pq.write_table(pa.table({"id": ["a"], "text": [STORY]}), tmp_path / "in.parquet")
    (tmp_path / "more.csv").write_text("id,town\na,Baku\n")
    command("corpus", "in.parquet", "--out", "out", "--metadata", "more.csv")
    assert lines(tmp_path / "out/kept.jsonl.zst") == [{"id": "a", "text": STORY, "town": "Baku"}]

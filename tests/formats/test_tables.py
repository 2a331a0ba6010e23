"""Comma separated values and Parquet: what other tools wrote is read, bad records are told, the rest goes on."""

import csv
import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from dedup.formats import Fields, Item, Meter, Reading, Record, Rejected, Source, read
from dedup.formats import csv as csv_format
from dedup.formats import parquet as parquet_format
from dedup.model import Document


def codes(items: Sequence[Item]) -> list[tuple[str, int | None]]:
    """Return the id of each document and the code of each reject, with its line."""
    return [(item.document.id if isinstance(item, Record) else item.code, item.source.line) for item in items]


def table(path: Path, columns: dict[str, Any], **options: Any) -> str:
    """Write a Parquet file."""
    parquet.write_table(pa.table(columns), path, **options)
    return str(path)


def test_csv_gives_what_was_written(tmp_path: Path) -> None:
    """Quotes, separators, line ends and NUL in values come back, told by the line at which the record begins."""
    rows = [("a", 'say "hi",\nor\r\nnot', "x"), ("b", "nul \0 here", ""), ("c", "żółć", "y")]
    for name, delimiter in (("t.csv", ","), ("t.tsv", "\t")):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows([("id", "text", "source"), *rows])
        assert list(read(str(tmp_path / name))) == [
            Record(Source(str(tmp_path / name), line), Document(id_, text, {"source": source}))
            for line, (id_, text, source) in zip([2, 5, 6], rows, strict=True)
        ]


BAD_RECORDS = {
    b'2,"broken "quote': "invalid_csv",
    b'2,"never closed': "invalid_csv",
    b"2,caf\xe9": "invalid_utf8",
    b"2": "invalid_csv",
    b"2,a,b": "invalid_csv",
    b"2," + b"x" * 200: "long_line",
    b'2,"' + b"x\n" * 100: "long_line",
}


@pytest.mark.parametrize(("record", "code"), BAD_RECORDS.items(), ids=range(len(BAD_RECORDS)))
def test_bad_csv_record_is_rejected_and_the_next_lines_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: bytes, code: str
) -> None:
    """Behind a record that is none reading goes on at the line after its first, whatever its quotes swallowed."""
    monkeypatch.setattr(csv_format, "MOST_BYTES", 150)
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfid,text\r\n1,"two\r\nlines"\r\n' + record + b"\r\n\r\n3,good\r\n4,last")
    found = codes(list(read(str(path))))
    lines = record.count(b"\n")
    assert found[:2] == [("1", 2), (code, 4)]
    assert found[2:-2] == [("invalid_csv", 5 + i) for i in range(lines - 1)]
    assert found[-2:] == [("3", 6 + lines), ("4", 7 + lines)]


BAD_HEADERS = {
    b"name,text\n1,a\n": "no_id",
    b"id,body\n1,a\n": "no_text",
    b"id,text,text\n1,a,b\n": "invalid_csv",
    b"": "no_id",
    "id,text\n1,a\n".encode("utf-16"): "invalid_utf8",
    b'id,"text\n1,a\n': "invalid_csv",
}


@pytest.mark.parametrize(("data", "code"), BAD_HEADERS.items(), ids=range(len(BAD_HEADERS)))
def test_csv_without_usable_header_is_rejected_once(tmp_path: Path, data: bytes, code: str) -> None:
    """A file whose first record does not name the fields is one reject, not one for each line."""
    (tmp_path / "a.csv").write_bytes(data)
    place = None if code == "invalid_utf8" else 1
    assert codes(list(read(str(tmp_path / "a.csv")))) == [(code, place)]


def test_fields_are_named(tmp_path: Path) -> None:
    """Other fields can be the id and the text."""
    (tmp_path / "a.csv").write_text("id,key,body\n1,k,words\n")
    assert [
        item.document for item in read(str(tmp_path), how=Reading(Fields("key", "body"))) if isinstance(item, Record)
    ] == [Document("k", "words", {"id": "1"})]


def test_joined_tables_are_one(tmp_path: Path) -> None:
    """The header and the byte order mark of a file that was appended are no document, and the header is counted."""
    one, two = (b"\xef\xbb\xbfid,text\r\n%b,words\r\n" % name for name in (b"a", b"b"))
    (tmp_path / "a.csv").write_bytes(one + two)
    meter = Meter()
    assert codes(list(read(str(tmp_path / "a.csv"), meter=meter))) == [("a", 2), ("b", 4)]
    assert meter.records_passed_over == {"header repeated": 1}


def test_empty_columns_of_a_sheet_are_nobodys(tmp_path: Path) -> None:
    """Several columns without a name are read; only two that are called alike are refused."""
    (tmp_path / "a.csv").write_bytes(b"id,text,,\r\na,words,,\r\nb,words,x,\r\n")
    items = [item.document for item in read(str(tmp_path / "a.csv")) if isinstance(item, Record)]
    assert items == [Document("a", "words", {}), Document("b", "words", {"column 3": "x"})]


def test_parquet_gives_what_json_can_hold(tmp_path: Path) -> None:
    """Numbers as ids, times, decimals, lists and nested values are read; what is no number is null."""
    columns = {
        "id": [7, 8],
        "text": pa.array(["first", "second"]).dictionary_encode(),
        "time": [datetime(2020, 1, 2, tzinfo=UTC), None],
        "price": [Decimal("1.50"), None],
        "score": [float("nan"), 0.5],
        "tags": [["a"], []],
        "more": [{"n": 1}, None],
    }
    path = table(tmp_path / "a.parquet", columns, row_group_size=1)
    more: list[dict[str, Any]] = [
        {"time": "2020-01-02T00:00:00Z", "price": "1.50", "score": None, "tags": ["a"], "more": {"n": 1}},
        {"time": None, "price": None, "score": 0.5, "tags": [], "more": None},
    ]
    expected = [
        Record(Source(path, 1), Document("7", "first", more[0])),
        Record(Source(path, 2), Document("8", "second", more[1])),
    ]
    assert list(read(path)) == expected


NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "seconds": (pa.timestamp("s"), int(NOON.timestamp()), "2024-05-01T12:00:00"),
    "milliseconds": (pa.timestamp("ms", "UTC"), int(NOON.timestamp()) * 10**3, "2024-05-01T12:00:00Z"),
    "nanoseconds, as pandas has": (pa.timestamp("ns"), int(NOON.timestamp()) * 10**9, "2024-05-01T12:00:00"),
    "odd nanoseconds": (pa.timestamp("ns"), 1, "1970-01-01T00:00:00.000000001"),
    "a zone": (pa.timestamp("ns", "Europe/Warsaw"), int(NOON.timestamp()) * 10**9, "2024-05-01T14:00:00+02:00"),
    "an offset": (pa.timestamp("us", "+05:30"), 0, "1970-01-01T05:30:00+05:30"),
    "a zone that nobody knows": (pa.timestamp("us", "Europe/Atlantis"), 0, "1970-01-01T00:00:00Z"),
    "a microsecond before 1970": (pa.timestamp("us"), -1, "1969-12-31T23:59:59.999999"),
    "the last second that Python knows": (pa.timestamp("s"), 253402300799, "9999-12-31T23:59:59"),
    "the first that it does not": (pa.timestamp("s"), 253402300800, "10000-01-01T00:00:00"),
    "the same with a zone": (pa.timestamp("us", "UTC"), 253402300800_000_000, "10000-01-01T00:00:00Z"),
    "a day": (pa.date32(), 19844, "2024-05-01"),
    "a day in milliseconds": (pa.date64(), 19844 * 86_400_000, "2024-05-01"),
    "a far day": (pa.date32(), 2932897, "10000-01-01"),
    "a time": (pa.time32("s"), 3661, "01:01:01"),
    "a time of nanoseconds": (pa.time64("ns"), 3661_000_000_001, "01:01:01.000000001"),
    "a duration": (pa.duration("s"), 90061, "P1DT3661S"),
    "a duration of nanoseconds": (pa.duration("ns"), -1_500_000_001, "-PT1.500000001S"),
    "no duration": (pa.duration("ms"), 0, "P0D"),
    "no numbers in a list": (pa.list_(pa.float64()), [float("nan"), 0.5, float("inf")], [None, 0.5, None]),
    "a map": (pa.map_(pa.string(), pa.int64()), [("k", 1), ("l", None)], {"k": 1, "l": None}),
    "a map of numbers": (pa.map_(pa.int64(), pa.string()), [(7, "a")], {"7": "a"}),
    "a map of days": (pa.map_(pa.date32(), pa.list_(pa.binary())), [(19844, [b"x"])], {"2024-05-01": ["eA=="]}),
    "times in a list": (pa.list_(pa.timestamp("ns")), [1, None], ["1970-01-01T00:00:00.000000001", None]),
    "times in a large list": (pa.large_list(pa.date32()), [19844], ["2024-05-01"]),
    "times in a struct": (
        pa.struct([("at", pa.timestamp("ns")), ("n", pa.int8())]),
        {"at": 1, "n": 2},
        {"at": "1970-01-01T00:00:00.000000001", "n": 2},
    ),
    "a struct in a map": (
        pa.map_(pa.string(), pa.struct([("d", pa.date32())])),
        [("a", {"d": 0})],
        {"a": {"d": "1970-01-01"}},
    ),
    "a repeated time": (pa.dictionary(pa.int8(), pa.timestamp("us")), 0, "1970-01-01T00:00:00"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_column_of_any_kind_is_read(tmp_path: Path, kind: str) -> None:
    """Times, durations and maps come as strings and objects in every unit and nesting; null stays null."""
    type_, value, expected = KINDS[kind]
    if pa.types.is_dictionary(type_):
        column = pa.array([value, None], type_.value_type).dictionary_encode()
    else:
        column = pa.array([value, None], type_)
    path = table(tmp_path / "a.parquet", {"id": ["a", "b"], "text": ["first", "second"], "more": column})
    items = list(read(path))
    assert [item.document.metadata for item in items if isinstance(item, Record)] == [
        {"more": expected},
        {"more": None},
    ]
    assert len(items) == 2


@pytest.mark.parametrize(
    ("columns", "code", "named"),
    [
        ({"name": ["a"], "text": ["words"]}, "no_id", "name, text"),
        ({"id": ["a"], "body": ["words"]}, "no_text", "id, body"),
        ({}, "no_id", "none"),
        ({"id": ["a"], "text": [7]}, "no_text", '"text" is int64'),
        ({"id": [1.5], "text": ["words"]}, "no_id", '"id" is double'),
        ({"id": ["a"], "text": [["words"]]}, "no_text", '"text" is list<'),
    ],
)
def test_parquet_with_other_columns_is_rejected_once(
    tmp_path: Path, columns: dict[str, Any], code: str, named: str
) -> None:
    """A file without the columns, or with columns of another type, is one reject that names what there is."""
    [item] = read(table(tmp_path / "a.parquet", columns))
    assert codes([item]) == [(code, None)]
    assert isinstance(item, Rejected)
    assert named in item.reason


def test_parquet_with_a_column_twice_is_rejected(tmp_path: Path) -> None:
    """Of two columns of one name one would be lost: the file is one reject that names them."""
    columns = pa.table([pa.array(["a"]), pa.array(["words"]), pa.array([1]), pa.array([2])], ["id", "text", "n", "n"])
    parquet.write_table(columns, tmp_path / "a.parquet")
    [item] = read(str(tmp_path / "a.parquet"))
    assert codes([item]) == [("invalid_metadata", None)]
    assert isinstance(item, Rejected)
    assert item.reason == 'several columns are called "n"; rename them'


def test_bad_rows_are_rejected_one_by_one(tmp_path: Path) -> None:
    """A row whose text is null or no UTF-8 is told by its number, its neighbours are read."""
    texts = pa.array([b"one", b"caf\xe9", None, b"four"]).view(pa.string())
    path = table(tmp_path / "a.parquet", {"id": ["1", "2", "3", "4"], "text": texts})
    assert codes(list(read(path))) == [("1", 1), ("invalid_utf8", 2), ("no_text", 3), ("4", 4)]


@pytest.mark.parametrize("damage", ["cut", "garbage within", "no such format", "empty", "name"])
def test_damaged_parquet_is_rejected(tmp_path: Path, damage: str) -> None:
    """A file that is no Parquet, or is cut off or overwritten, is told; what stands before the damage is read."""
    path = Path(table(tmp_path / "a.parquet", {"id": ["1", "2"], "text": ["a", "b"]}, row_group_size=1))
    data = path.read_bytes()
    place = parquet.ParquetFile(path).metadata.row_group(1).column(0).dictionary_page_offset
    path.write_bytes(
        {
            "cut": data[:-9],
            "garbage within": data[:place] + b"\xff" * 40 + data[place + 40 :],
            "no such format": b"id,text",
            "empty": b"",
            "name": data.replace(b"text", b"te\xffx"),
        }[damage]
    )
    before = 1 if damage == "garbage within" else 0
    assert codes(list(read(str(path)))) == [("1", 1)] * before + [("unreadable_file", before + 1)]


def test_row_group_of_giant_pages_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group that would have to be held whole is rejected, the next one is read."""
    monkeypatch.setattr(parquet_format, "MOST_IN_A_PAGE", 1000)
    path = table(tmp_path / "a.parquet", {"id": ["1", "2", "3"], "text": ["a", "b" * 3000, "c"]}, row_group_size=1)
    assert codes(list(read(path))) == [("1", 1), ("long_row_group", 2), ("3", 3)]


def test_parquet_is_read_packed_and_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is read from its end, a Parquet file may be compressed, or come through a pipe."""
    path = Path(table(tmp_path / "a.parquet", {"id": ["1"], "text": ["a"]}))
    (tmp_path / "b.parquet.zst").write_bytes(zstandard.compress(path.read_bytes()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert codes(list(read(str(tmp_path / "b.parquet.zst")))) == [("1", 1)]
    assert codes(list(read("-", how=Reading(format="parquet")))) == [("1", 1)]

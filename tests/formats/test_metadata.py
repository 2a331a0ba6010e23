"""Metadata for texts, which have none in themselves: from their names, and from a table."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup.errors import InvalidInput
from dedup.formats import Meter, Reading, Record, Rejected, read
from dedup.formats.annotation import pattern_of


def pages(folder: Path, *names: str) -> str:
    """Write a text file of each name below a folder; return the folder's path."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The text of {name}.")
    return str(folder)


def metadata(*paths: str, how: Reading, meter: Meter | None = None) -> dict[str, dict[str, object]]:
    """Return the metadata of each document read, by id."""
    items = read(*paths, how=how, meter=meter)
    return {item.document.id: dict(item.document.metadata) for item in items if isinstance(item, Record)}


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("{source}_{published}_{n}", "times_1890-01-02_3", {"source": "times", "published": "1890-01-02", "n": "3"}),
        ("{source}_{published}", "new_york_times_18900102", {"source": "new_york_times", "published": "18900102"}),
        ("{source}_{published}", "times_soon", None),
        ("{source}/{published}_{}", "times/1890-01-02_p3", {"source": "times", "published": "1890-01-02"}),
        ("{source}-{n}", "deep/er/times-3", {"source": "times", "n": "3"}),
        ("{source}.{n}", "times-3", None),
        ("page {n}", "page 7", {"n": "7"}),
        ("{město}_{n}", "Brno_ž", {"město": "Brno", "n": "ž"}),
        ("{a}+{b}", "x+(y)", {"a": "x", "b": "(y)"}),
        ("{n}", "", None),
        ("{published}-{n}", "1890-01-02-3", {"published": "1890-01-02", "n": "3"}),
        ("{a}_{b}.txt", "x_y_z.txt", {"a": "x", "b": "y_z"}),
        ("{a}_{b}.txt", "x_y.txt.txt", {"a": "x", "b": "y.txt"}),
        ("p{a}_{b}", "q1_2", None),
        ("{a}_{b}_{c}_{d}_{e}.x", "_" * 480, None),
        ("{}/{a}", "x/y/z", None),
    ],
)  # fmt: skip
def test_pattern_reads_names(pattern: str, name: str, expected: dict[str, str] | None) -> None:
    """Fields take as little as they can, dates nothing but dates; what does not fit as a whole gives nothing."""
    assert pattern_of(pattern)(name) == expected


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("page", "names no field"),
        ("{}", "names no field"),
        ("{a}_{a}", "stands twice"),
        ("{a}{b}", "two fields touch"),
        ("{a b}_{c}", "a brace is left"),
        ("{a", "names no field"),
    ],
)
def test_bad_patterns_are_refused(pattern: str, told: str) -> None:
    """A pattern that could not be read as it is meant is refused at once, before any file is opened."""
    with pytest.raises(InvalidInput, match=told):
        read("-", how=Reading(names=pattern))


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_table_gives_metadata_by_id(ending: str, tmp_path: Path) -> None:
    """A row for each document, by its id or its file's name with the ending; other rows and documents are counted."""
    folder = pages(tmp_path / "ocr", "a/1.txt", "a/2.txt", "b/1.txt")
    rows = [{"id": "a/1", "town": "Brno", "published": "1890"}, {"id": "b/1.txt", "town": "Linz", "published": "1891"}]
    rows.append({"id": "c/9", "town": "Graz", "published": "1892"})
    table = tmp_path / f"ocr/table.{ending}"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), table)
    elif ending == "jsonl":
        table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        mark = "," if ending == "csv" else "\t"
        table.write_text(
            "".join(mark.join(row) + "\n" for row in [list(rows[0]), *(list(row.values()) for row in rows)])
        )
    meter = Meter()
    assert metadata(folder, how=Reading(metadata=str(table)), meter=meter) == {
        "a/1": {"town": "Brno", "published": "1890"},
        "a/2": {},
        "b/1": {"town": "Linz", "published": "1891"},
    }
    assert (meter.without_row.count, meter.without_row.first, meter.rows_unused) == (1, "a/2", 1)


def test_table_goes_before_the_name_and_after_nothing_else(tmp_path: Path) -> None:
    """Where both speak of a field the table is right; an id and a text are never replaced, and other fields stay."""
    (tmp_path / "news.jsonl").write_text('{"id": "times_1", "text": "A story.", "section": "home", "n": "0"}\n')
    (tmp_path / "table.csv").write_text("id,n,text\ntimes_1,7,no\n")
    how = Reading(names="{source}_{n}", metadata=str(tmp_path / "table.csv"))
    [item] = read(str(tmp_path / "news.jsonl"), how=how)
    assert isinstance(item, Record)
    assert (item.document.text, item.document.metadata) == (
        "A story.",
        {"section": "home", "source": "times", "n": "7"},
    )
    assert item.written == {"id": "times_1", "text": "A story.", "section": "home", "n": "7", "source": "times"}


def test_bad_rows_are_rejected(tmp_path: Path) -> None:
    """A row whose id another has, or which cannot be read, is rejected with its place; the rest is used."""
    folder = pages(tmp_path / "ocr", "1.txt")
    (tmp_path / "table.csv").write_text("id,town\n1,Brno\n1,Linz\n2,too,many\n")
    items = list(read(folder, how=Reading(metadata=str(tmp_path / "table.csv"))))
    rejects = [(item.source.line, item.code) for item in items if isinstance(item, Rejected)]
    assert sorted(rejects) == [(3, "duplicate_id"), (4, "invalid_csv")]
    assert [item.document.metadata for item in items if isinstance(item, Record)] == [{"town": "Brno"}]


def test_missing_table_is_refused_at_once(tmp_path: Path) -> None:
    """A table that is not there is told before anything is read."""
    with pytest.raises(InvalidInput, match="no such file"):
        read(pages(tmp_path / "ocr", "1.txt"), how=Reading(metadata="nowhere.csv"))

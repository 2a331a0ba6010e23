"""How files are written: in which encoding, with which delimiter, with ids or without, or as no text at all."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dedup.errors import InvalidInput
from dedup.formats import Fields, Item, Meter, Reading, Record, Rejected, read

WORDS = "Grüße aus Łódź, „schön“ – 日本"
FILES = {
    "a.txt": WORDS,
    "a.jsonl": f'{{"id": "a", "text": "{WORDS}"}}\n',
    "a.csv": f'id,text\na,"{WORDS}"\n',
    "a.tsv": f"id\ttext\na\t{WORDS}\n",
}


def documents(items: list[Item]) -> list[tuple[str, str]]:
    """Return id and text of each item, or code and reason of a reject."""
    return [
        (one.code, one.reason) if isinstance(one, Rejected) else (one.document.id, one.document.text) for one in items
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("name", FILES)
def test_text_is_read_in_the_encoding_named(tmp_path: Path, name: str, encoding: str) -> None:
    """Text, JSON Lines, CSV and TSV in another encoding give the same document once that is named."""
    (tmp_path / name).write_bytes(FILES[name].encode(encoding))
    assert documents(list(read(str(tmp_path / name), how=Reading(encoding=encoding)))) == [("a", WORDS)]


def test_encoding_named_beats_that_of_the_page(tmp_path: Path) -> None:
    """An HTML page is read in the encoding named, whatever it says of itself."""
    words = "Die schöne Müllerin geht über die Brücke, und alle grüßen sie sehr höflich, wie es üblich ist."
    page = f'<html><head><meta charset="utf-8"></head><body><article><p>{words}</p></article></body></html>'
    (tmp_path / "a.html").write_bytes(page.encode("cp1252"))
    assert documents(list(read(str(tmp_path), how=Reading(encoding="windows-1252")))) == [("a", words)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", FILES)
def test_utf_16_is_recognised_and_the_option_named(tmp_path: Path, name: str, encoding: str) -> None:
    """A file in UTF-16 or UTF-32 is one reject, whose reason names the option that reads it, also without its mark."""
    (tmp_path / name).write_bytes(FILES[name].replace("日本", "x").encode(encoding))
    [(code, reason)] = documents(list(read(str(tmp_path / name))))
    assert code == "invalid_utf8"
    told = reason.partition("--encoding ")[2]
    assert documents(list(read(str(tmp_path / name), how=Reading(encoding=told)))) == [
        ("a", WORDS.replace("日本", "x"))
    ]


@pytest.mark.parametrize("name", FILES)
def test_other_bytes_name_the_option(tmp_path: Path, name: str) -> None:
    """Bytes that are not UTF-8 are rejected with the option that names an encoding."""
    (tmp_path / name).write_bytes(FILES[name].replace("Łódź", "L").replace("日本", "x").encode("cp1252"))
    [(code, reason)] = documents(list(read(str(tmp_path / name))))
    assert code == "invalid_utf8"
    assert "--encoding windows-1252" in reason


def test_bytes_of_another_encoding_than_named_are_told(tmp_path: Path) -> None:
    """What comes before bytes that are not of the encoding named is read; then the file is rejected."""
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "a", "text": "words"}\n' * 20_000 + b"\xff\xff")
    *before, (code, reason) = documents(list(read(str(tmp_path), how=Reading(encoding="ascii"))))
    assert before
    assert set(before) == {("a", "words")}
    assert code == "unreadable_file"
    assert reason.startswith("not ascii")


@pytest.mark.parametrize(
    "how",
    [{"encoding": "nonsense"}, {"encoding": "base64"}, {"delimiter": ";;"}, {"delimiter": '"'}, {"format": "doc"}],
)
def test_reading_that_makes_no_sense_is_refused(how: dict[str, str]) -> None:
    """An encoding, delimiter or format that there is not is refused before anything is read."""
    with pytest.raises(InvalidInput, match=next(iter(how.values()))[:1]):
        Reading(**how)  # type: ignore[arg-type]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_first_record_shows_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    """CSV is read with the delimiter under which the first record names id and text; the text may hold others."""
    rows = [["id", "day", "text"], ["1", "Mon", '"one, two; three | four"'], ["2", "Tue", "five"]]
    (tmp_path / "a.csv").write_text("\n".join(delimiter.join(row) for row in rows))
    assert documents(list(read(str(tmp_path)))) == [("1", "one, two; three | four"), ("2", "five")]


def test_delimiter_may_be_named(tmp_path: Path) -> None:
    """A delimiter that is named is taken, whatever the first record looks like; tab has a word."""
    (tmp_path / "a.csv").write_text("id:text\n1:one\n")
    assert documents(list(read(str(tmp_path), how=Reading(delimiter=":")))) == [("1", "one")]
    (tmp_path / "a.csv").write_text("id\ttext\n1\tone\n")
    assert documents(list(read(str(tmp_path), how=Reading(delimiter="tab")))) == [("1", "one")]


def test_columns_without_a_name_are_left_out_if_empty(tmp_path: Path) -> None:
    """Empty columns beside a sheet are nobody's; a value in one is kept under its column's number."""
    (tmp_path / "a.csv").write_text("id,text,,\n1,one,,\n2,two,,x\n")
    [first, second] = [item.document for item in read(str(tmp_path)) if isinstance(item, Record)]
    assert (first.metadata, second.metadata) == ({}, {"column 4": "x"})


def _table(path: Path) -> None:
    parquet.write_table(pa.table({"text": ["one", "two"]}), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("sub/a.jsonl", lambda path: path.write_text('{"text": "one"}\n{"text": "two"}\n')),
        ("sub/a.csv", lambda path: path.write_text("text\none\ntwo\n")),
        ("sub/a.parquet", _table),
    ],
)
def test_records_without_ids_are_numbered(tmp_path: Path, name: str, write: Callable[[Path], object]) -> None:
    """With `row` as the id's field a record is called by its file and the number that messages show."""
    (tmp_path / name).parent.mkdir()
    write(tmp_path / name)
    items = list(read(str(tmp_path), how=Reading(Fields(id="row"))))
    first = 2 if name.endswith("csv") else 1
    assert documents(items) == [(f"sub/a:{first}", "one"), (f"sub/a:{first + 1}", "two")]
    assert [item.source.line for item in items] == [first, first + 1]
    assert all(not item.document.metadata for item in items if isinstance(item, Record))


def test_field_called_row_is_taken_as_any_other(tmp_path: Path) -> None:
    """Where records have a field `row`, that is the id."""
    (tmp_path / "a.jsonl").write_text('{"row": "x", "text": "one"}\n')
    assert documents(list(read(str(tmp_path), how=Reading(Fields(id="row"))))) == [("x", "one")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_missing_field_names_those_that_there_are(tmp_path: Path, name: str) -> None:
    """A record or file without the id's or the text's field is rejected with the names of its fields."""
    data = {"a.jsonl": '{"url": "1", "body": "x"}\n', "a.csv": "url,body\n1,x\n"}[name]
    (tmp_path / name).write_text(data)
    for fields, code in ((Fields(), "no_id"), (Fields(id="url"), "no_text")):
        [(found, reason)] = documents(list(read(str(tmp_path), how=Reading(fields))))
        assert found == code
        assert "the fields are url, body: name one with --" in reason


@pytest.mark.parametrize(("start", "kind"), [(b"PK\x03\x04", "ZIP"), (b"%PDF-1.7", "PDF"), (b"\x1f\x8b\x08", "gzip")])
def test_file_that_is_no_text_is_told_by_its_first_bytes(tmp_path: Path, start: bytes, kind: str) -> None:
    """An archive or PDF that is to be read as text is rejected as what it is."""
    (tmp_path / "a.docx").write_bytes(start + b"\x00" * 100)
    [(code, reason)] = documents(list(read(str(tmp_path / "a.docx"), how=Reading(format="text"))))
    assert code == "not_text"
    assert kind in reason


def test_markdown_is_text_and_other_files_are_counted(tmp_path: Path) -> None:
    """Of a folder Markdown is read as text; files of other endings are counted by ending."""
    for name in ("a.md", "b.markdown", "c.txt", "d.pdf", "e.pdf", "sub/f.docx", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    meter = Meter()
    assert [name for name, _ in documents(list(read(str(tmp_path), meter=meter)))] == ["a", "b", "c"]
    assert meter.passed_over == {".pdf": 2, ".docx": 1, "": 1}


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("a text pasted as the path", "on standard input"),
        ("word " * 2_000, "on standard input"),
        ("missing.jsonl", "check the path"),
    ],
)
def test_what_is_no_path_is_told_what_to_do(path: str, advice: str) -> None:
    """A text or a wrong name instead of a path is refused in a short message with advice."""
    with pytest.raises(InvalidInput, match=advice) as error:
        read(path)
    assert len(str(error.value)) < 400


def test_json_file_is_told_how_to_become_lines(tmp_path: Path) -> None:
    """A .json file, and a line that is an array, are refused with the command that makes lines of them."""
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(InvalidInput, match=r"jq -c '\.\[\]'"):
        read(str(tmp_path / "a.json"))
    [(code, reason)] = documents(list(read(str(tmp_path / "a.json"), how=Reading(format="jsonl"))))
    assert code == "not_an_object"
    assert "jq -c" in reason

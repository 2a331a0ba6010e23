"""Reading files and standard input: every bad record is told by place and reason, and the rest goes on."""

import gzip
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from dedup.errors import InvalidInput
from dedup.formats import Item, Record, Rejected, Source, jsonl, read, read_queries, read_text, text
from dedup.model import Document

GOOD = b'{"id": "a", "text": "one"}\n'
LAST = b'{"id": "z", "text": "last"}\n'
PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def codes(items: list[Item]) -> list[str]:
    """Return the id of each document and the code of each reject, in order."""
    return [item.document.id if isinstance(item, Record) else item.code for item in items]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put bytes on standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_folder_is_read_in_order_with_paths_as_ids(tmp_path: Path) -> None:
    """A folder yields its .txt files, sorted, whose ids are the paths below it without the ending."""
    for name in ["b.txt", "a.txt", "sub/deep/c.d.txt", "gold.json", "notes.rst", "UPPER.TXT"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}")
    records = list(read(str(tmp_path)))
    assert codes(records) == ["UPPER", "a", "b", "sub/deep/c.d"]
    assert records[-1] == Record(
        Source(str(tmp_path / "sub/deep/c.d.txt")), Document("sub/deep/c.d", "text of sub/deep/c.d.txt")
    )


def test_file_named_itself_is_called_by_its_stem(tmp_path: Path) -> None:
    """A text file named directly has its stem as id, whatever folder it lies in."""
    (tmp_path / "story.txt").write_text("some words")
    assert codes(list(read(str(tmp_path / "story.txt")))) == ["story"]


def test_text_keeps_every_code_point(tmp_path: Path) -> None:
    """Line ends and a byte order mark stay in the text, so that places are those of the file."""
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\x00")
    [record] = read(str(tmp_path / "a.txt"))
    assert isinstance(record, Record)
    assert record.document.text == "\ufeffone\r\ntwo\rthree\x00"


@pytest.mark.parametrize("ending", PACKERS)
def test_jsonl_is_read_packed_or_not(tmp_path: Path, ending: str) -> None:
    """JSON Lines, plain or compressed, yield id, text, and every other field as metadata."""
    line = {"id": "a", "text": "żółć", "source": "wire", "tags": [1, {"b": None}]}
    path = tmp_path / f"data.jsonl{ending}"
    path.write_bytes(PACKERS[ending](json.dumps(line).encode() + b"\r\n\n  \n" + LAST))
    assert list(read(str(path))) == [
        Record(Source(str(path), 1), Document("a", "żółć", {"source": "wire", "tags": [1, {"b": None}]})),
        Record(Source(str(path), 4), Document("z", "last")),
    ]


BAD_LINES = {
    b'{"id": "a", "text": "\xff"}': "invalid_utf8",
    b'{"id": "a", "text": "\xed\xa0\x80"}': "invalid_utf8",
    b'{"id": "a", "text": ': "invalid_json",
    b'{"id": "a", "text": "b"} more': "invalid_json",
    b'{"id": "a", "text": "\\ud800", "n": NaN}': "invalid_json",
    b'{"id": "a", "text": "b", "n": 1e999}': "invalid_json",
    b'{"id": "a", "text": "b", "n": ' + b"[" * 100_000 + b"}": "invalid_json",
    b'{"id": "a", "text": "\\ud800", "n": ' + b"[" * 100_000 + b"}": "invalid_json",
    b"\x00": "invalid_json",
    b'{"id": "a", "text": "b", "text": "c"}': "invalid_json",
    b'{"id":"a","text":"b","m":{"n":1,"\\u006e":2}}': "invalid_json",
    b'{"id" : "a", "text" : "b", "id" : "c"}': "invalid_json",
    b"17": "not_an_object",
    b'["id", "text"]': "not_an_object",
    b'"text"': "not_an_object",
    b"null": "not_an_object",
    b'{"text": "b"}': "no_id",
    b'{"id": 7.5, "text": "b"}': "no_id",
    b'{"id": "a"}': "no_text",
    b'{"id": "a", "text": null}': "no_text",
    b'{"id": "a", "text": ["b"]}': "no_text",
}


@pytest.mark.parametrize(("line", "code"), BAD_LINES.items(), ids=range(len(BAD_LINES)))
def test_bad_line_is_rejected_and_the_rest_goes_on(tmp_path: Path, line: bytes, code: str) -> None:
    """A line that is no document is rejected by path, line and code; its neighbours are read."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(GOOD + line + b"\n" + LAST)
    items = list(read(str(path)))
    assert codes(items) == ["a", code, "z"]
    assert isinstance(items[1], Rejected)
    assert items[1].source == Source(str(path), 2)
    assert str(items[1].source) == f"{path}:2"
    assert items[1].reason


@pytest.mark.parametrize(
    ("escape", "expected"), [(b"\\ud800", "\ud800"), (b"\\u0000", "\x00"), (b"\\ud83d\\ude00", "😀")]
)
def test_any_escaped_code_point_is_read(tmp_path: Path, escape: bytes, expected: str) -> None:
    """A lone surrogate, NUL or pair written as an escape becomes that code point."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "a", "text": "' + escape + b'"}')
    [record] = read(str(path))
    assert isinstance(record, Record)
    assert record.document.text == expected


def test_quotes_before_colons_are_no_fields(tmp_path: Path) -> None:
    """What looks like a field in a text is none; the same field in two objects of a line is no repetition."""
    lines = [
        {"id": "a", "text": 'say "text": and "id":', "m": {"id": 1, "n": [{"id": 2}, {"id": 3}]}},
        {"id": "b", "text": ""},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert codes(list(read(str(tmp_path / "a.jsonl")))) == ["a", "b"]


def test_byte_order_mark_before_a_line_is_skipped(tmp_path: Path) -> None:
    """A byte order mark is no part of a record, be it at the start or where files that begin with one were joined."""
    mark = b"\xef\xbb\xbf"
    (tmp_path / "a.jsonl").write_bytes(mark + GOOD + mark + LAST + b"\n" + mark + b"\n")
    assert codes(list(read(str(tmp_path / "a.jsonl")))) == ["a", "z"]


def test_long_line_is_skipped_in_bounded_memory() -> None:
    """A line beyond the cap is rejected without being held; one of exactly the cap is read."""

    class Watched(io.BytesIO):
        most = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            self.most = max(self.most, len(line))
            return line

    cap = len(GOOD) - 1
    stream = Watched(GOOD + b"x" * (50 * cap) + b"\n" + LAST[:-1] + b" \n" + GOOD[:-1])
    assert codes(list(jsonl.records(stream, "-", most_bytes=cap))) == ["a", "long_line", "long_line", "a"]
    assert stream.most <= cap + 1


def test_file_longer_than_any_text_is_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A text file of more bytes than the longest text can have is rejected, one of just as many is read."""
    monkeypatch.setattr(text, "MOST_BYTES", 10)
    (tmp_path / "a.txt").write_text("x" * 10)
    (tmp_path / "b.txt").write_text("x" * 11)
    assert codes(list(read(str(tmp_path)))) == ["a", "long_text"]


def test_invalid_utf8_file_is_rejected(tmp_path: Path) -> None:
    """A file that is not UTF-8 is rejected with the place of the bad byte, and the folder's others are read."""
    (tmp_path / "a.txt").write_bytes("café".encode("latin-1"))
    (tmp_path / "b.txt").write_text("fine")
    items = list(read(str(tmp_path)))
    assert codes(items) == ["invalid_utf8", "b"]
    assert isinstance(items[0], Rejected)
    assert items[0].id == "a"
    assert "byte 3" in items[0].reason


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "garbage behind", "no such format"])
def test_damaged_archive_gives_what_it_holds_and_a_reject(tmp_path: Path, ending: str, damage: str) -> None:
    """Of a damaged compressed file the whole lines before the damage are read, then it is rejected."""
    lines = b"".join(b'{"id": "%d", "text": "%s"}\n' % (i, os.urandom(40).hex().encode()) for i in range(20_000))
    packed = PACKERS[ending](lines)
    data = {
        "cut": packed[: len(packed) // 2],
        "garbage behind": packed + b"garbage behind it",
        "no such format": b"not packed at all",
    }[damage]
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(data)
    *before, last = read(str(path))
    assert isinstance(last, Rejected)
    place = None if damage == "no such format" else len(before) + 1
    assert (last.code, last.source) == ("unreadable_file", Source(str(path), place))
    assert codes(before) == [str(i) for i in range(len(before))]
    assert (len(before) > 100) == (damage != "no such format")


def test_zstd_frames_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Concatenated Zstandard frames, as parallel compressors write them, are one stream."""
    (tmp_path / "a.jsonl.zst").write_bytes(
        zstandard.compress(GOOD) + zstandard.compress(LAST[:9]) + zstandard.compress(LAST[9:])
    )
    assert codes(list(read(str(tmp_path / "a.jsonl.zst")))) == ["a", "z"]


def test_packed_text_file_is_called_without_either_ending(tmp_path: Path) -> None:
    """A compressed text file named directly is unpacked and has its bare name as id."""
    (tmp_path / "story.txt.gz").write_bytes(gzip.compress(b"some words"))
    [record] = read(str(tmp_path / "story.txt.gz"))
    assert isinstance(record, Record)
    assert record.document == Document("story", "some words")


@pytest.mark.parametrize("name", ["missing", "data.docx", "no_ending", "empty_folder", "*.csv"])
def test_unusable_path_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    """A path that cannot be what was meant raises before anything is read."""
    (tmp_path / "data.docx").touch()
    (tmp_path / "no_ending").touch()
    (tmp_path / "empty_folder").mkdir()
    with pytest.raises(InvalidInput, match=re.escape(name)):
        read(str(tmp_path / name))


def test_pipe_in_a_folder_is_rejected_not_waited_for(tmp_path: Path) -> None:
    """A named pipe among the texts is rejected; opening it would wait for ever."""
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("fine")
    assert codes(list(read(str(tmp_path)))) == ["unreadable_file", "b"]


def test_broken_link_in_a_folder_is_rejected(tmp_path: Path) -> None:
    """A link to nothing is rejected, the rest is read."""
    (tmp_path / "a.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "b.txt").write_text("fine")
    assert codes(list(read(str(tmp_path)))) == ["unreadable_file", "b"]


def test_standard_input_is_json_lines(stdin: Callable[[bytes], None]) -> None:
    """For `-` documents come as JSON Lines on standard input."""
    stdin(GOOD + b"plain\n" + LAST)
    items = list(read("-"))
    assert codes(items) == ["a", "invalid_json", "z"]
    assert items[0].source == Source("-", 1)


@pytest.mark.parametrize(
    ("data", "ids"),
    [(GOOD + LAST, ["a", "z"]), (b"\xef\xbb\xbf \n" + GOOD, ["a"]), (b"plain\ntext", ["-"]), (b"", ["-"])],
)
def test_query_on_standard_input_may_be_plain(stdin: Callable[[bytes], None], data: bytes, ids: list[str]) -> None:
    """A query on standard input is JSON Lines if it begins with a brace, else one plain text called `-`."""
    stdin(data)
    assert codes(list(read_queries("-"))) == ids


def test_query_from_a_path_is_read_as_a_document_is(tmp_path: Path) -> None:
    """A query file has the id that the same file gets when it is put in."""
    (tmp_path / "a.txt").write_text("fine")
    assert list(read_queries(str(tmp_path))) == list(read(str(tmp_path)))


def test_any_file_can_be_read_as_one_text(tmp_path: Path, stdin: Callable[[bytes], None]) -> None:
    """`read_text` takes a file of any ending, or standard input, as plain text."""
    (tmp_path / "draft.md").write_text("# fine")
    stdin(b"{piped}")
    assert read_text(str(tmp_path / "draft.md")) == Record(
        Source(str(tmp_path / "draft.md")), Document("draft", "# fine")
    )
    assert read_text("-") == Record(Source("-"), Document("-", "{piped}"))
    with pytest.raises(InvalidInput):
        read_text(str(tmp_path / "missing"))
    assert codes([read_text(str(tmp_path))]) == ["unreadable_file"]


def test_unreadable_folder_below_is_rejected(tmp_path: Path) -> None:
    """A folder that vanishes or may not be listed while it is walked is rejected by name."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_text("gone")
    (tmp_path / "a.txt").write_text("fine")
    items = read(str(tmp_path))
    assert codes([next(items)]) == ["a"]
    shutil.rmtree(tmp_path / "sub")
    assert codes(list(items)) == ["unreadable_file"]


def test_text_file_cut_off_is_rejected_whole(tmp_path: Path) -> None:
    """Half of a compressed text is no document: the file is rejected."""
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(os.urandom(1000).hex().encode())[:-20])
    assert codes(list(read(str(tmp_path / "a.txt.gz")))) == ["unreadable_file"]

"""Bad input has a documented outcome each: a reject with its reason, or an error with its exit code; no traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli.running import SEEDS, Records, Run, rows

GOOD = {"id": "good", "text": "the rest of the batch goes in whatever the others are like"}

REJECTED: dict[str, tuple[dict[str, Any], str]] = {
    "empty text": ({"id": "a", "text": ""}, "no_words"),
    "whitespace": ({"id": "a", "text": " \t\r\n\u00a0\u2003"}, "no_words"),
    "punctuation": ({"id": "a", "text": "?!… — “”"}, "no_words"),
    "empty id": ({"id": "", "text": "words"}, "empty_id"),
    "id of 481 bytes": ({"id": "é" * 240 + "x", "text": "words"}, "long_id"),
    "id of 10,000 bytes": ({"id": "x" * 10_000, "text": "words"}, "long_id"),
    "surrogate in id": ({"id": "\udc80", "text": "words"}, "invalid_id"),
    "too long a text": ({"id": "a", "text": "x" * (2**24 + 1)}, "long_text"),
    "id that is no whole number": ({"id": 1.5, "text": "words"}, "no_id"),
    "no text": ({"id": "a"}, "no_text"),
}
INDEXED: dict[str, dict[str, Any]] = {
    "one word": {"id": "a", "text": "word"},
    "one word many times": {"id": "a", "text": "word " * 1_000_000},
    "NUL": {"id": "a", "text": "zero \x00 byte"},
    "lone surrogate": {"id": "a", "text": "half \ud800 a pair"},
    "combining marks": {"id": "a", "text": "a" + "\u0301" * 100_000},
    "id of 480 bytes": {"id": "é" * 240, "text": "words"},
    "controls in id": {"id": "\x1b[31m\n\x00", "text": "words"},
}


@pytest.mark.parametrize("name", REJECTED)
def test_unusable_record_is_rejected_and_the_rest_goes_in(run: Run, write: Records, name: str) -> None:
    """A record that cannot be indexed is told by file, line, code and reason; exit code 3; the others are in."""
    record, code = REJECTED[name]
    data = write(GOOD, record, {**GOOD, "id": "last"})
    result = run("ingest", data, "--json", "--rejects", "rejects.jsonl", code=3)
    assert rows(result.stdout)[-1]["put"] == 2
    [line] = [line for line in result.stderr.splitlines() if line.startswith("rejected")]
    assert line.startswith(f"rejected[{code}]: data.jsonl:2: ")
    [reject] = rows(Path("rejects.jsonl").read_text())
    assert list(reject) == ["path", "line", "id", "code", "reason"]
    assert (reject["path"], reject["line"], reject["code"]) == ("data.jsonl", 2, code)
    assert reject["reason"]


@pytest.mark.parametrize("name", INDEXED)
def test_odd_record_is_indexed(run: Run, write: Records, name: str) -> None:
    """A record that is merely odd is indexed and comes back as it was."""
    record = INDEXED[name]
    run("ingest", write(GOOD, record))
    assert rows(run("get", record["id"], "--json").stdout) == [record]


@pytest.mark.parametrize("bound", ["BATCH", "BATCH_CHARACTERS"])
def test_reject_in_a_later_batch_is_told_by_its_own_line(
    run: Run, write: Records, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """However the input is cut into batches, a reject is told by its line of the file."""
    monkeypatch.setattr(f"dedup.batches.{bound}", 2)
    data = write(*({"id": str(i), "text": "?!" if i in {4, 7} else f"some words {i}"} for i in range(9)))
    result = run("ingest", data, "--json", code=3)
    assert [line.split(": ")[1] for line in result.stderr.splitlines() if "[no_words]" in line] == [
        "data.jsonl:5",
        "data.jsonl:8",
    ]
    assert (rows(result.stdout)[-1]["put"], rows(result.stdout)[-1]["rejected"]) == (7, 2)


def test_document_of_100_megabytes_is_rejected(run: Run, here: Path) -> None:
    """A file beyond the longest text, and a line beyond the longest line, are rejected; the rest goes in."""
    (here / "texts").mkdir()
    (here / "texts/huge.txt").write_bytes(b"word " * 20_000_000)
    (here / "texts/small.txt").write_text("small but good")
    (here / "huge.jsonl").write_bytes(
        b'{"id": "huge", "text": "' + b"word " * 20_000_000 + b'"}\n' + json.dumps(GOOD).encode()
    )
    result = run("ingest", "texts", "huge.jsonl", "--json", code=3)
    assert rows(result.stdout)[-1]["put"] == 2
    assert "rejected[long_text]: texts/huge.txt: " in result.stderr
    assert "rejected[long_line]: huge.jsonl:1: " in result.stderr


def test_duplicate_id_in_one_batch_is_replaced_by_the_last(run: Run, write: Records) -> None:
    """Of several records with one id the last one stays, and the earlier ones count as replaced."""
    data = write(*({"id": "a", "text": f"version number {i} of this"} for i in range(3)))
    [counts] = rows(run("ingest", data, "--json").stdout)
    assert (counts["put"] + counts["replaced"], counts["rejected"]) == (3, 0)
    assert rows(run("get", "a", "--json").stdout)[0]["text"] == "version number 2 of this"
    assert rows(run("stats", "--json").stdout)[0]["documents"] == 1


def test_invalid_utf8_is_rejected_by_name(run: Run, here: Path) -> None:
    """A file that is not UTF-8 is rejected by its path, and the folder's others go in."""
    (here / "texts").mkdir()
    (here / "texts/bad.txt").write_bytes("café".encode("latin-1"))
    (here / "texts/good.txt").write_text("good words")
    result = run("ingest", "texts", code=3)
    assert result.stderr.startswith("rejected[invalid_utf8]: texts/bad.txt: bad: byte 3 ")
    assert result.stdout.startswith("1 put, ")


def test_bad_query_is_rejected_and_the_others_answered(seeded: Run, write: Records, here: Path) -> None:
    """Queries that cannot be read or judged are rejected as documents are; the others get their answer."""
    (here / "bad.txt").write_bytes(b"\xff")
    queries = write({"id": "long", "text": "x" * (2**24 + 1)}, {"id": 7.5}, GOOD)
    result = seeded("resemble", "bad.txt", queries, "--json", code=3)
    assert [answer["query"] for answer in rows(result.stdout)] == ["good"]
    codes = [line.split("]")[0] for line in result.stderr.splitlines() if line.startswith("rejected")]
    assert codes == ["rejected[invalid_utf8", "rejected[long_text", "rejected[no_id"]


@pytest.mark.parametrize("text", ["", "?!", "one", "three short words"])
def test_query_too_short_to_judge_says_so(seeded: Run, text: str) -> None:
    """A query of fewer than k tokens, or none, matches nothing and says that it is too short."""
    [answer] = rows(seeded("resemble", "-", "--json", stdin=text.encode()).stdout)
    nothing = {"found": 0, "coverage": 0.0, "truncated": False, "too_short": True, "verdict": None}
    assert answer == {"query": "-", **nothing, "matches": []}
    assert "too short to judge" in seeded("resemble", "-", stdin=text.encode()).stdout


ERRORS: dict[str, tuple[list[str], int, str]] = {
    "no index": (["stats"], 4, "store_unreachable"),
    "no index to ask": (["resemble", "--id", "a"], 4, "store_unreachable"),
    "no index to remove from": (["remove", "a"], 4, "store_unreachable"),
    "no index to check": (["check"], 4, "store_unreachable"),
    "foreign folder": (["stats", "--index", f"lmdb:{SEEDS}"], 4, "store_foreign"),
    "foreign folder to write": (["ingest", f"{SEEDS}/*.txt", "--index", f"lmdb:{SEEDS}"], 4, "store_foreign"),
    "unknown kind": (["stats", "--index", "nosuch:thing"], 2, "invalid_url"),
    "no such path": (["ingest", "nowhere"], 2, "invalid_input"),
    "no known format": (["ingest", str(SEEDS / "gold.json")], 2, "invalid_input"),
    "no such query": (["resemble", "nowhere.txt"], 2, "invalid_input"),
    "nothing to compare": (["compare", "nowhere.txt", "-"], 2, "invalid_input"),
    "folder to compare": (["compare", str(SEEDS), "-"], 2, "unreadable_file"),
    "rejects unwritable": (["ingest", f"{SEEDS}/*.txt", "--rejects", "no/such/folder"], 2, "invalid_input"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_one_line_and_an_exit_code(run: Run, name: str) -> None:
    """What cannot be done at all ends with one line `error[code]: …` on standard error, and nothing on output."""
    arguments, exit_code, code = ERRORS[name]
    result = run(*arguments, code=exit_code)
    assert result.stdout == ""
    [line] = [line for line in result.stderr.splitlines() if not line.startswith("compiling")]
    assert line.startswith(f"error[{code}]: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["ingest"],
        ["resemble"],
        ["ingest", "-", "--nosuch"],
        ["resemble", "-", "--limit", "0"],
        ["ingest", "-", "--ttl", "soon"],
        ["ingest", "-", "--ttl", "11y"],
        ["compare", "a"],
        ["index", "nosuch"],
        ["--nosuch"],
    ],
)
def test_wrong_usage_ends_with_2(run: Run, arguments: list[str]) -> None:
    """A missing argument, an unknown option or a value out of range is an error of one line, as any other."""
    result = run(*arguments, code=2)
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("error[usage]: ")
    assert "`dedup" in line


def test_unknown_id_is_an_error(seeded: Run) -> None:
    """Asking for a document that is not there says so and ends with 2."""
    for arguments in (["get", "nobody"], ["resemble", "--id", "nobody"]):
        assert seeded(*arguments, code=2).stderr.startswith("error[unknown_id]: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "b.jsonl", "--rejects", "b.jsonl"),
        ("ingest", "*.jsonl", "--rejects", "./b.jsonl"),
        ("resemble", ".", "--rejects", "b.jsonl"),
        ("resemble", "b.jsonl", "--html", "b.jsonl"),
        ("tune", "b.jsonl", "--html", "b.jsonl"),
        ("corpus", "b.jsonl", "--out", "o", "--rejects", "b.jsonl"),
    ],
)
def test_an_input_is_never_written_over(run: Run, here: Path, arguments: tuple[str, ...]) -> None:
    """An option that names an input as the file to write is refused, and the input stays as it is."""
    text = '{"id": "a", "text": "seven wizards box with liquor jugs at noon"}\n'
    (here / "b.jsonl").write_text(text)
    assert "would be lost" in run(*arguments, code=2).stderr
    assert (here / "b.jsonl").read_text() == text

"""`dedup ingest --skip-like`: what is new goes in, and what is not is told with what it is like."""

import json
from pathlib import Path

import pytest
from cli.running import Records, Run, rows

import dedup

WORDS = [f"word{place}" for place in range(40)]
LINES = [
    {"id": "wire", "text": " ".join(WORDS)},
    {"id": "other", "text": " ".join(reversed(WORDS))},
    {"id": "cut", "text": " ".join(WORDS[:23])},  # 20 of 37 shingles: Jaccard .541
]


def test_duplicates_are_left_out_and_told(run: Run, write: Records) -> None:
    """Each is a line on standard error and an object in the file, counted, and no reason for another exit code."""
    done = run("ingest", write(*LINES), "--skip-like", "0.5", "--duplicates", "alike.jsonl", "--json")
    counts = json.loads(done.stdout)
    del counts["seconds"]
    assert counts == {"put": 2, "unchanged": 0, "replaced": 0, "rejected": 0, "duplicates": 1}
    assert "duplicate: data.jsonl:3: cut: like 'wire', Jaccard 0.54, 100% of it is there" in done.stderr
    (told,) = rows(Path("alike.jsonl").read_text())
    assert (told["path"], told["line"], told["id"], told["duplicate_of"]["id"]) == ("data.jsonl", 3, "cut", "wire")
    assert told["duplicate_of"]["containment"] == {"query_in_document": 1.0, "document_in_query": 20 / 37}
    with dedup.open("lmdb:./index") as index:
        assert [one.id for one in index.documents()] == ["other", "wire"]


def test_the_share_of_the_new_document_may_decide(run: Run, write: Records) -> None:
    """By containment a text that was cut from another is a duplicate, however much longer the other is."""
    source = write(*LINES)
    by_both = run("ingest", source, "--skip-like", "0.6").stdout
    assert by_both.startswith("3 put, 0 unchanged, 0 replaced, 0 rejected, 0 duplicates")
    by_one = run("ingest", source, "--skip-like", "0.6", "--measure", "containment", "--index", "lmdb:new").stdout
    assert by_one.startswith("2 put, 0 unchanged, 0 replaced, 0 rejected, 1 duplicates")


def test_limit_counts_what_goes_in(run: Run, write: Records) -> None:
    """Others take the places of duplicates until as many are in as were asked for."""
    source = write(LINES[0], LINES[2], LINES[1])
    counts = json.loads(run("ingest", source, "--skip-like", "0.5", "--limit", "2", "--json").stdout)
    assert (counts["put"], counts["duplicates"]) == (2, 1)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("0", "0: give a number above 0, up to 1;"),
        ("2", "2: give a number above 0, up to 1;"),
        ("80", "80: give a number above 0, up to 1; did you mean 0.8?"),
        ("many", "'many' is no number; give one above 0, up to 1"),
    ],
)
def test_a_share_that_is_none_is_refused(run: Run, write: Records, share: str, said: str) -> None:
    """A share must lie above 0, up to 1; before anything is put."""
    refused = run("ingest", write(*LINES), "--skip-like", share, code=2).stderr
    assert "'--skip-like'" in refused
    assert said in refused
    assert run("stats", code=4).stdout == ""


def test_a_version_that_stays_is_told(run: Run, write: Records) -> None:
    """A new version that is like another document is left out, and it is said that the old one stays."""
    run("ingest", write(*LINES[:2]))
    source = write({"id": "other", "text": LINES[0]["text"] + " more"}, name="new.jsonl")
    done = run("ingest", source, "--skip-like", "0.8", "--duplicates", "alike.jsonl")
    # of 37 shingles one more: 37 of 38
    assert "other: like 'wire', Jaccard 0.97, 97% of it is there; what the index has of this id stays" in done.stderr
    with dedup.open("lmdb:./index") as index:
        (told,) = rows(Path("alike.jsonl").read_text())
        assert told["kept_version"] == index.document("other").version
        assert index.document("other").text == LINES[1]["text"]


def test_a_measure_of_nothing_is_refused(run: Run, write: Records, here: Path) -> None:
    """--measure without --skip-like says what is missing; a project's setting for another command does no harm."""
    source = write(*LINES)
    assert "give --skip-like too" in run("ingest", source, "--measure", "containment", code=2).stderr
    (here / "dedup.toml").write_text('measure = "containment"')
    assert run("ingest", source).stdout.startswith("3 put")


def test_a_file_for_nothing_is_refused(run: Run, write: Records) -> None:
    """--duplicates without --skip-like says what is missing; a file that is an input is not written over."""
    source = write(*LINES)
    assert "give --skip-like too" in run("ingest", source, "--duplicates", "alike.jsonl", code=2).stderr
    refused = run("ingest", source, "--skip-like", "0.5", "--duplicates", source, code=2)
    assert "would be lost" in refused.stderr

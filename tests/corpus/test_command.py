"""`dedup corpus` as people run it: its files, its settings, and what it says of bad input."""

import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus.conftest import Command, Process
from corpus.texts import edited, families, lines, seeded, text

from dedup.corpus.intake import TableFile

STORY = "The head of the general staff met the commander in Baku on Thursday, the first such meeting in a year."


def write(path: Path, *records: dict[str, Any]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def three(folder: Path) -> Path:
    """Write two texts of the same words, a later near-duplicate of them, and another."""
    return write(
        folder / "news.jsonl",
        {"id": "later", "text": STORY.upper(), "published": "2018-04-20", "source": "agency"},
        {"id": "early", "text": STORY, "published": "2018-04-19", "source": "own"},
        {"id": "near", "text": f"{STORY} Markets fell.", "published": "2018-04-21", "source": "agency"},
        {"id": "other", "text": "Seven wizards box with liquor jugs at noon, and nobody minds.", "source": "own"},
    )


def test_what_is_removed_says_why(tmp_path: Path, command: Command) -> None:
    """Kept and removed documents are the input's own records; a removed one names what it duplicates, and how much."""
    three(tmp_path)
    command("corpus", "news.jsonl", "--out", "out", "--keep", "earliest")
    assert [one["id"] for one in lines(tmp_path / "out/kept.jsonl.zst")] == ["early", "other"]
    later, near = lines(tmp_path / "out/removed.jsonl.zst")
    evidence = {"id": "early", "in_index": False, "kind": "exact", "similarity": 1.0, "shared_shingles": 17}
    assert later == {
        "id": "later",
        "text": STORY.upper(),
        "published": "2018-04-20",
        "source": "agency",
        "duplicate_of": evidence,
    }
    assert near["duplicate_of"] == evidence | {"kind": "near", "similarity": 17 / 19}


OWN_RECORDS = [
    ({"url": "a", "body": "{}", "id": "7", "text": "teaser one"}, ("--id-field", "url", "--text-field", "body")),
    ({"text": "{}", "source": "wire", "id": "a", "n": 12345678901234567890123, "x": 1.5}, ()),
    ({"id": "a", "text": "{}", "metadata": {"source": "wire", "id": 1}}, ()),
    ({"id": "a", "text": "{}", "metadata": {"source": "wire"}, "lang": "en"}, ()),
    ({"id": 17, "text": "{} \ud800"}, ()),
]


@pytest.mark.parametrize(("record", "options"), OWN_RECORDS, ids=range(len(OWN_RECORDS)))
def test_records_come_out_as_they_went_in(
    tmp_path: Path, command: Command, record: dict[str, Any], options: tuple[str, ...]
) -> None:
    """Kept and removed records have the input's own fields, in its order, whatever they are called and hold."""
    id_field, text_field = options[1::2] or ("id", "text")
    copies = [
        record | {id_field: name, text_field: record[text_field].format(words)}
        for name, words in ((record[id_field], STORY), ("copy", STORY.upper()), ("other", STORY[::-1]))
    ]
    write(tmp_path / "in.jsonl", *copies)
    command("corpus", "in.jsonl", "--out", "out", *options)
    kept, [removed] = lines(tmp_path / "out/kept.jsonl.zst"), lines(tmp_path / "out/removed.jsonl.zst")
    assert kept == [copies[0], copies[2]]
    assert [*removed.pop("duplicate_of")][:1] == ["id"]
    assert removed == copies[1]
    assert [list(one) for one in (*kept, removed)] == [list(record)] * 3
    summary = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))
    assert summary["largest"][0]["text"].startswith(STORY[:60])
    assert STORY[:60] in (tmp_path / "out/report.html").read_text("utf-8")


def test_tables_come_out_with_their_own_columns(tmp_path: Path, command: Command) -> None:
    """Rows of CSV and Parquet, whole numbers as ids too, become records of the columns that they had."""
    rows = [{"url": i, "body": f"{STORY} {i * 7}", "id": f"row {i}", "text": "teaser"} for i in range(2)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text(f"text,body,url\nteaser,{STORY[::-1].replace(',', '')},c\n")
    command("corpus", ".", "--out", "out", "--id-field", "url", "--text-field", "body", "--threshold", 1)
    expected = [*rows, {"text": "teaser", "body": STORY[::-1].replace(",", ""), "url": "c"}]
    assert lines(tmp_path / "out/kept.jsonl.zst") == expected


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("first", "later"),
        ("longest", "near"),
        ("earliest", "early"),
        ("earliest:published", "early"),
        ("priority:source=own,agency", "early"),
        ("priority:source=agency", "later"),
    ],
)
def test_keep_decides_which_stays(rule: str, kept: str, tmp_path: Path, command: Command) -> None:
    """Each rule keeps the document that it names; ties go by id."""
    three(tmp_path)
    command("corpus", "news.jsonl", "--out", "out", "--keep", rule)
    assert {one["duplicate_of"]["id"] for one in lines(tmp_path / "out/removed.jsonl.zst")} == {kept}


@pytest.mark.parametrize("level", ["documents", "passages"])
def test_dates_that_cannot_be_read_are_counted(level: str, tmp_path: Path, command: Command) -> None:
    """Documents without a date that can be read are told, in summary and report too; other rules ask for no date."""
    records = [{"id": name, "text": STORY, "published": name} for name in ("2024", "soon", "3/4/2024", "2023-12")]
    write(tmp_path / "a.jsonl", *records, {"id": "none", "text": STORY})
    told = command("corpus", "a.jsonl", "--out", "out", "--level", level, "--keep", "earliest").stderr
    assert "3 of 5 documents have no date that could be read (field published or date) and rank last" in told
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["undated"], summary["largest"][0]["survivor"]) == (3, "2023-12")
    assert "undated" in (tmp_path / "out/report.html").read_text("utf-8")
    told = command("corpus", "a.jsonl", "--out", "other", "--level", level).stderr
    assert "date" not in told
    assert json.loads((tmp_path / "other/summary.json").read_text())["undated"] is None


def test_tables_name_the_users_ids(tmp_path: Path, command: Command) -> None:
    """clusters.parquet has a row for each member, pairs.parquet one for each pair."""
    three(tmp_path)
    command("corpus", "news.jsonl", "--out", "out", "--keep", "earliest")
    clusters = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    assert [(one["cluster"], one["id"], one["survivor"], one["kind"]) for one in clusters] == [
        ("early", "early", "early", "survivor"),
        ("early", "later", "early", "exact"),
        ("early", "near", "early", "near"),
    ]
    pairs = pq.read_table(tmp_path / "out/pairs.parquet").to_pylist()
    assert [(one["a"], one["b"], one["similarity"], one["kind"]) for one in pairs] == [
        ("early", "later", 1.0, "exact"),
        ("early", "near", 17 / 19, "near"),
    ]


def test_summary_and_json_agree(tmp_path: Path, command: Command) -> None:
    """--json prints the figures of summary.json on one line."""
    three(tmp_path)
    printed = json.loads(command("corpus", "news.jsonl", "--out", "out", "--json").stdout)
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert printed["documents"] == 4
    assert printed["kept"] == 2
    assert {name: summary[name] for name in printed.keys() & summary.keys()} == {
        name: printed[name] for name in printed.keys() & summary.keys()
    }
    assert summary["largest"] == [{"survivor": "later", "size": 3, "text": STORY.upper()}]


def test_report_needs_no_other_file(tmp_path: Path, command: Command) -> None:
    """report.html names the collection, shows the pair side by side, and loads nothing."""
    three(tmp_path)
    command("corpus", "news.jsonl", "--out", "out")
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "wizards" not in page
    assert "<u>Markets fell</u>" in page or "Markets fell" in page
    assert page.count("<figure") == 3
    assert "level documents, measure jaccard, keep first, closure survivor, cut no, unit word, k 4," in page
    assert "<dt><bdi>Collection</bdi></dt><dd><bdi>news.jsonl</bdi></dd>" in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)


def test_report_names_the_members_of_clusters(tmp_path: Path, command: Command) -> None:
    """The largest clusters come with the title, source and date of each member, what stays first."""
    records = [
        {
            "id": f"n{i}",
            "text": f"{STORY} {i * 3}",
            "title": f"Story, edition {i}",
            "source": "AP",
            "date": f"2020-01-0{i}",
        }
        for i in range(1, 5)
    ]
    write(tmp_path / "a.jsonl", *records, {"id": "other", "text": STORY[::-1]})
    command("corpus", "a.jsonl", "--out", "out", "--keep", "earliest")
    page = (tmp_path / "out/report.html").read_text("utf-8")
    members = page.partition("<summary>4 members</summary>")[2].partition("</details>")[0]
    assert re.findall(r"Story, edition \d", members) == [f"Story, edition {i}" for i in range(1, 5)]
    assert "4 January 2020" in members
    assert "other" not in members
    assert "Made" in page


def test_ids_are_shown_as_text(tmp_path: Path, command: Command) -> None:
    """An id that holds markup is shown, not obeyed, and comes back as it was."""
    name = "<script>alert(1)</script>"
    write(tmp_path / "a.jsonl", {"id": name, "text": STORY}, {"id": "b", "text": STORY + " More."})
    command("corpus", "a.jsonl", "--out", "out")
    assert name not in (tmp_path / "out/report.html").read_text("utf-8")
    assert lines(tmp_path / "out/removed.jsonl.zst")[0]["duplicate_of"]["id"] == name


def test_settings_come_from_file_and_environment(tmp_path: Path, command: Command) -> None:
    """The environment beats dedup.toml, and the command line the environment."""
    three(tmp_path)
    (tmp_path / "dedup.toml").write_text('threshold = 0.95\nkeep = "longest"\n')
    command("corpus", "news.jsonl", "--out", "file")
    command("corpus", "news.jsonl", "--out", "variable", env={"DEDUP_THRESHOLD": "0.7"})
    command("corpus", "news.jsonl", "--out", "option", "--threshold", "0.6", env={"DEDUP_THRESHOLD": "0.7"})
    found = [json.loads((tmp_path / out / "summary.json").read_text()) for out in ("file", "variable", "option")]
    assert [one["settings"]["threshold"] for one in found] == [0.95, 0.7, 0.6]
    assert {one["settings"]["keep"]["rule"] for one in found} == {"longest"}


def test_nothing_is_written_over(tmp_path: Path, command: Command) -> None:
    """A folder that holds something is refused; --force replaces results, and never anything else."""
    three(tmp_path)
    command("corpus", "news.jsonl", "--out", "out")
    assert "error[output_exists]" in command("corpus", "news.jsonl", "--out", "out", code=2).stderr
    command("corpus", "news.jsonl", "--out", "out", "--force", "--threshold", "1")
    assert [one["id"] for one in lines(tmp_path / "out/kept.jsonl.zst")] == ["later", "near", "other"]
    (tmp_path / "out/mine").write_text("precious")
    assert "error[output_exists]" in command("corpus", "news.jsonl", "--out", "out", "--force", code=2).stderr
    assert (tmp_path / "out/mine").read_text() == "precious"
    assert {one.name for one in tmp_path.iterdir()} == {"news.jsonl", "out"}


def test_bad_records_do_not_stop_the_rest(tmp_path: Path, command: Command) -> None:
    """What cannot be used is told by place and code, and everything else is deduplicated."""
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"id": "z", "text": "never complete"}\n' * 50)[:-20])
    write(
        tmp_path / "a.jsonl",
        {"id": "a", "text": STORY},
        {"id": "b"},
        {"id": "a", "text": "a second text of the same id"},
        {"id": "", "text": STORY},
        {"id": "empty", "text": "…"},
        {"id": "surrogate", "text": "\ud800 " + STORY},
    )
    command("corpus", "cut.jsonl.gz", "a.jsonl", "--out", "out", "--rejects", "rejects.jsonl", code=3)
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    told = {(Path(one["path"]).name, one["line"], one["code"]) for one in rejects}
    assert {
        ("a.jsonl", 2, "no_text"),
        ("a.jsonl", 3, "duplicate_id"),
        ("a.jsonl", 4, "empty_id"),
        ("a.jsonl", 5, "no_words"),
    } < told
    assert ("cut.jsonl.gz", "unreadable_file") in {(name, code) for name, _, code in told}
    kept = lines(tmp_path / "out/kept.jsonl.zst")
    assert "a" in {one["id"] for one in kept}
    [removed] = lines(tmp_path / "out/removed.jsonl.zst")
    assert removed["text"] == "\ud800 " + STORY


@pytest.mark.parametrize(
    "arguments",
    [
        ("--keep", "newest"),
        ("--threshold", "0"),
        ("--memory", "lots"),
        ("--cut",),
    ],
)
def test_options_that_make_no_sense(arguments: tuple[str, ...], tmp_path: Path, command: Command) -> None:
    """A value that does not exist is refused with the ones that do, and nothing is written."""
    three(tmp_path)
    said = command("corpus", "news.jsonl", "--out", "out", *arguments, code=2).stderr
    assert "error[invalid_input]" in said
    assert "give" in said
    assert {one.name for one in tmp_path.iterdir()} == {"news.jsonl"}


@pytest.mark.parametrize(
    ("option", "known"), [("level", "passages"), ("measure", "jaccard"), ("closure", "transitive")]
)
def test_choice_that_there_is_not(option: str, known: str, tmp_path: Path, command: Command) -> None:
    """A choice that does not exist is refused with those that do, and nothing is written."""
    three(tmp_path)
    said = command("corpus", "news.jsonl", "--out", "out", f"--{option}", "nonsense", code=2).stderr
    assert f"'--{option}'" in said
    assert f"'{known}'" in said
    assert {one.name for one in tmp_path.iterdir()} == {"news.jsonl"}


def test_missing_packages_are_named(tmp_path: Path, process: Process) -> None:
    """Without DuckDB the command says what to install."""
    three(tmp_path)
    before = "import sys; sys.modules['duckdb'] = None"
    said = process(before, "corpus", "news.jsonl", "--out", "out", code=2).stderr
    assert "error[missing_extra]" in said
    assert "pip install 'resembles[corpus]'" in said


@pytest.mark.parametrize("room", [1 << 16, 1 << 18])  # of the work files the first that is full is another each time
def test_full_disk_leaves_nothing(room: int, tmp_path: Path, process: Process) -> None:
    """When a file cannot grow the command says so in one line, and no half of a result is left."""
    texts = families(seeded(2), 3_000)
    write(tmp_path / "a.jsonl", *({"id": name, "text": one} for name, one in texts.items()))
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    assert "error[store_full]" in process(before, "corpus", "a.jsonl", "--out", "out", code=4).stderr
    assert {one.name for one in tmp_path.iterdir()} == {"a.jsonl"}


def test_killed_and_run_again(tmp_path: Path, command: Command) -> None:
    """Killed in the middle it leaves no result, and run again it gives what an undisturbed run gives."""
    texts = families(seeded(2), 4_000)
    write(tmp_path / "a.jsonl", *({"id": name, "text": one} for name, one in texts.items()))
    argv = [sys.executable, "-m", "dedup", "corpus", "a.jsonl", "--out", "out"]
    with subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        work = tmp_path / ".out.partial/work"
        while not (work / "join.duckdb").exists():
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGSTOP)
        assert "error[store_busy]" in command("corpus", "a.jsonl", "--out", "out", code=4).stderr
        os.kill(process.pid, signal.SIGKILL)
    assert work.exists()
    assert not (tmp_path / "out").exists()
    command("corpus", "a.jsonl", "--out", "out")
    command("corpus", "a.jsonl", "--out", "whole")
    assert {one.name for one in tmp_path.iterdir()} == {"a.jsonl", "out", "whole"}
    for file in (tmp_path / "whole").iterdir():
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("kept", ["first", "longest"])
def test_what_an_index_holds_is_removed(kept: str, tmp_path: Path, command: Command) -> None:
    """Documents that resemble an indexed one go, whatever the rule; those of the index are not written."""
    rng = seeded(4)
    old = [text(rng, 80) for _ in range(5)]
    indexed = [*old, old[0]]
    write(tmp_path / "old.jsonl", *({"id": f"o{i}", "text": one} for i, one in enumerate(indexed)))
    write(
        tmp_path / "new.jsonl",
        {"id": "same", "text": old[1]},
        {"id": "near", "text": edited(rng, old[2], 1) + " and then more"},
        {"id": "o3", "text": old[3]},
        {"id": "new", "text": text(rng, 80)},
    )
    command("ingest", "old.jsonl", "--index", "lmdb:index")
    done = command("corpus", "new.jsonl", "--out", "out", "--against", "lmdb:index", "--keep", kept, "--json")
    assert json.loads(done.stdout)["indexed"] == 3
    rows = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    assert sorted((row["id"], row["survivor_in_index"]) for row in rows if row["kind"] != "survivor") == [
        ("near", True),
        ("o3", True),
        ("same", True),
    ]
    assert [one["id"] for one in lines(tmp_path / "out/kept.jsonl.zst")] == ["new"]
    removed = {one["id"]: one["duplicate_of"] for one in lines(tmp_path / "out/removed.jsonl.zst")}
    assert {name: one["id"] for name, one in removed.items()} == {"same": "o1", "near": "o2", "o3": "o3"}
    assert all(one["in_index"] for one in removed.values())


def test_where_nothing_can_be_used_nothing_is_written(tmp_path: Path, command: Command) -> None:
    """Wrong field names end the command with exit code 2 and leave no folder, so that the corrected command goes on."""
    write(tmp_path / "odd.jsonl", {"url": "a", "body": STORY}, {"url": "b", "body": f"{STORY} Markets fell."})
    done = command("corpus", "odd.jsonl", "--out", "out", code=2)
    assert "all 2 records were rejected" in done.stderr
    assert not (tmp_path / "out").exists()
    command("corpus", "odd.jsonl", "--out", "out", "--id-field", "url", "--text-field", "body")


def test_a_table_that_cannot_be_finished_is_left_without_a_word(tmp_path: Path) -> None:
    """Where no file may grow, a table that an error left open does not complain after that error."""
    table, path = pa.table({"number": range(1000)}), tmp_path / "table.parquet"
    writer = TableFile(path, table.schema)
    writer.write_table(table)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        del writer  # pytest makes an error of what Python tells of an object's end
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

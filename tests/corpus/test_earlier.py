"""What one run kept the next one keeps, and a cluster is called by what stays of it."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from corpus.conftest import Command
from corpus.texts import documents, families, lines, seeded, text
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.corpus import Job, Keep, run
from dedup.errors import InvalidInput

STORY = "The head of the general staff met the commander in Baku on Thursday to talk about the line between them."


def kept(folder: Path) -> list[str]:
    """Return the ids of what a run kept."""
    return [one["id"] for one in lines(folder / "kept.jsonl.zst")]


def write(path: Path, *records: dict[str, str]) -> None:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in records))


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_was_kept_is_kept_again(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """However many documents join that rank before them, all documents that a run kept are kept by the next."""
    folder, rng = tmp_path_factory.mktemp("runs"), seeded(seed)
    texts = families(rng, 80)
    first = dict(list(texts.items())[:40])
    job = Job(threshold=0.6, keep=Keep("longest"))
    run(documents(first), folder / "one", job)
    longer = {name: f"{one} and something more at its end" for name, one in texts.items()}
    more = first | {f"z-{name}": one for name, one in longer.items()}
    before = kept(folder / "one")
    summary = run(documents(more), folder / "two", job, previous=before)
    assert set(before) <= set(kept(folder / "two"))
    assert (summary.earlier, summary.stay) == (len(before), len(before))


def test_cluster_keeps_its_name_over_time(tmp_path: Path, command: Command) -> None:
    """A longer copy that comes later joins the cluster of what was kept; without --previous it takes its place."""
    early, late = {"id": "early", "text": STORY}, {"id": "late", "text": f"{STORY} They parted at noon."}
    write(tmp_path / "one.jsonl", early, {"id": "other", "text": text(seeded(1), 30)})
    write(tmp_path / "two.jsonl", early, late)
    rule = ("--keep", "longest", "--threshold", "0.7")
    command("corpus", "one.jsonl", "--out", "one", *rule)
    told = command("corpus", "two.jsonl", "--out", "two", *rule, "--previous", "one").stderr
    assert "of 2 documents that the earlier run kept, 1 is kept again" in told
    assert kept(tmp_path / "two") == ["early"]
    rows = pq.read_table(tmp_path / "two/clusters.parquet").to_pylist()
    assert [(row["cluster"], row["id"], row["kind"]) for row in rows] == [
        ("early", "early", "survivor"),
        ("early", "late", "near"),
    ]
    command("corpus", "two.jsonl", "--out", "anew", *rule)
    assert kept(tmp_path / "anew") == ["late"]


def test_earlier_results_may_be_replaced(tmp_path: Path, command: Command) -> None:
    """A run can follow the one whose folder it replaces."""
    early, late = {"id": "early", "text": STORY}, {"id": "late", "text": f"{STORY} They parted at noon."}
    write(tmp_path / "news.jsonl", early)
    rule = ("--keep", "longest", "--threshold", "0.7", "--out", "out")
    command("corpus", "news.jsonl", *rule)
    write(tmp_path / "news.jsonl", late, early)
    command("corpus", "news.jsonl", *rule, "--force", "--previous", "out")
    assert kept(tmp_path / "out") == ["early"]


def test_what_an_index_holds_goes_before_what_was_kept(tmp_path: Path, command: Command) -> None:
    """A document kept earlier that resembles one of the index is removed, and counted as not kept again."""
    write(tmp_path / "a.jsonl", {"id": "a", "text": STORY})
    write(tmp_path / "wire.jsonl", {"id": "wire", "text": STORY})
    command("corpus", "a.jsonl", "--out", "one")
    command("ingest", "wire.jsonl", "--index", "lmdb:index")
    command("corpus", "a.jsonl", "--out", "two", "--previous", "one", "--against", "lmdb:index")
    summary = json.loads((tmp_path / "two/summary.json").read_text())
    assert (summary["earlier"], summary["stay"], summary["kept"]) == (1, 0, 0)


def test_names_of_paragraphs_have_their_place(tmp_path: Path) -> None:
    """A document with two repeated paragraphs has two clusters, told apart by where each starts."""
    rng = seeded(3)
    one, other = text(rng, 20), text(rng, 20)
    run(documents({"a": f"{one}\n\n{other}", "b": one, "c": other}), tmp_path / "out", Job(level="passages"))
    rows = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    assert sorted({row["cluster"] for row in rows}) == sorted({"a:0", f"a:{len(one) + 2}"})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--previous", "nowhere"), "nowhere: holds no kept.* file of an earlier run"),
        (("--previous", "one", "--level", "passages"), "only whole documents stay from run to run"),
    ],
)
def test_bad_previous_runs_are_refused(arguments: tuple[str, ...], told: str, tmp_path: Path, command: Command) -> None:
    """A folder without results, and a level that has no documents to keep, are refused before anything is written."""
    write(tmp_path / "a.jsonl", {"id": "a", "text": STORY})
    command("corpus", "a.jsonl", "--out", "one")
    assert told in command("corpus", "a.jsonl", "--out", "two", *arguments, code=2).stderr
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize("level", [("passages", "--cut"), ("passages",), ("runs",), ("runs", "--cut")])
def test_results_of_another_level_are_refused(level: tuple[str, ...], tmp_path: Path, command: Command) -> None:
    """What a run on passages or runs left is not what an earlier run on documents kept."""
    write(tmp_path / "a.jsonl", {"id": "a", "text": STORY})
    command("corpus", "a.jsonl", "--out", "one", "--level", *level)
    told = command("corpus", "a.jsonl", "--out", "two", "--previous", "one", code=2).stderr
    assert f"one: holds results of {level[0]}; name a folder of --level documents" in told


def test_survivors_of_paragraphs_are_refused_in_python(tmp_path: Path) -> None:
    """From Python too, earlier survivors go with whole documents only."""
    with pytest.raises(InvalidInput, match="only whole documents"):
        run(documents({"a": STORY}), tmp_path / "out", Job(level="passages"), previous=["a"])


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ("first", "the first"),
        ("longest", "the longest"),
        ("earliest", "the earliest by published or date"),
        ("earliest:day", "the earliest by day"),
        ("priority:source=own,<b>", "the best by source: own, &lt;b&gt;"),
    ],
)
def test_report_names_input_date_and_rule(keep: str, told: str, tmp_path: Path, command: Command) -> None:
    """A report that is handed on says what was read, when, what counts as a duplicate, and which of several stays."""
    write(tmp_path / "a.jsonl", {"id": "a", "text": STORY}, {"id": "b", "text": STORY, "title": "Talks in Baku"})
    command("corpus", "a.jsonl", "--out", "out", "--keep", keep)
    report = (tmp_path / "out/report.html").read_text("utf-8")
    for fact in ("a.jsonl", told, "Jaccard of 0.8 or more", "Talks in Baku"):
        assert fact in report
    assert re.search(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", report)

"""`dedup network` as people run it: pairs, direction, filters and files, on texts whose passages are known."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest
from corpus.conftest import Command, Process
from corpus.texts import edited, seeded, text

import dedup
from benchmarks.texts.misread import misread

RNG = seeded(5)
STORY, NOTICE, RETOLD = (text(RNG, 60) for _ in range(3))


def write(path: Path, *records: dict[str, Any]) -> None:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def records(path: Path) -> list[dict[str, Any]]:
    """Return the objects of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def around(rng_seed: int, passage: str, length: int = 40) -> str:
    """Return a passage between words of its own."""
    rng = seeded(rng_seed)
    return f"{text(rng, length)}\n\n{passage}\n\n{text(rng, length)}"


def papers(folder: Path) -> None:
    """Write five pages: three with one story, of which two are of one paper; two with a notice; one has no date."""
    write(
        folder / "pages.jsonl",
        {"id": "late", "text": around(1, STORY), "date": "1850-06-01", "paper": "Herald"},
        {"id": "early", "text": around(2, STORY), "date": "1850-01-01", "paper": "Courier", "title": "A fire"},
        {"id": "middle", "text": around(3, f"{STORY}\n\n{NOTICE}"), "date": "1850-03-01", "paper": "Herald"},
        {"id": "undated", "text": around(4, NOTICE), "paper": "Times"},
        {"id": "alone", "text": around(6, text(seeded(7), 60)), "date": "1850-01-02", "paper": "Times"},
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edges(folder: Path) -> list[tuple[str, str, str, str]]:
    """Return the ends, the type and the days of each edge."""
    return [(row["Source"], row["Target"], row["Type"], row["Days"]) for row in rows(folder / "edges.csv")]


ALL = [
    ("early", "middle", "Directed", "59"),
    ("early", "late", "Directed", "151"),
    ("middle", "late", "Directed", "92"),
    ("middle", "undated", "Undirected", ""),
]


def test_edges_lead_from_the_earlier_document(tmp_path: Path, command: Command) -> None:
    """Each pair is an edge from the earlier to the later; where a date is missing it has no direction, and says so."""
    papers(tmp_path)
    said = command("network", "pages.jsonl", "--out", "out")
    assert edges(tmp_path / "out") == ALL
    assert "1 of 5 documents have no date that could be read (field published or date)" in said.stderr
    assert "5 documents, 4 of them in 4 pairs that share 4 passages" in said.stdout


def test_a_table_says_where_each_passage_stands(tmp_path: Path, command: Command) -> None:
    """pairs.parquet has the places of both stretches, which are the words that were put in."""
    papers(tmp_path)
    command("network", "pages.jsonl", "--out", "out")
    texts = {one["id"]: one["text"] for one in records(tmp_path / "pages.jsonl")}
    found = pq.read_table(tmp_path / "out/pairs.parquet").to_pylist()
    assert [(one["a"], one["b"], one["days"], one["directed"]) for one in found] == [
        ("early", "middle", 59, True),
        ("early", "late", 151, True),
        ("middle", "late", 92, True),
        ("middle", "undated", None, False),
    ]
    for one in found:
        stretches = texts[one["a"]][one["a_start"] : one["a_end"]], texts[one["b"]][one["b_start"] : one["b_end"]]
        assert stretches == ((STORY, STORY) if one["b"] != "undated" else (NOTICE, NOTICE))
        assert (one["matched_words"], one["similarity"], one["kind"]) == (60, 1.0, "passage")


def test_a_text_is_one_cluster_named_after_its_first_printing(tmp_path: Path, command: Command) -> None:
    """passages.parquet has a row for each printing of a text, the earliest first, and the cluster bears its name."""
    papers(tmp_path)
    command("network", "pages.jsonl", "--out", "out")
    texts = {one["id"]: one["text"] for one in records(tmp_path / "pages.jsonl")}
    found = pq.read_table(tmp_path / "out/passages.parquet").to_pylist()
    at, place = texts["early"].index(STORY), texts["middle"].index(NOTICE)
    story, notice = f"early:{at}-{at + len(STORY)}", f"middle:{place}-{place + len(NOTICE)}"
    assert [(one["cluster"], one["document"], one["date"], one["text"]) for one in found] == [
        (story, "early", "1850-01-01", STORY),
        (story, "middle", "1850-03-01", STORY),
        (story, "late", "1850-06-01", STORY),
        (notice, "middle", "1850-03-01", NOTICE),
        (notice, "undated", None, NOTICE),
    ]
    assert [(one["words"], one["pairs"], one["kind"]) for one in found[:3]] == [(60, 2, "passage")] * 3


FILTERS = [
    (("--series", "paper"), [ALL[0], ALL[1], ALL[3]]),
    (("--within", "60d"), [ALL[0]]),
    (("--within", "12h"), []),
    (("--min-words", 80), []),
    (("--min-words", 60, "--min-similarity", 1), ALL),
    (("--date", "paper"), [(a, b, "Undirected", "") for a, b in combinations(("early", "late", "middle"), 2)]),
]


@pytest.mark.parametrize(("options", "expected"), FILTERS, ids=lambda one: str(one)[:24])
def test_filters_leave_pairs_out(
    options: tuple[object, ...], expected: list[tuple[str, ...]], tmp_path: Path, command: Command
) -> None:
    """Pairs of one series, of dates too far apart or missing, and passages too short are left out."""
    papers(tmp_path)
    command("network", "pages.jsonl", "--out", "out", *options)
    assert edges(tmp_path / "out")[: len(expected)] == expected
    assert len(edges(tmp_path / "out")) == len(expected) + ("--date" in options)


@pytest.mark.parametrize(("field", "missing"), [("paper", 1), ("newspaper", 5)])
def test_documents_without_a_series_are_told(field: str, missing: int, tmp_path: Path, command: Command) -> None:
    """How many documents lack the field of --series is said, and is in the summary and in the report."""
    papers(tmp_path)
    kept = records(tmp_path / "pages.jsonl")
    del kept[0]["paper"]
    write(tmp_path / "pages.jsonl", *kept)
    said = command("network", "pages.jsonl", "--out", "out", "--series", field, "--json")
    assert f"{missing} of 5 documents have no field '{field}' (--series)" in said.stderr
    assert json.loads(said.stdout)["without_series"] == missing
    assert json.loads((tmp_path / "out/summary.json").read_text())["without_series"] == missing
    assert f"The field &#39;{field}&#39; is missing in {missing} document" in (tmp_path / "out/report.html").read_text(
        "utf-8"
    )


def test_no_series_asked_is_none_missing(tmp_path: Path, command: Command) -> None:
    """Without --series nothing is said of series, and none counts as missing."""
    papers(tmp_path)
    said = command("network", "pages.jsonl", "--out", "out", "--json")
    assert "--series" not in said.stderr
    assert json.loads(said.stdout)["without_series"] == 0


def test_nodes_hold_the_metadata(tmp_path: Path, command: Command) -> None:
    """nodes.csv has each document of a pair, its title and date, its partners and their words, and its own fields."""
    papers(tmp_path)
    command("network", "pages.jsonl", "--out", "out")
    nodes = {row["Id"]: row for row in rows(tmp_path / "out/nodes.csv")}
    assert list(nodes) == ["early", "middle", "late", "undated"]
    assert list(nodes["early"]) == [
        *("Id", "Label", "When", "Degree", "InDegree", "OutDegree", "InWeight", "OutWeight", "date", "paper", "title")
    ]
    assert list(nodes["early"].values())[1:8] == ["A fire", "1850-01-01", "2", "0", "2", "0", "120"]
    assert list(nodes["middle"].values())[3:10] == ["3", "1", "1", "60", "60", "1850-03-01", "Herald"]


def test_the_network_opens_in_networkx(tmp_path: Path, command: Command) -> None:
    """network.gexf is read by networkx, with the nodes, edges, weights and dates of the tables."""
    odd = 'a,"b"\n<&>\x01'
    write(
        tmp_path / "a.jsonl",
        {"id": odd, "text": around(1, STORY), "date": "1850", "title": "one \ud800\x07 & two"},
        {"id": "back\\slash", "text": around(2, STORY), "date": "1851-02"},
        {"id": "=1+1", "text": around(3, STORY), "date": "1851-02"},
    )
    command("network", "a.jsonl", "--out", "out")
    graph = nx.read_gexf(tmp_path / "out/network.gexf", version="1.3")
    escaped = odd.replace("\x01", "\\x01")
    assert set(graph.nodes) == {escaped, "back\\\\slash", "=1+1"}
    assert graph.nodes[escaped]["label"] == "one �␇ & two"
    assert graph.nodes["=1+1"]["date"] == "1851-02"
    assert {frozenset(ends) for ends in graph.edges()} == {frozenset(two) for two in combinations(graph.nodes, 2)}
    assert [(data["weight"], data["ordered"]) for *_, data in graph.edges(data=True)].count((60.0, True)) == 2
    assert graph.is_directed()
    assert graph["=1+1"]["back\\\\slash"]["ordered"] is False
    assert {row["Source"] for row in rows(tmp_path / "out/edges.csv")} == {odd, "'=1+1"}


def test_nodes_of_the_network_have_their_own_fields(tmp_path: Path, command: Command) -> None:
    """network.gexf has a document's fields, named as in nodes.csv, each of one type; what it lacks is absent."""
    write(
        tmp_path / "a.jsonl",
        {"id": "a", "text": around(1, STORY), "page": 4, "degree": "PhD", "weight": 1, "mixed": 1, "x<\x01": [1]},
        {"id": "b", "text": around(2, STORY), "page": 5, "front": True, "weight": 2.5, "mixed": "one", "large": 2**70},
        {"id": "c", "text": around(3, STORY), "page": None, "title": "=C", "date": "3 March 1850"},
    )
    command("network", "a.jsonl", "--out", "out")
    nodes = nx.read_gexf(tmp_path / "out/network.gexf", version="1.3").nodes
    assert nodes["a"] == {
        "label": "a",
        "page": 4,
        "degree_": "PhD",
        "weight": 1.0,
        "mixed": "1",
        "x<\N{SYMBOL FOR START OF HEADING}": "[1]",
    }
    assert nodes["b"] == {"label": "b", "page": 5, "front": True, "weight": 2.5, "mixed": "one", "large": str(2**70)}
    assert nodes["c"] == {"label": "=C", "When": "1850-03-03", "title": "=C", "date": "3 March 1850"}
    heads = list(rows(tmp_path / "out/nodes.csv")[0])
    assert heads[8:] == ["date", "page", "title", "degree_", "mixed", "weight", "x<\x01", "front", "large"]


def test_no_cell_is_a_formula(tmp_path: Path, command: Command) -> None:
    """Cells that a spreadsheet might take for a formula get an apostrophe, the same in both files, ids stay apart."""
    ids = ["=cmd", "'=cmd", "+1", "-1", "@a", "\ttab", "plain"]
    write(
        tmp_path / "a.jsonl",
        *({"id": name, "text": around(i, STORY), "n": -5, "x": "=1"} for i, name in enumerate(ids)),
    )
    command("network", "a.jsonl", "--out", "out")
    nodes = rows(tmp_path / "out/nodes.csv")
    cells = [row["Id"] for row in nodes]
    assert {cell.removeprefix("'") for cell in cells} == set(ids)
    assert not [
        cell
        for row in nodes
        for name, cell in row.items()
        if cell.startswith(("=", "+", "-", "@", "\t")) and name != "n"
    ]
    assert {row["n"] for row in nodes} == {"-5"}
    ends = {row[side] for row in rows(tmp_path / "out/edges.csv") for side in ("Source", "Target")}
    assert ends == set(cells)
    kept = pq.read_table(tmp_path / "out/passages.parquet")["document"].to_pylist()
    assert set(kept) == set(ids)


def collection(count: int) -> dict[str, str]:
    """Return pages with passages of other pages among words of their own, some of them changed."""
    rng = seeded(11)
    passages = [text(rng, rng.randrange(15, 90)) for _ in range(count // 3)]
    pages = {}
    for page in range(count):
        own = [edited(rng, one, rng.choice((0, 0, 1, 4))) for one in rng.sample(passages, rng.randrange(3))]
        pages[f"p{page:03}"] = "\n\n".join([text(rng, 60), *own, text(rng, 30)])
    return pages


def test_pairs_are_those_of_comparing_all_with_all(tmp_path: Path, command: Command) -> None:
    """No pair is missed that `compare` sees, none is found twice, and each has the passages that it sees."""
    pages = collection(60)
    write(tmp_path / "a.jsonl", *({"id": name, "text": one} for name, one in pages.items()))
    command("network", "a.jsonl", "--out", "out")
    found = pq.read_table(tmp_path / "out/pairs.parquet").to_pylist()
    expected = [
        (a, b, one.document.start, one.document.end, one.query.start, one.query.end, one.matched_words)
        for a, b in combinations(pages, 2)
        for one in dedup.compare(pages[b], pages[a]).passages
        if one.kind != "boilerplate"
    ]
    names = ("a", "b", "a_start", "a_end", "b_start", "b_end", "matched_words")
    assert len(expected) > 100
    assert sorted(tuple(row[name] for name in names) for row in found) == sorted(expected)


def test_an_index_gives_what_its_documents_give(tmp_path: Path, command: Command) -> None:
    """--index takes the documents of an index, whatever came in first, and writes the same bytes as of INPUT."""
    pages = collection(40)
    records = [{"id": name, "text": one} for name, one in pages.items()]
    write(tmp_path / "a.jsonl", *records)
    write(tmp_path / "b.jsonl", *reversed(records))
    command("ingest", "b.jsonl", "--index", "index")
    command("network", "a.jsonl", "--out", "one", "--threads", 1)
    command("network", "b.jsonl", "--out", "other", "--threads", 4)
    command("network", "--index", "index", "--out", "third")
    for name in ("edges.csv", "nodes.csv", "network.gexf", "passages.parquet", "pairs.parquet"):
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "other" / name).read_bytes() == (tmp_path / "third" / name).read_bytes(), name


@pytest.mark.slow
def test_a_notice_in_three_hundred_documents_is_one_cluster(tmp_path: Path, command: Command) -> None:
    """A text in more documents than a look-up compares is one cluster of them all, and nothing is left unread."""
    write(tmp_path / "a.jsonl", *({"id": f"{i:03}", "text": around(i, NOTICE, 8)} for i in range(300)))
    printed = json.loads(command("network", "a.jsonl", "--out", "out", "--json").stdout)
    assert (printed["edges"], printed["clusters"], printed["largest"], printed["truncated"]) == (44_850, 1, 300, 0)


def test_what_is_left_unread_is_told(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a passage is in more documents than are compared, the documents concerned are counted, and it is said."""
    monkeypatch.setattr("dedup.search.partners.MOST", 5)
    write(tmp_path / "a.jsonl", *({"id": f"{i:02}", "text": around(i, NOTICE)} for i in range(20)))
    said = command("network", "a.jsonl", "--out", "out", "--json")
    printed = json.loads(said.stdout)
    assert (printed["edges"], printed["truncated"], printed["clusters"]) == (1 + 2 + 3 + 4 + 15 * 5, 14, 1)
    assert "14 of 20 documents hold something that is too common to compare with all" in said.stderr
    assert "For 14 documents something was left unread" in (tmp_path / "out/report.html").read_text("utf-8")


def test_misread_pages_are_compared_by_characters(tmp_path: Path, command: Command) -> None:
    """With --unit character pages of which one letter in fifteen was misread are pairs; `words` counts letters then."""
    rng = seeded(3)
    write(
        tmp_path / "a.jsonl",
        *({"id": name, "text": misread(around(i, STORY), 0.07, rng)} for i, name in enumerate(("a", "b", "c"))),
    )
    command("network", "a.jsonl", "--out", "out", "--unit", "character")
    assert [row[:2] for row in edges(tmp_path / "out")] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert json.loads((tmp_path / "out/summary.json").read_text())["settings"]["unit"] == "character"
    printings = pq.read_table(tmp_path / "out/passages.parquet").to_pylist()
    assert [one["words"] for one in printings] == [sum(map(str.isalnum, one["text"])) for one in printings]


def test_bad_input_is_told_and_the_rest_is_done(tmp_path: Path, command: Command) -> None:
    """Records that cannot be used are rejected with a code, a second document of one id too; the others are done."""
    (tmp_path / "a.jsonl").write_text(
        "".join(f"{json.dumps({'id': name, 'text': around(i, STORY)})}\n" for i, name in enumerate(("a", "b", "a")))
        + '{"id": "empty", "text": "…"}\nno json\n'
    )
    command("network", "a.jsonl", "--out", "out", "--rejects", "rejects.jsonl", code=3)
    rejects = records(tmp_path / "rejects.jsonl")
    assert sorted((one["line"], one["code"]) for one in rejects) == [
        (3, "duplicate_id"),
        (4, "no_words"),
        (5, "invalid_json"),
    ]
    assert [row[:2] for row in edges(tmp_path / "out")] == [("a", "b")]
    (tmp_path / "bad.jsonl").write_text("no json\n")
    assert "all 1 records were rejected" in command("network", "bad.jsonl", "--out", "none", code=2).stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("content", ["", '{"id": "a", "text": "only one document here"}\n'], ids=["none", "one"])
def test_a_collection_without_pairs_has_all_files(content: str, tmp_path: Path, command: Command) -> None:
    """Nothing, or a single document, gives empty tables, an empty network and a report that says so."""
    (tmp_path / "a.jsonl").write_text(content)
    command("network", "a.jsonl", "--out", "out")
    names = {
        "edges.csv",
        "nodes.csv",
        "network.gexf",
        "passages.parquet",
        "pairs.parquet",
        "summary.json",
        "report.html",
    }
    assert {one.name for one in (tmp_path / "out").iterdir()} == names
    assert rows(tmp_path / "out/edges.csv") == []
    assert pq.read_table(tmp_path / "out/pairs.parquet").num_rows == 0
    assert len(nx.read_gexf(tmp_path / "out/network.gexf", version="1.3")) == 0
    assert "There are none." in (tmp_path / "out/report.html").read_text("utf-8")


@pytest.mark.parametrize("arguments", [(), ("a.jsonl", "--index", "index")], ids=["neither", "both"])
def test_the_collection_is_input_or_an_index(arguments: tuple[str, ...], tmp_path: Path, command: Command) -> None:
    """Neither of them, or both, is a wrong usage, and nothing is written."""
    said = command("network", *arguments, "--out", "out", code=2).stderr
    assert "error[usage]" in said
    assert "give either INPUT or --index URL" in said
    assert list(tmp_path.iterdir()) == []


def test_results_are_kept_unless_forced(tmp_path: Path, command: Command) -> None:
    """A folder that holds results is refused; --force replaces them; a foreign file is never lost."""
    papers(tmp_path)
    command("network", "pages.jsonl", "--out", "out")
    assert "error[output_exists]" in command("network", "pages.jsonl", "--out", "out", code=2).stderr
    command("network", "pages.jsonl", "--out", "out", "--force", "--series", "paper")
    assert len(edges(tmp_path / "out")) == len(ALL) - 1
    (tmp_path / "out/notes.txt").touch()
    assert "notes.txt" in command("network", "pages.jsonl", "--out", "out", "--force", code=2).stderr


@pytest.mark.slow
def test_killed_and_run_again(tmp_path: Path, command: Command) -> None:
    """Killed in the middle it leaves no result, and run again it gives what an undisturbed run gives."""
    pages = collection(3_000)
    write(tmp_path / "a.jsonl", *({"id": name, "text": one} for name, one in pages.items()))
    argv = [sys.executable, "-m", "dedup", "network", "a.jsonl", "--out", "out"]
    with subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        while not (tmp_path / ".out.partial/work/pairs.rows").exists():
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    write(tmp_path / "a.jsonl", *({"id": name, "text": one} for name, one in list(pages.items())[:100]))
    command("network", "a.jsonl", "--out", "out")
    command("network", "a.jsonl", "--out", "whole")
    assert {one.name for one in tmp_path.iterdir()} == {"a.jsonl", "out", "whole"}
    for file in (tmp_path / "whole").iterdir():
        assert file.name == "report.html" or (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.slow
def test_full_disk_leaves_nothing(tmp_path: Path, process: Process) -> None:
    """When a file cannot grow the command says so in one line, and no half of a result is left."""
    write(tmp_path / "a.jsonl", *({"id": f"{i:03}", "text": around(i, NOTICE, 8)} for i in range(200)))
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))"
    assert "error[store_full]" in process(before, "network", "a.jsonl", "--out", "out", code=4).stderr
    assert {one.name for one in tmp_path.iterdir()} == {"a.jsonl"}


def test_no_text_and_no_id_becomes_part_of_the_page(tmp_path: Path, command: Command) -> None:
    """Ids, titles, series and texts are shown as they are, whatever they hold: the page runs no script but its own."""
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    write(
        tmp_path / "a.jsonl",
        *(
            {"id": f"{bad}{i}", "text": f"{bad} {STORY} {bad}", "date": f"185{i}", "title": bad, "paper": f"{bad}{i}"}
            for i in range(3)
        ),
    )
    for name, options in (("out", ()), ("series", ("--series", "paper"))):
        command("network", "a.jsonl", "--out", name, *options)
        page = (tmp_path / name / "report.html").read_text("utf-8")
        assert page.count("<script") == 1
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "https://" not in page


def test_what_nearly_all_documents_hold_is_told(tmp_path: Path, command: Command) -> None:
    """Boilerplate makes no pairs, and how many documents share nothing else is told, in the summary too."""
    notice = text(seeded(1), 40)
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"id": f"d{i}", "text": notice}) + "\n" for i in range(900)))
    told = command("network", "a.jsonl", "--out", "out").stderr
    assert "899 of 900 documents share with some others only what so many documents hold" in told
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["edges"], summary["common"]) == (0, 899)

"""Each command does what the contract says, over the real LMDB store."""

import json
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest
from cli.running import SEEDS, Records, Run, rows
from servers.server import Server
from typer.testing import CliRunner

from dedup import sketch
from dedup.cli.app import app
from dedup.sketching.chunks import chunks
from dedup.stores import open_store
from dedup.stores.base import Entry

A = "000_afc7266689876ce6"
B = "001_8e1230a5eb441382"
C = "003_e9a2dcc20c2e7980"
MATCH = ["id", "jaccard", "containment", "metadata", "passages", "direction", "story", "folded", "verdict"]
SENTENCE = "the quick brown fox jumps over the lazy dog while seven wizards box with liquor jugs at noon"


def stretch(name: str, place: dict[str, int]) -> str:
    """Return the words at a place of a seed, without the sentence's full stop."""
    text = (SEEDS / f"{name}.txt").read_bytes().decode()
    return text[place["start"] : place["end"]].removesuffix(".")


def test_ingest_counts_what_became_of_each_document(run: Run, write: Records) -> None:
    """The last line of `ingest --json` counts new, unchanged, replaced and rejected documents."""
    first = write({"id": "a", "text": SENTENCE}, {"id": "b", "text": "some other words"})
    second = write(
        {"id": "a", "text": SENTENCE}, {"id": "b", "text": "new words"}, {"id": "c", "text": "?"}, name="2.jsonl"
    )
    [counts] = rows(run("ingest", first, "--json").stdout)
    assert counts.pop("seconds") >= 0
    assert counts == {"put": 2, "unchanged": 0, "replaced": 0, "rejected": 0}
    [counts] = rows(run("ingest", second, "--json", code=3).stdout)
    assert counts.pop("seconds") >= 0
    assert counts == {"put": 0, "unchanged": 1, "replaced": 1, "rejected": 1}


def test_ingest_for_people_says_the_same(run: Run) -> None:
    """Without --json the counts come as a line of text."""
    assert run("ingest", SEEDS).stdout.startswith("5 put, 0 unchanged, 0 replaced, 0 rejected in ")


def test_ingest_reads_several_paths_and_standard_input(run: Run, write: Records) -> None:
    """All paths named go in, `-` being JSON Lines on standard input."""
    piped = json.dumps({"id": "piped", "text": SENTENCE}).encode()
    run("ingest", SEEDS, write({"id": "a", "text": SENTENCE}), "-", stdin=piped)
    assert rows(run("stats", "--json").stdout)[0]["documents"] == 7


def test_a_document_of_the_query_s_id_is_told_to_be_left_out(run: Run, write: Records, here: Path) -> None:
    """One line on standard error names the first one; standard output has the answer alone, and --id says nothing."""
    run("ingest", write({"id": "draft", "text": SENTENCE}, {"id": "other", "text": f"{SENTENCE} today"}))
    (here / "draft.txt").write_text(SENTENCE)
    (here / "new.txt").write_text(SENTENCE)
    told = run("resemble", "new.txt", "draft.txt", write({"id": "other", "text": SENTENCE}, name="q.jsonl"), "--json")
    assert [[match["id"] for match in one["matches"]] for one in rows(told.stdout)] == [
        ["draft", "other"],
        ["other"],
        ["draft"],
    ]
    (line,) = told.stderr.splitlines()
    assert line.startswith("document 'draft' of the index is left out: ")
    assert run("resemble", "new.txt", "--id", "draft").stderr == ""
    odd = write(
        {"id": "x" * 5_000, "text": SENTENCE, "source": "wire"}, {"id": "\ud800", "text": SENTENCE}, name="o.jsonl"
    )
    assert run("resemble", odd, "--json").stderr == ""


def test_answer_has_the_shape_that_programs_rely_on(seeded: Run) -> None:
    """`resemble --json` prints exactly the keys of the contract, with places in the original strings."""
    [answer] = rows(seeded("resemble", SEEDS / f"{B}.txt", "--json").stdout)
    assert list(answer) == ["query", "found", "coverage", "truncated", "verdict", "matches"]
    assert (answer["query"], answer["truncated"]) == (B, False)
    assert [match["id"] for match in answer["matches"]] == [C, A]
    match = answer["matches"][0]
    assert list(match) == MATCH
    assert list(match["containment"]) == ["query_in_document", "document_in_query"]
    assert match["metadata"] == {}
    [passage] = [one for one in match["passages"] if one["matched_words"] > 90]
    assert list(passage) == [
        "query",
        "document",
        "matched_words",
        "similarity",
        "documents",
        "kind",
        "source",
        "evidence",
    ]
    assert list(passage["query"]) == list(passage["document"]) == ["start", "end", "line", "end_line"]
    assert stretch(B, passage["query"]).startswith("The meeting between Scaparrotti and Gerasimov follows over a year")
    assert stretch(C, passage["document"]).endswith("the top US military officer, also met Gerasimov in Azerbaijan")
    assert passage["kind"] == "passage"


def test_answers_come_in_the_order_of_the_queries(seeded: Run, write: Records) -> None:
    """Files, JSON Lines and ids are answered in the order given, ids last."""
    queries = write({"id": "q2", "text": SENTENCE}, {"id": "q1", "text": "too short"})
    answers = rows(seeded("resemble", queries, SEEDS / f"{B}.txt", "--id", C, "--id", A, "--json").stdout)
    assert [answer["query"] for answer in answers] == ["q2", "q1", B, C, A]
    nothing = {"found": 0, "coverage": 0.0, "truncated": False, "too_short": True, "verdict": None}
    assert answers[1] == {"query": "q1", **nothing, "matches": []}


def test_query_matches_its_own_text_only_under_another_id(seeded: Run) -> None:
    """A document asked for by file or id does not find itself; the same text from elsewhere does."""
    file = SEEDS / f"{B}.txt"
    by_file, by_id = rows(seeded("resemble", file, "--id", B, "--json").stdout)
    [piped] = rows(seeded("resemble", "-", "--json", stdin=file.read_bytes()).stdout)
    assert by_file == by_id
    assert B not in [match["id"] for match in by_file["matches"]]
    assert (piped["query"], piped["matches"][0]["id"], piped["matches"][0]["jaccard"]) == ("-", B, 1.0)


def test_options_bound_the_answer(seeded: Run) -> None:
    """--limit, --min-words, --min-similarity and --no-passages each leave out what they say."""

    def ask(*options: object) -> list[dict[str, list[dict[str, float]]]]:
        (answer,) = rows(seeded("resemble", "--id", B, "--json", *options).stdout)
        return list(answer["matches"])

    assert [len(ask()), len(ask("--limit", 1))] == [2, 1]
    assert {one["matched_words"] >= 90 for match in ask("--min-words", 90) for one in match["passages"]} == {True}
    assert all(one["similarity"] >= 0.95 for match in ask("--min-similarity", 0.95) for one in match["passages"])
    assert all(match["passages"] == [] for match in ask("--no-passages"))
    assert any(match["passages"] for match in ask())


def test_metadata_comes_back_with_every_match(run: Run, write: Records) -> None:
    """Fields other than id and text are kept and returned as they were."""
    metadata = {"source": "wire", "tags": ["a", 1, None], "nested": {"deep": True}}
    run("ingest", write({"id": "a", "text": SENTENCE, **metadata}))
    [answer] = rows(run("resemble", "-", "--json", stdin=SENTENCE.encode()).stdout)
    assert answer["matches"][0]["metadata"] == metadata


@pytest.mark.parametrize(
    "text", [SENTENCE, "one\r\ntwo\rthree\n", "\ufeffmark", "nul \x00 word", "lone \ud800 word", "żółć 漢字 😀"]
)
def test_document_comes_back_as_it_was(run: Run, write: Records, text: str) -> None:
    """`get --json` prints what `ingest` takes: the text code point by code point, and the metadata."""
    record = {"id": "a/b c", "text": text, "source": "wire"}
    run("ingest", write(record))
    printed = run("get", "a/b c", "--json").stdout
    assert rows(printed) == [record]
    again = run("ingest", "-", "--json", stdin=printed.encode()).stdout
    assert rows(again)[0]["unchanged"] == 1


@pytest.mark.parametrize(
    "record",
    [
        {"url": "a", "body": SENTENCE, "id": "7", "text": "teaser"},
        {"url": 17, "body": SENTENCE},
        {"url": "a", "body": SENTENCE, "metadata": {"id": "7", "metadata": {"url": "b"}}},
    ],
)
def test_record_of_other_names_comes_back_whole(run: Run, write: Records, record: dict[str, object]) -> None:
    """Whatever fields a record has beside those named as id and text, `get --json` prints what `ingest` reads alike."""
    run("ingest", write(record), "--id-field", "url", "--text-field", "body")
    printed = run("get", record["url"], "--json").stdout
    [got] = rows(printed)
    assert (got["id"], got["text"]) == (str(record["url"]), SENTENCE)
    assert rows(run("ingest", "-", "--json", stdin=printed.encode()).stdout)[0]["unchanged"] == 1


def test_get_prints_the_very_text(seeded: Run) -> None:
    """Without --json and without a terminal, `get` prints the text's own bytes and nothing else."""
    assert seeded("get", A).stdout_bytes == (SEEDS / f"{A}.txt").read_bytes()


def test_removed_document_is_found_no_more(seeded: Run) -> None:
    """`remove` says how many there were, each counted once, and look-ups never return them again."""
    result = seeded("remove", C, C, "nobody", "--json")
    assert rows(result.stdout) == [{"removed": 1, "unknown": 1}]
    assert result.stderr == "3 ids were given, 1 of them again: each counts once\n"
    again = seeded("remove", C)
    assert (again.stdout, again.stderr) == ("0 removed, 1 unknown\n", "")
    [answer] = rows(seeded("resemble", "--id", B, "--json").stdout)
    assert [match["id"] for match in answer["matches"]] == [A]
    assert "error[unknown_id]" in seeded("get", C, code=2).stderr


def test_stats_tell_size_and_scheme(seeded: Run) -> None:
    """`stats` prints the sizes and every parameter of the scheme with its fingerprint."""
    [stats] = rows(seeded("stats", "--json").stdout)
    assert list(stats) == ["documents", "expired", "chunks", "postings", "bytes", "grow", "reader", "behind", "scheme"]
    assert stats["documents"] == 5
    assert (stats["scheme"]["k"], stats["scheme"]["w"], len(stats["scheme"]["fingerprint"])) == (4, 4, 16)
    human = seeded("stats").stdout
    assert "documents" in human
    assert stats["scheme"]["fingerprint"] in human


def test_an_index_of_characters_finds_what_was_misread(run: Run, write: Records) -> None:
    """`index create --unit character` makes an index that finds a text of which a word in four was misread."""
    [made] = rows(run("index", "create", "--unit", "character", "--threshold", "0.7", "--json").stdout)
    assert made["index"] == "lmdb:./index"
    assert (made["scheme"]["unit"], made["scheme"]["k"], made["scheme"]["rows"]) == ("character", 7, 4)
    run("ingest", write({"id": "a", "text": SENTENCE}, {"id": "b", "text": "nothing of the kind is said here, " * 3}))
    misread = "".join("x" if place % 20 == 19 else one for place, one in enumerate(SENTENCE))
    [answer] = rows(run("resemble", write({"id": "q", "text": misread}, name="q.jsonl"), "--json").stdout)
    assert [match["id"] for match in answer["matches"]] == ["a"]
    assert answer["matches"][0]["passages"][0]["matched_words"] > 50
    shown = run("resemble", "q.jsonl").stdout
    assert "characters alike" in shown
    assert "of its characters" in shown
    assert rows(run("stats", "--json").stdout)[0]["scheme"] == made["scheme"]
    assert "is an index already" in run("index", "create", code=2).stderr


def test_compare_by_characters(run: Run, here: Path) -> None:
    """`compare --unit character` sees through misread letters, which comparing words does not."""
    (here / "a.txt").write_text(SENTENCE)
    (here / "b.txt").write_text("".join("x" if place % 6 == 5 else one for place, one in enumerate(SENTENCE)))
    by_word, by_character = (
        rows(run("compare", "a.txt", "b.txt", "--unit", unit, "--json").stdout)[0] for unit in ("word", "character")
    )
    assert by_word["passages"] == []
    assert by_character["passages"][0]["matched_words"] > 50


def test_check_finds_a_sound_index_sound(seeded: Run) -> None:
    """`check` reports no contradiction in an index that nobody damaged."""
    [report] = rows(seeded("check", "--json").stdout)
    faults = ["orphans", "missing", "lost", "repaired", "damaged"]
    assert list(report) == ["documents", "postings", *faults, "expired", "sound"]
    assert (report["documents"], report["orphans"], report["missing"], report["sound"]) == (5, 0, 0, True)
    assert seeded("check", "--repair").stdout.startswith("sound: 5 documents, ")


def put_damaged(*, postings: int = 0, payload: int = 0) -> None:
    """Put a document of the index anew, so many of its postings and of its payload's last bytes left out."""
    with closing(open_store("lmdb:./index", create=False)) as store:
        [victim] = store.get([A])
        assert victim
        parts = chunks(sketch([(SEEDS / f"{A}.txt").read_bytes().decode()], store.scheme), 0, store.scheme.unit)
        store.remove([A], lambda _: parts)
        kept = victim.payload[: len(victim.payload) - payload]
        store.put([Entry(A, victim.digest, kept, (parts[0][postings:], *parts[1:]))], lambda _: parts)


def test_check_tells_damage_and_mends_it(seeded: Run) -> None:
    """An index that lacks postings is reported with exit code 4, mended by --repair, and sound afterwards."""
    put_damaged(postings=10)
    damaged = seeded("check", code=4)
    assert damaged.stdout.startswith("damaged: 5 documents, ")
    assert "; found 0 orphans, 10 missing, 0 lost, 0 damaged\n" in damaged.stdout
    assert "error[store_damaged]: lmdb:./index: " in damaged.stderr
    repaired, after = seeded("check", "--repair").stdout, seeded("check").stdout
    assert repaired.startswith("repaired: 5 documents, ")
    assert repaired.endswith("; found 0 orphans, 10 missing, 0 lost, 0 damaged; 10 mended, 0 left\n")
    assert after.startswith("sound: 5 documents, ")
    assert repaired.partition(";")[0].removeprefix("repaired") == after.partition(";")[0].removeprefix("sound")


def test_check_names_what_is_lost_before_a_repair_forgets_it(
    run: Run, write: Records, redis_server: Server, namespace: str
) -> None:
    """Of lost documents ten are named and the others counted; JSON and a repair, which forgets them, name all."""
    index = ["--index", f"{redis_server.url()}?namespace={namespace}"]
    data = write(*({"id": f"d{place:02}", "text": f"some words {place}"} for place in range(12)))
    run("ingest", data, *index)
    with redis_server.client() as client:
        for number in range(11):
            client.delete(f"{namespace}:d:{number}")
    lost = [f"d{place:02}" for place in range(11)]
    found = run("check", *index, code=4)
    assert found.stdout.startswith("damaged: 1 documents, 0 expired, ")
    assert " 11 lost" in found.stdout
    assert found.stderr.count("lost: document 'd") == 10
    assert "lost: 1 more documents; --json lists the ids of all" in found.stderr
    [report] = rows(run("check", "--json", *index, code=4).stdout)
    assert sorted(report["lost"]) == lost
    copied = run("copy", index[1], "lmdb:./copy")
    assert copied.stdout == "1 copied, 0 unchanged, 0 expired, 0 damaged\n"
    assert "11 more ids of redis://" in copied.stderr
    repaired = run("check", "--repair", *index)
    assert " 11 lost, 0 damaged; " in repaired.stdout
    assert repaired.stdout.endswith(" 0 left\n")
    assert all(
        f"lost: document '{name}' is gone, and its id is forgotten; put it again" in repaired.stderr for name in lost
    )
    assert run("ingest", data, *index).stdout.startswith("11 put, 1 unchanged")


def test_expired_documents_are_told_apart(run: Run, write: Records) -> None:
    """`stats`, `check`, `copy` and `index backup` count what has expired by itself, not among the documents."""
    run("ingest", write({"id": "a", "text": SENTENCE}), "--ttl", "1s")
    run("ingest", write({"id": "b", "text": "other words"}))
    assert rows(run("stats", "--json").stdout)[0]["expired"] == 0
    deadline = time.monotonic() + 10
    while "unknown_id" not in CliRunner().invoke(app, ["get", "a"]).stderr:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for command in (["stats"], ["check"], ["index", "backup", "backup"]):
        [counts] = rows(run(*command, "--json").stdout)
        assert (counts["documents"], counts["expired"]) == (1, 1), command
    assert "sound: 1 documents, 1 expired, " in run("check").stdout
    assert rows(run("copy", "lmdb:./index", "lmdb:./copy", "--json").stdout) == [
        {"copied": 1, "unchanged": 0, "expired": 1, "damaged": []}
    ]
    run("sweep")
    assert rows(run("stats", "--json").stdout)[0]["expired"] == 0


def test_check_names_documents_that_cannot_be_read(seeded: Run) -> None:
    """A damaged document is named, no repair is said to have mended it, and putting it again does."""
    put_damaged(payload=1)
    damaged = seeded("check", "--repair", code=4)
    assert damaged.stdout.startswith("damaged: 5 documents, ")
    assert f"document '{A}' cannot be read" in damaged.stderr
    assert "put the damaged documents again" in damaged.stderr
    [counts] = rows(seeded("ingest", SEEDS, "--json").stdout)
    assert (counts["replaced"], counts["unchanged"]) == (1, 4)
    assert seeded("check").stdout.startswith("sound: 5 documents, ")


def test_backup_is_an_index_of_its_own(seeded: Run, here: Path) -> None:
    """`index backup` writes a folder that answers as the index does, and never into one that holds something."""
    [written] = rows(seeded("index", "backup", "backup", "--json").stdout)
    size = (here / "backup" / "data.mdb").stat().st_size
    assert written == {"documents": 5, "expired": 0, "bytes": size, "damaged": []}
    assert seeded("get", A, "--index", "backup").stdout == seeded("get", A).stdout
    assert "error[store_foreign]" in seeded("index", "backup", "backup", code=4).stderr


def test_backup_of_a_damaged_index_names_what_cannot_be_read(seeded: Run) -> None:
    """`index backup` reads its copy: it is there whole, but the damaged document is named and the exit code is 4."""
    put_damaged(payload=1)
    result = seeded("index", "backup", "backup", "--json", code=4)
    assert rows(result.stdout)[0]["damaged"] == [A]
    assert f"damaged: document '{A}' cannot be read" in result.stderr
    assert "error[store_damaged]: lmdb:./index: 1 documents cannot be read" in result.stderr
    assert seeded("get", B, "--index", "backup").stdout == seeded("get", B).stdout


def test_copy_goes_on_behind_a_damaged_document(seeded: Run) -> None:
    """`copy` puts all documents but the one that cannot be read, names that one, and ends with exit code 4."""
    put_damaged(payload=1)
    for copied, unchanged in ((4, 0), (0, 4)):
        result = seeded("copy", "lmdb:./index", "lmdb:./copy", "--json", code=4)
        assert "more ids" not in result.stderr
        assert rows(result.stdout) == [{"copied": copied, "unchanged": unchanged, "expired": 0, "damaged": [A]}]
        assert f"damaged: document '{A}' cannot be read, and was not copied" in result.stderr
    seeded("check", "--index", "lmdb:./copy")
    seeded("ingest", SEEDS)
    assert seeded("copy", "lmdb:./index", "lmdb:./copy").stdout == "1 copied, 4 unchanged, 0 expired, 0 damaged\n"


def test_compare_needs_no_index(run: Run, here: Path) -> None:
    """`compare --json` prints one match object, named after the second file, and leaves no index behind."""
    [match] = rows(run("compare", SEEDS / f"{B}.txt", SEEDS / f"{C}.txt", "--json").stdout)
    assert list(match) == MATCH
    assert match["id"] == C
    assert any(stretch(B, one["query"]).endswith("also met Gerasimov in Azerbaijan") for one in match["passages"])
    assert list(here.iterdir()) == []


def test_compare_says_what_is_too_short_to_judge(run: Run, here: Path) -> None:
    """Three words have no verdict beside a text that holds them, whichever of both comes first."""
    (here / "three.txt").write_text("finance ministry in")
    (here / "wire.txt").write_text(SENTENCE)
    for a, b in (("three", "wire"), ("wire", "three")):
        told = " ".join(run("compare", f"{a}.txt", f"{b}.txt").stdout.split())
        assert told.startswith(f"{a} cannot be judged beside {b}: a text of fewer than 4 words is too short ")
        assert '"verdict": null' in run("compare", f"{a}.txt", f"{b}.txt", "--json").stdout


def test_compare_takes_any_text_and_standard_input(run: Run, here: Path) -> None:
    """`compare` reads files of any ending, and `-`."""
    (here / "draft.md").write_text(SENTENCE)
    [match] = rows(run("compare", "draft.md", "-", "--json", stdin=SENTENCE.encode()).stdout)
    assert (match["id"], match["jaccard"]) == ("-", 1.0)


def test_version_is_the_distributions(run: Run) -> None:
    """`--version` names the distribution and its version."""
    assert run("--version").stdout == f"resembles {version('resembles')}\n"

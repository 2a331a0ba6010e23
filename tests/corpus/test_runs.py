"""Runs of words that stand elsewhere, against the definition in plain Python."""

import json
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus import naive_runs
from corpus.conftest import Command
from corpus.texts import documents, edited, lines, seeded, text
from hypothesis import assume, example, given
from hypothesis import strategies as st

import dedup
from dedup.corpus import Job, Keep, find_runs, run
from dedup.corpus.runs.find import Collection, find
from dedup.corpus.runs.intake import take_in
from dedup.corpus.runs.joints import Cut, without
from dedup.corpus.runs.places import places
from dedup.errors import InvalidInput
from dedup.scheme import Unit
from dedup.sketching.tokens import tokenize

Row = tuple[str, int, int, str, int]


def rows(out: Path) -> list[Row]:
    """Return the runs as written: id, start, words, source, source_start."""
    found = pq.read_table(out / "runs.parquet").to_pylist()
    return [(one["id"], one["start"], one["words"], one["source"], one["source_start"]) for one in found]


def expected(texts: dict[str, str], ranked: Sequence[str], n: int) -> list[Row]:
    """Return the runs of English texts by the definition."""
    places = {name: [(one.start(), one[0].lower()) for one in re.finditer(r"\w+", texts[name])] for name in ranked}
    found = naive_runs.runs([[word for _, word in places[name]] for name in ranked], n)
    named = ((ranked[one.document], ranked[one.source], one) for one in found)
    return [
        (name, places[name][one.start][0], one.length, source, places[source][one.source_start][0])
        for name, source, one in named
    ]


def pasted(count: int, length: int = 40) -> dict[str, str]:
    """Return documents made of runs of each other, of any length and at any place, repeats and loops among them."""
    rng = seeded(3)
    stock, texts = [text(rng, length).split() for _ in range(count // 10 + 1)], dict[str, str]()
    for number in range(count):
        words = list[str]()
        for _ in range(rng.randint(1, 4)):
            one = rng.choice(stock)
            start = rng.randrange(len(one))
            words += one[start : start + rng.randint(1, 2 * length)] + text(rng, rng.choice((0, 0, 1, 5))).split()
        if rng.random() < 0.05:
            words += words[-3:] * rng.randint(2, 20)
        stock[rng.randrange(len(stock))] = words
        texts[f"d{number:05}"] = edited(rng, " ".join(words), rng.choice((0, 0, 1)))
    return texts


def test_same_as_the_definition(tmp_path: Path) -> None:
    """5,000 documents pasted together from each other have the runs that plain Python finds, each with its place."""
    texts = pasted(5_000)
    summary = find_runs(documents(texts), tmp_path / "out", Job(level="runs", min_words=10))
    want = expected(texts, list(texts), 10)
    assert len(want) > 10_000
    assert rows(tmp_path / "out") == want
    assert summary.runs == len(want)
    words = [re.findall(r"\w+", one) for one in texts.values()]
    assert summary.words == sum(map(len, words))
    assert summary.words_in_runs == sum(map(len, naive_runs.covered(words, 10)))


def test_rank_decides_which_copy_is_the_first(tmp_path: Path) -> None:
    """With another rule than the order of the input, sources are those that rank first by it."""
    texts = pasted(300)
    ranked = sorted(texts, key=lambda name: (-len(texts[name]), name))
    find_runs(documents(texts), tmp_path / "out", Job(level="runs", min_words=8, keep=Keep("longest")))
    assert rows(tmp_path / "out") == expected(texts, ranked, 8)


def test_threads_change_nothing(tmp_path: Path) -> None:
    """One thread or three: the same bytes."""
    texts = pasted(1_000)
    for threads in (1, 3):
        job = Job(level="runs", min_words=10, cut=True, threads=threads)
        find_runs(documents(texts), tmp_path / str(threads), job)
    for name in ("runs.parquet", "kept.jsonl.zst", "removed.jsonl.zst", "summary.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()


def found(texts: Iterable[str], folder: Path, job: Job) -> list[naive_runs.Run]:
    """Return the runs of documents ranked as they come."""
    folder.mkdir()
    records = documents({f"{place}": one for place, one in enumerate(texts)})
    offsets = take_in([(records, False)], folder, job, lambda _: None, lambda _: None)
    ranked = np.arange(len(records))
    collection = Collection.open(folder, offsets, ranked, np.zeros(len(records), np.bool_))
    some = [(one.places, one.words, one.sources) for one in find(folder, collection, job, lambda _: None)]
    places, words, sources = (np.concatenate(column) for column in zip(*some, strict=True))
    of, origins = collection.documents(places), collection.documents(sources)
    columns = (of, places - offsets[of], words, origins, sources - offsets[origins])
    return [naive_runs.Run(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def test_memory_changes_nothing(tmp_path: Path) -> None:
    """In a megabyte, which takes many parts of the hashes one after the other, the runs are the same."""
    texts = list(pasted(3_000).values())
    little = Job(level="runs", min_words=10, memory="1MB", threads=3)
    assert found(texts, tmp_path / "a", little) == found(texts, tmp_path / "b", Job(level="runs", min_words=10))


TEXTS = st.lists(st.text(alphabet="ab \r\n家語e\u0301'-.½", max_size=60), max_size=6)


@given(TEXTS, st.integers(2, 6), st.sampled_from(["word", "character"]))
@example(["a " * 40], 3, "word")
@example(["a b " * 20, "b a " * 20], 4, "word")
@example(["家語家語家語", "語家語家"], 2, "word")
def test_any_text_has_the_runs_of_the_definition(texts: list[str], n: int, unit: Unit) -> None:
    """Loops, scripts without blanks, accents, ends of lines: as in plain Python, token by token."""
    texts = [one for one in texts if len(tokenize([one], unit).hashes)]  # the others are rejected
    tokens = tokenize(texts, unit)
    of = [[f"{one}" for one in tokens.of(place).hashes.tolist()] for place in range(len(texts))]
    with tempfile.TemporaryDirectory() as folder:
        job = Job(level="runs", min_words=n, unit=unit, threads=1)
        assert found(texts, Path(folder) / "work", job) == naive_runs.runs(of, n)


def test_one_text_many_times_and_one_word_many_times(tmp_path: Path) -> None:
    """20,000 copies of a text, and a text of one word 200,000 times, take seconds, and leave one copy of each."""
    whole = text(seeded(1), 300)
    texts = {f"d{i:05}": whole for i in range(20_000)} | {"loop": "tick " * 200_000}
    begun = time.process_time()
    summary = find_runs(documents(texts), tmp_path / "out", Job(level="runs", cut=True))
    assert time.process_time() - begun < 60
    kept = lines(tmp_path / "out/kept.jsonl.zst")
    assert [(one["id"], one["text"]) for one in kept] == [("d00000", whole), ("loop", "tick " * 49 + "tick")]
    assert summary.runs == 20_000
    assert summary.repeated[0].copies == 19_999


def test_what_is_cut_stands_elsewhere(tmp_path: Path) -> None:
    """Each word taken out stands, in the same run of words, at an earlier place, whose own word may be followed on."""
    texts = pasted(400)
    find_runs(documents(texts), tmp_path / "out", Job(level="runs", min_words=10, cut=True))
    kept = {one["id"]: one["text"].split() for one in lines(tmp_path / "out/kept.jsonl.zst")}
    of = {name: one.split() for name, one in texts.items()}
    gone = naive_runs.covered(list(of.values()), 10)
    for (name, words), cut in zip(of.items(), gone, strict=True):
        assert kept.get(name, []) == [word for place, word in enumerate(words) if place not in cut]
    assert set(texts) - set(kept) == {
        name for (name, words), cut in zip(of.items(), gone, strict=True) if len(cut) == len(words)
    }
    stays = {
        (number, place)
        for number, cut in enumerate(gone)
        for place in range(len(list(of.values())[number]))
        if place not in cut
    }
    source = {
        (one.document, one.start + i): (one.source, one.source_start + i)
        for one in naive_runs.runs(list(of.values()), 10)
        for i in range(one.length)
    }
    for copy, origin in source.items():
        assert origin < copy
    for copy in source:
        at = copy
        while at in source:
            at = source[at]
        assert at in stays


def test_removed_lines_say_where_each_run_stands_first(tmp_path: Path) -> None:
    """removed.jsonl.zst has a line for each run: its text, and the place of the same words that stay."""
    texts = pasted(300)
    summary = find_runs(documents(texts), tmp_path / "out", Job(level="runs", min_words=10, cut=True))
    removed = lines(tmp_path / "out/removed.jsonl.zst")
    assert len(removed) == summary.runs == summary.removed
    for one in removed:
        of = one["duplicate_of"]
        assert one["text"] == texts[one["id"]][one["start"] : one["end"]]
        assert one["text"] == texts[of["id"]][of["start"] : of["end"]]
        assert not of["in_index"]


def test_keep_none_takes_the_first_copy_too(tmp_path: Path) -> None:
    """With `none` neither copy of a run stays, and a line of its own says so of the first."""
    rng = seeded(1)
    own, shared = [text(rng, 30) for _ in range(3)], text(rng, 60)
    texts = {"a": f"{own[0]}\n\n{shared}", "b": f"{shared} {own[1]}", "c": own[2]}
    find_runs(documents(texts), tmp_path / "out", Job(level="runs", cut=True, keep=Keep("none")))
    kept = {one["id"]: one["text"] for one in lines(tmp_path / "out/kept.jsonl.zst")}
    assert kept == {"a": own[0], "b": own[1], "c": own[2]}
    removed = lines(tmp_path / "out/removed.jsonl.zst")
    assert [(one["id"], one["duplicate_of"]["id"]) for one in removed] == [("a", "b"), ("b", "a")]


def test_keep_none_leaves_neither_runs_nor_sources(tmp_path: Path) -> None:
    """Of documents pasted together those words stay that lie neither in a run nor in the source of one."""
    texts = pasted(400)
    find_runs(documents(texts), tmp_path / "out", Job(level="runs", min_words=10, cut=True, keep=Keep("none")))
    kept = {one["id"]: one["text"].split() for one in lines(tmp_path / "out/kept.jsonl.zst")}
    of = [one.split() for one in texts.values()]
    gone = naive_runs.covered(of, 10)
    for one in naive_runs.runs(of, 10):
        gone[one.source].update(range(one.source_start, one.source_start + one.length))
    for name, words, cut in zip(texts, of, gone, strict=True):
        assert kept.get(name, []) == [word for place, word in enumerate(words) if place not in cut]


def test_an_index_comes_first_and_is_left_alone(tmp_path: Path) -> None:
    """A run that stands in a document of an index is cut out of every other one; the index's have no rows."""
    shared = text(seeded(1), 60)
    texts = {"a": f"{shared} {text(seeded(2), 9)}", "b": text(seeded(3), 9)}
    for rule, count in (("first", 1), ("none", 1)):
        job = Job(level="runs", cut=True, keep=Keep.parse(rule))
        with dedup.open("memory:") as index:
            index.put([one.document for one in documents({"i": shared, "j": shared})])
            summary = find_runs(documents(texts), tmp_path / rule, job, against=index)
        assert (summary.documents, summary.indexed, summary.runs, summary.removed) == (2, 2, 1, count)
        [row] = pq.read_table(tmp_path / rule / "runs.parquet").to_pylist()
        assert (row["id"], row["source"], row["source_in_index"]) == ("a", "i", True)


JOINTS = {
    "in a line": ("One {}. Two", "One Two"),
    "a sentence": ('He left. "{}," she said.', "He left. she said."),
    "a paragraph": ("One.\n\n{}\n\nTwo.", "One.\n\nTwo."),
    "a paragraph after a blank": ("One {}.\n\nTwo", "One\n\nTwo"),
    "a line": ("One,\n{}; two", "One,\ntwo"),
    "Windows": ("One\r\n\r\n{} two", "One\r\n\r\ntwo"),
    "at the beginning": ("«{}». «Two»", "«Two»"),
    "at the end": ("(One) {}!\n", "(One)"),
    "no blank": ("家{}語", "家語"),
    "a full stop": ("家。「{}」語", "家。語"),
    "dashes": ("one-{}-two", "one two"),
    "a hyphen at the end of a line": ("1-\n{} two", "1\ntwo"),
    "all": ('"{}."\n', ""),
}


@pytest.mark.parametrize("joint", JOINTS)
def test_joints_are_mended(joint: str) -> None:
    """Where a run was cut out words stand apart as a reader expects, and no punctuation of the run is left."""
    frame, left = JOINTS[joint]
    run_ = "家 b c d 家" if "家" in frame else "a b c d e"
    whole, start = frame.format(run_), frame.index("{}")
    tokens = tokenize([whole])
    first = int(np.searchsorted(tokens.starts, start))
    at = places(tokens, [whole], np.array([0]), np.array([first]), np.array([5]))
    assert without(whole, [Cut(*(int(at[name][0]) for name in ("start", "stop", "before", "after")))]) == left


@given(st.text(alphabet="ab1 \r\n家é\u0301'-.,\"½(\u00ad\u2029", max_size=60), st.data())
def test_cut_never_parts_or_joins_words(whole: str, data: st.DataObject) -> None:
    """Whatever runs are cut out, the words that are left are those that do not lie in one, each whole."""
    tokens = tokenize([whole])
    count = len(tokens.hashes)
    spans = data.draw(st.lists(st.tuples(st.integers(0, count), st.integers(1, 9)), max_size=4))
    spans = sorted({(first, min(length, count - first)) for first, length in spans if first < count})
    shared = {place for place in range(1, count) if tokens.starts[place] < tokens.ends[place - 1]}
    gone = {place for first, length in spans for place in range(first, first + length)}
    assume(not any((place in gone) != (place - 1 in gone) for place in shared))  # ½ is two words in one character
    firsts, lengths = (np.array([one[side] for one in spans], np.int64) for side in (0, 1))
    at = places(tokens, [whole], np.zeros(len(spans), np.int64), firsts, lengths)
    rows_ = zip(*(at[name].tolist() for name in ("start", "stop", "before", "after")), strict=True)
    left = without(whole, [Cut(*row) for row in rows_])
    want = [one for place, one in enumerate(tokens.hashes.tolist()) if place not in gone]
    assert tokenize([left]).hashes.tolist() == want


REFUSED = {
    "threshold": {"threshold": 0.7},
    "measure": {"measure": "containment"},
    "closure": {"closure": "transitive"},
    "two words": {"min_words": 1},
    "give --cut": {"keep": Keep("none")},
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_says_nothing_about_runs_is_refused(said: str) -> None:
    """Settings that runs do not have are refused, with what to do."""
    with pytest.raises(InvalidInput, match=said):
        Job(level="runs", **REFUSED[said])  # type: ignore[arg-type]


def test_levels_have_functions_of_their_own(tmp_path: Path) -> None:
    """`run` finds no runs, `find_runs` nothing else, and only runs can be cut out with their first copy."""
    with pytest.raises(InvalidInput, match="find_runs"):
        run([], tmp_path / "out", Job(level="runs"))
    with pytest.raises(InvalidInput, match="level documents"):
        find_runs([], tmp_path / "out", Job())
    with pytest.raises(InvalidInput, match="level runs"):
        Job(level="passages", cut=True, keep=Keep("none"))


def test_rows_of_a_table_stay_rows(tmp_path: Path, command: Command) -> None:
    """Of Parquet what is kept is Parquet, with the columns and types that it had."""
    shared = text(seeded(1), 60)
    rows_ = [
        {"n": 1, "id": 7, "text": shared},
        {"n": 2, "id": 8, "text": f"{shared}\n\nnew"},
        {"n": 3, "id": 9, "text": shared},
    ]
    pq.write_table(pa.Table.from_pylist(rows_), tmp_path / "in.parquet")
    command("corpus", "in.parquet", "--out", "out", "--level", "runs", "--cut")
    kept = pq.read_table(tmp_path / "out/kept.parquet")
    assert kept.to_pylist() == [rows_[0], rows_[1] | {"text": "new"}]


def test_the_command_finds_runs(tmp_path: Path, command: Command) -> None:
    """`dedup corpus --level runs --cut` writes table, texts, summary and report, and says what it found."""
    shared = text(seeded(1), 60)
    texts = {"a": f"{shared} {text(seeded(2), 9)}", "b": f"{text(seeded(3), 9)}\n\n{shared}", "c": "", "": shared}
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps({"id": name, "text": one}) + "\n" for name, one in texts.items())
    )
    done = command("corpus", "in.jsonl", "--out", "out", "--level", "runs", "--cut", code=3)
    assert "2 documents, 2 rejected, 138 words, 1 run, 60 words in runs, 2 kept, 0 gone, 1 cut out" in done.stdout
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "kept.jsonl.zst",
        "removed.jsonl.zst",
        "report.html",
        "runs.parquet",
        "summary.json",
    }
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["settings"] == {
        "level": "runs",
        "min_words": 50,
        "keep": {"field": "", "rule": "first", "values": []},
        "cut": True,
        "unit": "word",
    }
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert shared[:60] in page
    assert "138 words, 60 (43 %) lie in a run of at least 50" in page
    command("corpus", "in.jsonl", "--out", "out", "--level", "runs", "--force", "--json", code=3)
    assert not (tmp_path / "out/kept.jsonl.zst").exists()
    refused = command("corpus", "in.jsonl", "--out", "o", "--level", "runs", "--threshold", "0.8", code=2)
    assert "--threshold says nothing about runs" in refused.stderr
    command("corpus", "in.jsonl", "--out", "o", "--level", "runs", env={"DEDUP_THRESHOLD": "0.5"}, code=3)
    for option in ("--ids", "--previous=out"):
        refused = command("corpus", "in.jsonl", "--out", "p", "--level", "runs", option, code=2)
        assert "is about whole documents" in refused.stderr


STORY = "The head of the general staff met the commander in Baku on Thursday to talk about the line."


@pytest.mark.parametrize("level", ["documents", "passages", "runs"])
def test_texts_without_words_are_rejected_at_every_level(level: str, tmp_path: Path, command: Command) -> None:
    """What has no word is no document: it is rejected, and not kept; what goes and what stays add up to the input."""
    texts = ["", " ", "\n\n", "...", STORY, f"{STORY} And more of it."]
    records = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    options = [] if level == "documents" else ["--cut", "--min-words", "8"]
    done = command("corpus", "a.jsonl", "--out", "out", "--level", level, *options, "--json", code=3)
    told = json.loads(done.stdout)
    assert (told["documents"], told["rejected"]) == (2, 4)
    assert done.stderr.count("no_words") == 4
    assert {one["id"] for one in lines(tmp_path / "out/kept.jsonl.zst")} <= {"4", "5"}


def test_documents_of_which_nothing_is_left_are_counted(tmp_path: Path, command: Command) -> None:
    """The count of documents that are gone is told beside that of runs, and each run of theirs says so."""
    records = [{"id": "a", "text": f"{STORY} The end."}, {"id": "b", "text": f"{STORY} ..."}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    done = command("corpus", "a.jsonl", "--out", "out", "--level", "runs", "--min-words", "8", "--cut")
    assert "1 kept, 1 gone, 1 cut out" in done.stdout
    assert [(one["id"], one["nothing_left"]) for one in lines(tmp_path / "out/removed.jsonl.zst")] == [("b", True)]


@pytest.mark.parametrize(
    ("whole", "start", "end"),
    [("т\xad\n.о-п", 4, 5), ("é\xad\n国a", 3, 4), ("e\u2019国p", 2, 3), ("ß'ยB", 2, 3)],
)
def test_words_beside_a_cut_stay_apart(whole: str, start: int, end: int) -> None:
    """Soft hyphens and apostrophes that cling to a word join it to no other when what stood between is cut out."""
    tokens = tokenize([whole])
    number = tokens.starts.tolist().index(start)
    before = int(tokens.ends[number - 1])
    after = int(tokens.starts[number + 1]) if number + 1 < len(tokens.starts) else len(whole)
    left = without(whole, [Cut(start, end, before, after)])
    rest = [one for place, one in enumerate(tokens.hashes.tolist()) if place != number]
    assert tokenize([left]).hashes.tolist() == rest


def test_runs_longer_than_any_text_are_refused() -> None:
    """A run of more words than a text can have is a slip, and no reason to count to it."""
    with pytest.raises(InvalidInput, match="no text has"):
        Job(level="runs", min_words=1 << 62)

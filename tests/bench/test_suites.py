"""Every benchmark runs, tiny, and its figures are what they must be."""

import unicodedata
from collections import Counter
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from programs import needed

from benchmarks.__main__ import SUITES, main
from benchmarks.harness.machine import installed
from benchmarks.harness.result import Run
from benchmarks.harness.row import TIMED, Row
from benchmarks.harness.suite import SCALES
from benchmarks.peers.baselines import DocumentLSH, SentenceLSH, matched_by_difflib
from benchmarks.peers.exact import exact
from benchmarks.peers.pairs import by_corpus
from benchmarks.peers.task import shingles
from benchmarks.suites import indexes, sketching
from benchmarks.suites.documents import components, rand_index
from benchmarks.texts.cases import Case
from benchmarks.texts.scripts import SCRIPTS, Script, some

TINY = SCALES["tiny"](None)
SERVERLESS = ("resembles, memory", "resembles, LMDB", "datasketch MinHashLSH, memory")


@cache
def run(name: str) -> list[Row]:
    """Run a suite as small as it gets, once."""
    return list(import_module(f"benchmarks.suites.{name}").rows(TINY))


def test_the_hot_path_tells_every_stage_of_every_script() -> None:
    """Seven stages on one thread, the whole path on two; all scripts, short and long; signatures are datasketch's."""
    rows = run("hot_path")
    cells = Counter((row.name, row.case) for row in rows if row.unit == "ns/token")
    assert len(cells) == (7 + 1) * len(SCRIPTS) * 2
    assert {row.accuracy for row in rows if row.measure.startswith("signatures")} == {1.0}
    assert all(row.median > 0 for row in rows)


def test_the_sketches_of_ours_and_of_datasketch_are_in_the_race() -> None:
    """Speeds at three lengths, errors at three, and each speed says whether five words put before are seen through."""
    rows = run("sketching")
    for name in ("resembles", "datasketch, README"):
        assert {row.size for row in rows if row.name == name and row.unit == "MB/s"} == {40, 300, 6_000}
        assert {row.size for row in rows if row.name == name and row.unit == "RMSE"} == {40, 600, 6_000}
        assert all(row.accuracy is not None and row.accuracy > 0.9 for row in rows if row.name == name and row.wall)


@pytest.mark.skipif(not installed("pydivsufsort"), reason="pydivsufsort is not installed: make bench-deps")
def test_a_suffix_array_finds_the_same_runs() -> None:
    """Each speed stands beside what was found: as many words in runs as the suffix array of the same words finds."""
    rows = run("runs")
    assert {(row.name, row.size) for row in rows} == {
        (name, size) for name in ("resembles", "suffix array") for size in TINY.documents
    }
    assert {row.accuracy for row in rows if row.unit == "documents/s"} == {1.0}


@pytest.mark.skipif(not installed("rensa"), reason="rensa is not installed: make bench-deps")
def test_rho_is_shown_to_lose_copies_with_five_words_put_before() -> None:
    """The peer's sampling mode stands in the table with the recall that it has."""
    rows = [row for row in run("sketching") if row.name == "rensa, rho" and row.size == 300 and row.unit == "MB/s"]
    assert [row.accuracy for row in rows] == [0.0]


def test_indexes_are_filled_asked_and_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inserts, look-ups, hot look-ups and bytes of each kind, and the copies are found."""
    monkeypatch.setattr(indexes, "KINDS", {name: indexes.KINDS[name] for name in SERVERLESS})
    rows = list(indexes.rows(replace(TINY, documents=(40,))))
    assert Counter(row.name for row in rows if row.size == 40) == dict.fromkeys(SERVERLESS, 7)
    assert Counter(row.name for row in rows if row.size == 120) == {"resembles, LMDB": 7}
    assert all(row.accuracy == 1 for row in rows if row.unit in TIMED)


@pytest.mark.slow
def test_indexes_on_servers_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis, a cluster, and datasketch on Redis."""
    needed("redis-server")
    kinds = {name: package for name, package in indexes.KINDS.items() if "Redis" in name}
    monkeypatch.setattr(indexes, "KINDS", kinds)
    rows = [row for row in indexes.rows(TINY) if row.size in TINY.documents]  # the largest index is on a disk
    assert {row.name for row in rows} == set(kinds)
    assert all(row.median > 0 for row in rows if row.unit == "bytes/document")


def test_near_duplicates_are_counted_against_all_pairs() -> None:
    """The corpus job finds nearly all at every threshold, and all that it calls similar is; as many on two threads."""
    rows = [row for row in run("documents") if row.table.startswith("Near") and row.unit == "share" and row.ours]
    jobs = [row for row in rows if row.table == "Near-duplicate documents"]
    assert Counter(row.name for row in jobs) == {
        "resembles, dedup corpus": 5,
        "resembles, dedup corpus, 2 threads": 1,
    }
    assert min(row.median for row in jobs) > 0.9
    assert min(row.accuracy or 0 for row in jobs) == 1


def test_look_ups_of_near_duplicates_have_a_table_of_their_own() -> None:
    """One text at a time, in memory and on a disk: nearly all is found, and each time stands beside what was found."""
    rows = [row for row in run("documents") if row.table == "Near-duplicate look-ups"]
    assert {row.name for row in rows} >= {"resembles, memory", "resembles, LMDB", "datasketch MinHashLSH"}
    assert {row.accuracy for row in rows if row.ours and row.unit == "ms"} == {1}
    assert all(row.median > 0 for row in rows)


def test_news_come_in_clusters() -> None:
    """Each way has its adjusted Rand index, of at most 1."""
    assert 0 < max(row.median for row in run("documents") if row.table.startswith("News")) <= 1


def test_equal_texts_stand_for_each_other_in_pairs() -> None:
    """Of two equal texts and one like them the corpus job gives all three pairs; equal texts are compared once."""
    words = [f"word{place}" for place in range(60)]
    texts = {"a": " ".join(words), "b": " ".join(words), "c": " ".join([*words[:-1], "other"]), "d": "nothing like it"}
    assert {tuple(sorted(one)) for one in by_corpus(texts, 0.8)} == {("a", "b"), ("a", "c"), ("b", "c")}


def test_passages_are_found_beside_the_baselines() -> None:
    """Twenty cells, each with both baselines; verbatim passages of 25 words and more are found by ours."""
    rows = [row for row in run("grid") if row.case.endswith("edited")]
    assert len(rows) == 3 * 20
    assert all(row.median == 1 for row in rows if row.ours and row.case.endswith(", 0% edited"))


def test_seeds_and_swapped_text_are_measured() -> None:
    """The seeds are aligned by ours and by difflib; what needs evaluation texts is left out without them."""
    assert {row.name for row in run("pan")} == {"resembles", "difflib"}
    assert run("retrieval") == []
    assert any(row.case.startswith("swapped") for row in run("syndication"))


@pytest.mark.slow
def test_end_to_end_runs_the_service_and_the_collection_job() -> None:
    """Growth, HTTP and `dedup corpus` have their rows."""
    assert len({row.table for row in run("end_to_end")}) == 3


def test_the_growing_index_tells_every_stage() -> None:
    """Put, two kinds of look-up with five stages each, and bytes, at every size."""
    rows = list(import_module("benchmarks.suites.end_to_end").growing(TINY))
    assert len(rows) == (3 + 2 * 7) * len(TINY.documents)


def test_the_command_writes_keeps_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of one suite is written; a second one of another suite keeps the rows of the first."""
    arguments = ["--size", "tiny", "--out", str(tmp_path)]
    main([*arguments, "--only", "pan"])
    main([*arguments, "--only", "syndication"])
    kept = Run.read(tmp_path / "tiny")
    assert {row.table for row in kept.rows} == {"Passages of pairs", "Text that many print"}
    assert set(kept.seconds) == {"pan", "syndication"}
    assert "plagdet" in capsys.readouterr().out


def test_plots_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    """A run with passages alone gives their picture and no other."""
    plots = pytest.importorskip("benchmarks.report.plots", reason="Matplotlib is not installed: make bench-deps")
    rows = [
        Row(table="Passages", name=name, case=f"{size} words, {rate}% edited", size=size, unit="share", median=0.5)
        for name in ("resembles, at its place", "sentences")
        for size in (15, 25)
        for rate in (0, 30)
    ]
    made = plots.plot(Run("tiny", {}, rows), tmp_path)
    assert [path.name for path in made] == ["passages.svg"]
    assert made[0].stat().st_size > 1_000


def test_every_suite_is_a_module() -> None:
    """What the command offers exists."""
    assert all(hasattr(import_module(f"benchmarks.suites.{name}"), "rows") for name in SUITES)


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_texts_of_a_script_are_of_that_script(script: Script) -> None:
    """Nearly all letters of a generated text are of the scripts that it is called by, as Unicode names them."""
    names = {
        "English": ("LATIN",),
        "Accents": ("LATIN",),
        "Russian": ("CYRILLIC",),
        "Hindi": ("DEVANAGARI",),
        "Korean": ("HANGUL",),
        "Chinese": ("CJK",),
        "Japanese": ("CJK", "HIRAGANA", "KATAKANA"),
        "Mixed": ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "DEVANAGARI", "HANGUL"),
    }.get(script.name, (script.name.upper(),))
    letters = [unicodedata.name(one) for one in "".join(some(script, 300, 2_000, None)) if one.isalpha()]
    assert np.mean([one.startswith(names) for one in letters]) > 0.99
    assert {one for one in names if any(letter.startswith(one) for letter in letters)} >= {*names[:2]}


def test_exact_similarities_are_those_of_sets() -> None:
    """The sparse product gives what Python's sets give."""
    texts = {"a": "one two three four five six", "b": "one two three four five seven", "c": "none of it is here at all"}
    one, two = set(shingles(texts["a"])), set(shingles(texts["b"]))
    assert exact(texts, 0.1) == {("a", "b"): pytest.approx(len(one & two) / len(one | two))}


def test_the_rand_index_is_the_textbooks() -> None:
    """1 for the same partition, and .24242 for the example of scikit-learn's manual, worked out by hand."""
    truth = dict(zip("abcdef", "000111", strict=True))
    assert rand_index(truth, dict(zip("abcdef", "xxxyyy", strict=True))) == 1
    assert rand_index(truth, dict(zip("abcdef", "001122", strict=True))) == pytest.approx(0.242424, abs=1e-6)


def test_components_join_what_is_connected() -> None:
    """A chain is one component under its first name; what has no pair stays alone."""
    assert components("abcd", [("b", "c"), ("c", "a")]) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_difflib_matches_are_joined_over_small_gaps() -> None:
    """Twenty words with one replaced are one stretch, in both texts from first to last character."""
    words = [f"word{place}" for place in range(20)]
    other = [*words[:9], "different", *words[10:]]
    (found,) = matched_by_difflib(" ".join(words), "Before: " + " ".join(other))
    assert found == Case(0, len(" ".join(words)), 8, 8 + len(" ".join(other)))


def test_baselines_find_what_they_are_made_for() -> None:
    """Document LSH finds the same document, sentence LSH one sentence of it; neither finds a stranger."""
    texts = {
        "a": "This is the first sentence of it. " + "Another one follows here with more words. " * 2,
        "b": "x y z " * 9,
    }
    sentence = "Nobody knows. This is the first sentence of it. Or so."
    assert DocumentLSH(texts, 0.5).found(texts["a"]) == {"a"}
    assert SentenceLSH(texts).found(sentence) == {"a"}
    assert DocumentLSH(texts, 0.5).found(sentence) == set()


def test_pairs_to_judge_estimators_have_the_similarity_that_is_said() -> None:
    """The exact similarity spreads over the range and is that of the sets of shingles."""
    a, b, similar = sketching.graded(40, 30)
    assert similar.min() < 0.3
    assert 0.7 < similar.max() < 1
    one, two = set(shingles(a[0])), set(shingles(b[0]))
    assert similar[0] == pytest.approx(len(one & two) / len(one | two))


def test_misread_pages_are_found_by_their_characters() -> None:
    """With three characters in ten misread every page is found by characters, most are not by words."""
    rows = {(row.name, row.case): row for row in run("characters") if row.size == 40}
    assert rows["resembles, characters", "30% misread: found"].median == 1
    assert rows["resembles, words", "30% misread: found"].median < 0.5
    assert rows["resembles, characters", "index beside its text"].median < 20

"""Paragraphs that stand in several documents: reported, or cut out."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from corpus.texts import documents, lines, seeded, text
from hypothesis import given
from hypothesis import strategies as st

from dedup.corpus import Job, run
from dedup.corpus.output import without
from dedup.corpus.units import paragraphs
from dedup.formats import Fields, Reading, read

NOTICE = "This notice stands below every article of ours and says nothing at all, to anybody, ever; not even to you."


def test_repeated_paragraph_is_reported_with_its_documents(tmp_path: Path) -> None:
    """A paragraph of three documents is a cluster, with its place in each; the texts are left alone."""
    rng = seeded(1)
    texts = {name: f"{text(rng, 30)}\n\n{NOTICE}" for name in ("a", "b", "c")} | {"d": text(rng, 30)}
    summary = run(documents(texts), tmp_path / "out", Job(level="passages"))
    rows = pq.read_table(tmp_path / "out/clusters.parquet").to_pylist()
    assert [(row["id"], row["survivor"]) for row in rows] == [("a", "a"), ("b", "a"), ("c", "a")]
    for row in rows:
        assert texts[row["id"]][row["start"] : row["end"]] == NOTICE
        assert texts["a"][row["survivor_start"] : row["survivor_end"]] == NOTICE
    assert summary.kept is None
    assert not (tmp_path / "out/kept.jsonl.zst").exists()


PARTED = {
    "LF": "a\nb\n\nc",
    "CRLF": "a\r\nb\r\n\r\nc",
    "CR": "a\rb\r\rc",
    "VT": "a\x0bb\x0b\x0bc",
    "NEL": "a\x85b\x85\x85c",
    "line separators": "a\u2028b\u2028\u2028c",
    "paragraph separator": "a\nb\u2029c",
    "spaces": "a\r\nb\r\n \t\xa0\u3000\u200b\x0c\r\n\n  c",
}


@pytest.mark.parametrize("end", PARTED)
def test_paragraphs_end_as_any_system_ends_them(end: str) -> None:
    """An empty line, or a paragraph separator, parts paragraphs; the end of a line does so only where neither does."""
    whole = PARTED[end]
    assert [whole[start:stop].split() for start, stop in paragraphs(whole)] == [["a", "b"], ["c"]]
    lines_only = whole[: whole.index("b") + 1]
    assert [lines_only[start:stop] for start, stop in paragraphs(lines_only)] == ["a", "b"]


def test_cut_keeps_the_first(tmp_path: Path) -> None:
    """Cut out, a paragraph stays in the first document alone, near copies of it go too, and all others are whole."""
    rng = seeded(1)
    own = {name: text(rng, 30) for name in "abc"}
    texts = {
        "a": f"{own['a']}\n\n{NOTICE}",
        "b": f"{NOTICE.upper()}\n\n{own['b']}",
        "c": f"{own['c']}\n \n{NOTICE} So.",
    }
    summary = run(documents(texts), tmp_path / "out", Job(level="passages", cut=True))
    kept = {one["id"]: one["text"] for one in lines(tmp_path / "out/kept.jsonl.zst")}
    assert kept == {"a": texts["a"], "b": own["b"], "c": own["c"]}
    removed = lines(tmp_path / "out/removed.jsonl.zst")
    assert [(one["id"], one["text"], one["duplicate_of"]["kind"]) for one in removed] == [
        ("b", NOTICE.upper(), "exact"),
        ("c", f"{NOTICE} So.", "near"),
    ]
    assert {one["duplicate_of"]["id"] for one in removed} == {"a"}
    assert (summary.kept, summary.removed) == (3, 2)


def test_cut_takes_the_text_that_was_compared(tmp_path: Path) -> None:
    """With other names for id and text the paragraph is cut out of that text, and all other fields stay."""
    rng = seeded(1)
    own = [text(rng, 30), text(rng, 30)]
    records = [
        {"url": f"u{i}", "body": f"{NOTICE}\n\n{one}", "id": f"{i}", "text": f"teaser {i}"} for i, one in enumerate(own)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    items = read(str(tmp_path / "in.jsonl"), how=Reading(Fields("url", "body")))
    run(items, tmp_path / "out", Job(level="passages", cut=True))
    assert lines(tmp_path / "out/kept.jsonl.zst") == [records[0], records[1] | {"body": own[1]}]
    [removed] = lines(tmp_path / "out/removed.jsonl.zst")
    place = removed.pop("duplicate_of")
    assert removed == {"url": "u1", "start": 0, "end": len(NOTICE), "body": NOTICE, "nothing_left": False}
    assert (place["id"], place["start"], place["end"]) == ("u0", 0, len(NOTICE))


def test_document_with_nothing_left_is_not_kept(tmp_path: Path) -> None:
    """A document of repeated paragraphs alone is gone."""
    texts = {"a": f"{NOTICE}\n\n{text(seeded(1), 20)}", "b": NOTICE}
    run(documents(texts), tmp_path / "out", Job(level="passages", cut=True))
    assert [one["id"] for one in lines(tmp_path / "out/kept.jsonl.zst")] == ["a"]


def test_repeat_within_one_document_stays(tmp_path: Path) -> None:
    """A refrain is not cut out of its own poem."""
    texts = {"a": f"{NOTICE}\n\n{text(seeded(1), 20)}\n\n{NOTICE}", "b": text(seeded(2), 20)}
    summary = run(documents(texts), tmp_path / "out", Job(level="passages", cut=True))
    assert summary.clusters == 0
    assert {one["id"]: one["text"] for one in lines(tmp_path / "out/kept.jsonl.zst")} == texts


def test_short_paragraphs_are_left_alone(tmp_path: Path) -> None:
    """A paragraph of fewer words than asked for is never compared."""
    texts = {name: f"Share this!\n\n{text(seeded(i), 20)}" for i, name in enumerate("abc")}
    assert run(documents(texts), tmp_path / "a", Job(level="passages")).clusters == 0
    assert run(documents(texts), tmp_path / "b", Job(level="passages", min_words=2)).clusters == 1


def test_misread_paragraphs_are_duplicates_by_their_characters(tmp_path: Path) -> None:
    """A paragraph of which a letter in twenty is wrong is the same by its characters, another one by its words."""
    paragraph = text(seeded(7), 60)
    misread = "".join("x" if place % 20 == 19 else one for place, one in enumerate(paragraph))
    texts = {"a": f"{text(seeded(1), 20)}\n\n{paragraph}", "b": f"{misread}\n\n{text(seeded(2), 20)}"}
    assert run(documents(texts), tmp_path / "a", Job(0.4, level="passages")).clusters == 0
    assert run(documents(texts), tmp_path / "b", Job(0.4, level="passages", unit="character")).clusters == 1


@given(st.text(alphabet="ab \n\t\r\u00a0\u2028é", max_size=80), st.randoms(use_true_random=False))
def test_cut_never_parts_or_joins_words(whole: str, rng: object) -> None:
    """Whatever paragraphs are cut out, what is left is a run of the text's own words, each whole."""
    spans = list(paragraphs(whole))
    chosen = [span for span in spans if rng.random() < 0.5]  # type: ignore[attr-defined]
    expected = [word for span in spans if span not in chosen for word in whole[slice(*span)].split()]
    assert without(whole, chosen).split() == expected

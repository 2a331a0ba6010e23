"""Lists of names are boilerplate, sentences are not: a gold set made by hand, in the scripts that have capitals."""

from pathlib import Path

import pytest

import dedup

GOLD = [
    row.split("\t")
    for row in (Path(__file__).parent / "golden/sentences_and_names.tsv").read_text("utf-8").splitlines()[1:]
]


def kinds(text: str) -> set[str]:
    """Return which kinds of passages a text has that is compared with itself, however short."""
    match = dedup.compare(text, text, min_words=4)
    return {passage.kind for passage in match.passages}


def test_the_gold_holds_both_kinds_in_many_languages() -> None:
    """The gold set has sentences and lists of names of at least twelve languages each."""
    for kind in ("sentence", "names"):
        assert len({language for language, of, _ in GOLD if of == kind}) >= 12


@pytest.mark.parametrize(("language", "kind", "text"), GOLD, ids=[f"{row[0]} {row[2][:30]}" for row in GOLD])
def test_a_sentence_is_a_passage_and_names_are_boilerplate(language: str, kind: str, text: str) -> None:
    """A text shared whole is a passage if it is a sentence, and boilerplate if it is a list of names."""
    assert kinds(text) == {"passage" if kind == "sentence" else "boilerplate"}, language

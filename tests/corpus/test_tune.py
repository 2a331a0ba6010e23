"""`dedup tune`: what it counts, and the scheme that it names."""

import json
import re
from pathlib import Path

import pytest
from corpus import naive
from corpus.conftest import Command
from corpus.test_recall import all_pairs
from corpus.texts import documents, families, seeded

from dedup.corpus.tune import LEAST, tune
from dedup.scheme import Scheme


def test_counts_are_those_of_all_pairs() -> None:
    """For each threshold the pairs are those of a comparison of all with all, but for at most one in a hundred."""
    texts = families(seeded(8), 400)
    found = tune(documents(texts), 0.8)
    different = {" ".join(naive.words(text)): name for name, text in texts.items()}
    pairs = all_pairs({name: texts[name] for name in different.values()}, LEAST)
    for choice in found.choices:
        expected = sum(similarity >= choice.threshold for similarity in pairs.values())
        assert 0.99 * expected <= choice.pairs <= expected
        ranked = naive.survivors(texts, list(texts), choice.threshold)
        assert choice.removed == pytest.approx(sum(name != one for name, one in ranked.items()), rel=0.02)


def test_samples_span_the_range() -> None:
    """The pairs shown are spread from the least similarity to the highest, each with its exact figure."""
    found = tune(documents(families(seeded(8), 400)), 0.8, pairs=7)
    assert len(found.samples) == 7
    for i, one in enumerate(found.samples):
        assert LEAST + i * 0.1 - 1e-9 <= one.similarity <= LEAST + (i + 1) * 0.1 + 1e-9
        assert one.similarity == naive.jaccard(naive.shingles(one.a.text), naive.shingles(one.b.text))


def test_line_is_a_scheme_that_finds_enough(tmp_path: Path, command: Command) -> None:
    """The last line printed, typed into Python, is a scheme that finds 99.5 % of the pairs at the threshold."""
    rows = [json.dumps({"id": name, "text": text}) for name, text in families(seeded(9), 100).items()]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    printed = command("tune", "a.jsonl", "--threshold", "0.7", "--pairs", "3", "--html", "page.html").stdout
    figures = re.fullmatch(r"Scheme\(num_perm=(\d+), bands=(\d+), rows=(\d+)\)", printed.strip().splitlines()[-1])
    assert figures
    permutations, bands, rows_in_a_band = map(int, figures.groups())
    assert Scheme(num_perm=permutations, bands=bands, rows=rows_in_a_band).recall(0.7) >= 0.995
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<dd><bdi>a.jsonl</bdi></dd>" in page
    assert figures[0] in page
    assert page.count("<figure") == 3
    answer = json.loads(command("tune", "a.jsonl", "--json").stdout)
    assert answer["documents"] == 100
    assert sum(one["chosen"] for one in answer["costs"]) == 1


def test_nothing_alike_is_no_error(tmp_path: Path, command: Command) -> None:
    """A sample of one document has no pairs, and still gets a scheme."""
    (tmp_path / "a.txt").write_text("only one text")
    assert "Scheme(" in command("tune", "a.txt", "--html", "page.html").stdout

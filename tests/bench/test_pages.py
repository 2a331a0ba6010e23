"""The pages on which `dedup network` is measured: what they are said to share, they share."""

import random

from rapidfuzz.distance import Levenshtein

from benchmarks.texts.pages import LEAST, pages

RNG = random.Random(4)  # noqa: S311 - reproducible, not secret


def words(count: int) -> str:
    """Return so many words."""
    return " ".join("".join(RNG.choices("aeioulnrst", k=5)) for _ in range(count))


FILLERS, REPRINTED = [words(30) for _ in range(12)], [words(50) for _ in range(8)]


def test_both_sides_of_a_pair_are_the_same_words() -> None:
    """Where nothing is misread both sides of each pair are equal, and no shorter than a pair has to be."""
    made = pages(FILLERS, REPRINTED, 12, 0.0)
    pairs = list(made.pairs())
    assert len(pairs) > len(REPRINTED)
    for (a, a_start, a_end), (b, b_start, b_end) in pairs:
        assert a < b
        assert made.texts[a][a_start:a_end] == made.texts[b][b_start:b_end]
        assert a_end - a_start >= LEAST


def test_pages_are_the_same_each_time_and_misread() -> None:
    """The same seed gives the same pages; of a misread page about as many letters differ as were asked for."""
    one, other = (pages(FILLERS, REPRINTED, 12, 0.05) for _ in range(2))
    assert one == other
    assert [record["id"] for record in one.records()] == [f"p{number:04}" for number in range(12)]
    letters = sum(map(len, FILLERS))
    errors = sum(
        Levenshtein.distance(text[: len(filler)], filler) for text, filler in zip(one.texts, FILLERS, strict=True)
    )
    assert 0.03 < errors / letters < 0.07

"""Passages told in other words: the kernel held to a plain model, to hand-made texts, and to bounded work."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_reworded import Passage, Side, reworded

import dedup
from dedup.align.reworded import find_reworded
from dedup.sketching.tokens import tokenize

LEAST = 6.0
WIRE = (
    "The central bank raised interest rates on Tuesday by a quarter point to fight rising inflation. "
    "Governor Maria Lindqvist said prices of food and energy had climbed faster than economists expected. "
    "Markets in Stockholm fell after the announcement, with banks and builders losing most."
)
RETOLD = (
    "To fight inflation that keeps rising, interest rates were raised a quarter point by the central bank on Tuesday. "
    "Faster than economists had expected, food and energy prices climbed, Governor Maria Lindqvist said. "
    "After the announcement Stockholm markets fell, builders and banks losing the most."
)
OTHER = (
    "A storm tore roofs from forty houses along the coast overnight, and two ferries stayed in port. "
    "Firemen pumped water out of cellars until noon while schools sent their pupils home."
)


def side(rng: np.random.Generator, pool: list[list[int]]) -> Side:
    """Return a text of sentences of a pool, words dropped and shuffled, and of others."""
    words, stops = list[int](), list[bool]()
    for _ in range(rng.integers(0, 12)):
        sentence = pool[rng.integers(len(pool))] if rng.random() < 0.6 else rng.integers(0, 60, 8).tolist()
        kept = [word for word in sentence if rng.random() > 0.2]
        if rng.random() < 0.5:
            rng.shuffle(kept)
        words += kept
        stops += [False] * (len(kept) - 1) + [True] * bool(kept)
    return Side(words, [word // 2 for word in words], stops)


def found(query: Side, document: Side, copied: list[Passage]) -> list[tuple[int, ...]]:
    """Run the kernel on one pair; return sorted rows (places, matched, reworded)."""
    rows = np.array([(0, *one.query, *one.document, one.matched) for one in copied], np.int32).reshape(-1, 6)
    given: list[Any] = []
    for one in (query, document):
        given += [np.array(one.words, np.uint64), np.array(one.stems, np.uint64), np.array(one.stops, np.bool_)]
    given += [np.array([0, len(document.words)]), np.ones(1, np.bool_), rows, LEAST, np.zeros(2, np.int64)]
    result, _ = find_reworded(*given)
    return sorted(tuple(row[1:].tolist()) for row in result)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_kernel_is_the_model(seed: int) -> None:
    """On random texts with sentences in common, copied and told anew, kernel and model give the same passages."""
    rng = np.random.default_rng(seed)
    pool = [rng.integers(0, 400, rng.integers(4, 20)).tolist() for _ in range(6)]
    query, document = side(rng, pool), side(rng, pool)
    copied = list[Passage]()
    if len(query.words) > 12 and len(document.words) > 12 and rng.random() < 0.6:
        i, j = int(rng.integers(len(query.words) - 10)), int(rng.integers(len(document.words) - 10))
        copied = [Passage((i, i + 10), (j, j + 10), int(rng.integers(4, 11)))]
    expected = reworded(query, document, copied, LEAST)
    told = [one for one in found(query, document, copied) if one[5]]
    assert [one[:4] for one in told] == sorted(
        (*one.query, *one.document) for one in expected if one.reworded and one.copied_words * 3 < 2 * one.matched
    )


def test_a_story_told_in_other_words_is_found() -> None:
    """Sentences with their clauses turned round are a reworded passage, at its place in both texts."""
    one, other = f"{OTHER} {WIRE}", f"{RETOLD} {OTHER.upper()[:0]}Nothing else happened."
    (passage,) = dedup.compare(one, other).passages
    assert passage.kind in {"reworded", "passage"}
    assert one[passage.query.start :].startswith("The central bank")
    assert other[passage.document.start : passage.document.end].startswith("To fight inflation")
    assert passage.evidence > 1.5


def test_two_short_texts_that_tell_the_same_are_seen() -> None:
    """Three sentences told in other words, with nothing around them, are one reworded passage of all their words."""
    (passage,) = dedup.compare(WIRE, RETOLD).passages
    assert passage.kind == "reworded"
    assert (passage.query.start, passage.query.end) == (0, len(WIRE.rstrip(".")))


def test_verbatim_alone_finds_no_other_words() -> None:
    """Asked for copies only, a text of the same words in another order has no reworded passage."""
    kinds = {passage.kind for passage in dedup.compare(WIRE, RETOLD, reworded=False).passages}
    assert "reworded" not in kinds


def test_other_stories_tell_nothing_in_common() -> None:
    """Two stories of different events share no passage of any kind."""
    assert dedup.compare(WIRE, OTHER).passages == ()


HOSTILE: dict[str, Callable[[int], tuple[str, str]]] = {
    "one sentence": lambda n: (" ".join(f"w{i}" for i in range(n)), " ".join(f"w{n - i}" for i in range(n))),
    "sentences of one word": lambda n: (". ".join(f"w{i}" for i in range(n)), ". ".join(f"w{n - i}" for i in range(n))),
    "one word": lambda n: ("a " * n, "a " * n),
    "one word a sentence": lambda n: ("a. " * n, "a. " * n),
    "one article": lambda n: (f"{WIRE} " * (n // 40), f"{RETOLD} " * (n // 40)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_work_is_bounded_by_the_length(kind: str) -> None:
    """Postings read and words added up stay within a fixed number a word, whatever the texts repeat: counted."""
    n = 20_000
    a, b = (tokenize([text], prose=True) for text in HOSTILE[kind](n))
    work = np.zeros(2, np.int64)
    find_reworded(
        *(
            a.hashes,
            a.stems,
            a.stops,
            b.hashes,
            b.stems,
            b.stops,
            b.offsets,
            np.ones(1, np.bool_),
            np.zeros((0, 6), np.int32),
            40.0,
            work,
        )
    )
    assert work.sum() <= 500 * (len(a.hashes) + len(b.hashes))


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("One two. Three", ["two", "Three"]),
        ("It rose 3.5 pct! Then fell?", ["pct", "fell"]),
        ("Head line\n\nBody text", ["line", "text"]),
        ("Head line\nBody text", ["text"]),
        ("第一句。第二句！", ["句", "句"]),
        ("पहला वाक्य। दूसरा", ["वाक्य", "दूसरा"]),
    ],
)
def test_sentences_end_where_readers_see_them_end(text: str, ends: list[str]) -> None:
    """A full stop before a blank, a full stop of a script without blanks, and a blank line end a sentence."""
    tokens = tokenize([text], prose=True)
    places = zip(tokens.starts, tokens.ends, tokens.stops, strict=True)
    assert [text[start:end] for start, end, stop in places if stop] == ends


def test_stems_are_first_letters_and_pairs_of_letters() -> None:
    """Words with five first letters in common have one stem; a letter of Chinese has one with the letter after it."""
    tokens = tokenize(["inflation inflated inflames infl 中文字中文"], prose=True)
    assert len({*tokens.stems[:2].tolist()}) == 1
    assert len({*tokens.stems[1:4].tolist()}) == 2
    first, _, _, again, _ = tokens.stems[4:].tolist()
    assert first == again

"""Passages that stand side by side in both texts are one; copies that changed places stay two."""

import dedup
from dedup.model import Passage

LEFT = (
    "Divers of the navy searched the flooded quarry on Sunday after two hikers reported lights below the surface and a",
    "strange humming, while villagers gathered at the northern rim with blankets and hot soup for the exhausted crews",
)
AROUND = (
    "Ministers will meet again next week to settle the budget, and nobody in the capital expects a quick agreement.",
    "Cherry trees bloomed two weeks early this spring; growers fear that a late frost could still spoil the harvest.",
)


def passages(one: tuple[str, str], other: tuple[str, str], *, reworded: bool = True) -> tuple[Passage, ...]:
    """Return what two texts share, the parts of the second one in the other order."""
    left, right = f"{' '.join(one)} {AROUND[0]}", f"{AROUND[1]} {other[1]} {other[0]}"
    return dedup.compare(left, right, reworded=reworded).passages


def edited(text: str, step: int) -> str:
    """Return a text with every so many words another."""
    return " ".join("qualmishly" if at % step == step - 1 else word for at, word in enumerate(text.split()))


def test_copies_that_changed_places_stay_two() -> None:
    """Two sentences copied word by word, in the other order, are two copied passages."""
    assert [(one.kind, one.matched_words) for one in passages(LEFT, LEFT)] == [("passage", 20), ("passage", 18)]


def test_parts_that_were_edited_and_changed_places_are_one_passage() -> None:
    """Edited by a word in four and in the other order they are one reworded passage, which counts the words of both."""
    other = (edited(LEFT[0], 4), edited(LEFT[1], 4))
    copied = passages(LEFT, other, reworded=False)
    assert [one.matched_words for one in copied] == [20 - 5, 18 - 4], "neither is lost in a loose passage over both"
    [passage] = passages(LEFT, other)
    assert passage.kind == "reworded"
    assert (passage.query.start, passage.query.end) == (0, len(" ".join(LEFT)))
    assert passage.document.start == len(AROUND[1]) + 1
    assert passage.matched_words == 20 - 5 + 18 - 4


def test_copies_in_a_passage_that_is_too_little_similar_are_told() -> None:
    """Who asks for the same words alone gets the two copies beside a word put in, not their one passage left out."""
    first, second = (" ".join(f"{name}{place}" for place in range(count)) for name, count in (("x", 12), ("u", 50)))
    texts = f"{first} {second}", f"{first} inserted {second}"
    assert [one.matched_words for one in dedup.compare(*texts, min_similarity=0.99).passages] == [62]
    exact = dedup.compare(*texts, min_similarity=1.0, min_words=12).passages
    assert [(one.matched_words, one.similarity) for one in exact] == [(12, 1.0), (50, 1.0)]

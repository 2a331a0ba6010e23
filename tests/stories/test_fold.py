"""Look-ups that return the best match of each story alone."""

import pytest
from stories.told import index_of

import dedup
from dedup.errors import InvalidInput, NoStories
from dedup.model import Document
from dedup.stores.membership import Membership

LONG = " ".join(f"word{n}" for n in range(60))
HALF = " ".join(f"word{n}" for n in range(30))
TOLD = [
    (Document("a", LONG), Membership("a")),
    (Document("a2", HALF), Membership("a")),
    (Document("a3", f"{HALF} and more"), Membership("a")),
    (Document("b", f"{HALF} beside other words"), Membership("b")),
]


def test_the_best_of_each_story_stays_with_a_count_of_the_others() -> None:
    """Four documents resemble the text, in two stories: two matches, of which one stands for two more."""
    with index_of(TOLD) as index:
        plain, answer = index.resemble(LONG), index.resemble(LONG, fold="story")
    assert [(one.id, one.story, one.folded) for one in plain] == [
        ("a", "a", 0),
        *((one.id, one.story, 0) for one in plain.matches[1:]),
    ]
    assert [(one.id, one.story, one.folded) for one in answer] == [("a", "a", 2), ("b", "b", 0)]
    assert (answer.found, answer.coverage, answer.truncated) == (4, 1, False)


def test_the_limit_counts_stories() -> None:
    """Of two stories one is wanted; all documents found are still counted."""
    with index_of(TOLD) as index:
        answer = index.resemble(LONG, fold="story", limit=1)
    assert ([one.id for one in answer], answer.found) == (["a"], 4)


def test_an_index_without_stories_refuses_to_fold_them() -> None:
    """The refusal says so, for a text and for several."""
    with dedup.open("memory:") as index:
        with pytest.raises(NoStories, match="has no stories"):
            index.resemble(LONG, fold="story")
        (reject,) = index.resemble_many([LONG], fold="story")
        assert isinstance(reject, dedup.Reject)
        assert reject.code == "no_stories"


def test_only_stories_are_folded() -> None:
    """Another word than story is refused before anything is read."""
    with pytest.raises(InvalidInput, match="fold"):
        dedup.Question(fold="source")  # type: ignore[arg-type]


def test_the_match_that_the_verdict_rests_on_stays_beside_the_best() -> None:
    """Of a story the document stays that shares most words, and the one that the text is a near-duplicate of."""
    text = " ".join(f"word{n}" for n in range(40))
    told = [
        (Document("copy", " ".join(f"word{n}" for n in range(39))), Membership("a")),
        (Document("half", " ".join(f"word{n}" for n in range(20))), Membership("a")),
        (Document("long", f"{text} {' '.join(f'other{n}' for n in range(60))}"), Membership("a")),
    ]
    with index_of(told) as index:
        plain, answer = index.resemble(text), index.resemble(text, fold="story")
        one = index.resemble(text, fold="story", limit=1)
    assert [match.id for match in plain] == ["long", "copy", "half"]
    assert [(match.id, match.folded) for match in answer] == [("long", 1), ("copy", 0)]
    assert (answer.verdict, answer.coverage, answer.found) == ("near_duplicate", plain.coverage, 3)
    assert ([match.id for match in one], one.verdict) == (["copy"], "near_duplicate")

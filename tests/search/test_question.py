"""What may be asked: each limit at its bounds, and the defaults of either unit."""

from typing import Any

import pytest

from dedup.errors import InvalidInput
from dedup.search.question import Question


@pytest.mark.parametrize(
    "fields",
    [
        {"limit": 1},
        {"limit": 16_777_216},
        {"min_words": None},
        {"min_words": 1},
        {"min_words": 16_777_216},
        {"min_similarity": None},
        {"min_similarity": 1e-9},
        {"min_similarity": 1},
        {"min_similarity": 1.0},
        {"contained": 0.5},
        {"contained": 1},
        {"passages": False},
        {"filter": {"same": {"same": True}}},
    ],
)
def test_bounds_are_taken(fields: dict[str, Any]) -> None:
    """The least and the greatest value of each limit make a question."""
    assert {name: getattr(Question(**fields), name) for name in fields} == fields


@pytest.mark.parametrize(
    "fields",
    [
        {"limit": 0},
        {"limit": 16_777_217},
        {"limit": True},
        {"limit": 1.0},
        {"limit": None},
        {"min_words": 0},
        {"min_words": 16_777_217},
        {"min_words": "12"},
        {"min_similarity": 0},
        {"min_similarity": 1.001},
        {"min_similarity": True},
        {"min_similarity": float("nan")},
        {"min_similarity": "0.5"},
        {"contained": 0.49},
        {"contained": 1.01},
        {"contained": None},
        {"contained": True},
        {"contained": float("nan")},
        {"contained": "0.8"},
        {"passages": 1},
        {"passages": None},
        {"filter": {"n": {}}},
        {"filter": ["n"]},
    ],
)
def test_beyond_the_bounds_is_refused(fields: dict[str, Any]) -> None:
    """A value beyond a bound, or of another type, is refused, and the message names the field."""
    (name,) = fields
    with pytest.raises(InvalidInput, match=name):
        Question(**fields)


def test_unit_decides_the_defaults() -> None:
    """Nothing asked for is 12 words at .6 or 40 characters at .45; what is asked for holds for both units."""
    usual, asked = Question(), Question(min_words=5, min_similarity=0.9)
    assert (usual.limit, usual.passages, usual.filter) == (10, True, None)
    assert (usual.usual_words("word"), usual.usual_similarity("word")) == (12, 0.6)
    assert (usual.usual_words("character"), usual.usual_similarity("character")) == (40, 0.45)
    for unit in ("word", "character"):
        assert (asked.usual_words(unit), asked.usual_similarity(unit)) == (5, 0.9)

"""The shape of JSON is what a walk over the values that Python reads from it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.json_shape import shape

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=30,
)


def values(tree: Any) -> int:
    """Count values and names by a walk."""
    if isinstance(tree, dict):
        return 1 + sum(1 + values(below) for below in tree.values())
    return 1 + (sum(map(values, tree)) if isinstance(tree, list) else 0)


def depth(tree: Any) -> int:
    """Measure the depth by a walk."""
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    return 0 if below is None else 1 + max(map(depth, below), default=0)


@given(TREES, st.booleans(), st.sampled_from([None, 1]))
def test_shape_is_that_of_the_values(tree: Any, ascii_only: bool, indent: int | None) -> None:
    """Values, names and depth are counted right, whatever stands in strings, with blanks and without."""
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=indent)
    assert shape(text.encode("utf-8", "surrogatepass")) == (values(tree), depth(tree))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (0, 0)),
        (b'"[{,:', (1, 0)),
        (b'"\\"[[', (1, 0)),
        (b'"\\\\"[[', (3, 2)),
        (b"[" * 1_000_000, (1_000_000, 1_000_000)),
        (b"]]]][", (1, 0)),
    ],
)
def test_shape_of_what_is_no_json(data: bytes, expected: tuple[int, int]) -> None:
    """What is no JSON is measured too, in one pass: strings that do not end, brackets without their other half."""
    assert shape(data) == expected

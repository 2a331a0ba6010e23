"""Whoever settles, and whenever: the hits are those of the obvious model."""

import tempfile
from pathlib import Path

import pytest
from contract.watching import RELEASES, Model, Unsettled, about, every, named
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup import Document

NAMES = ["a", "b", "c"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("watch"), st.sampled_from(NAMES), st.integers(0, 2)),
        st.tuples(st.just("unwatch"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("put"), st.integers(0, 3), st.integers(0, 1)),
        st.tuples(st.just("settle"), st.integers(0, 1), st.just(0)),
    ),
    max_size=30,
)


@pytest.mark.parametrize("most", [1, 64])
@settings(max_examples=40)
@given(steps=STEPS)
def test_settled_at_any_time_by_anybody(most: int, steps: list[tuple[str, int, int]]) -> None:
    """Documents are put by one opening and settled by two others in turn, some at a time: the hits are the model's."""
    model, count = Model(), 0
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
        dedup.open(f"lmdb:{Path(folder) / 'index'}") as first,
        dedup.open(f"lmdb:{Path(folder) / 'index'}") as second,
    ):
        patch.setattr("dedup.engine.watching._AT_ONCE", most)
        patch.setattr("dedup.engine.watching._BEHIND", most)
        late = Unsettled(first._store)
        for verb, which, what in steps:
            if verb == "watch":
                first.settle()  # else a watch that is replaced has not held what came in before
                first.watch(str(which), RELEASES[what])
                model.watches[str(which)] = RELEASES[what]
            elif verb == "unwatch":
                second.unwatch(str(which))
                model.unwatch(str(which))
            elif verb == "put":
                document = Document(f"d{count}", about(which, seed=count))
                late.put([document])
                model.put(document)
                count += 1
            else:
                (first, second)[int(which)].settle()
        assert named(every(second)) == model.hits

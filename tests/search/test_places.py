"""Places of passages: lines as a reader counts them, beside code points."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.search.places import Places
from dedup.sketching.tokens import tokenize

PIECES = st.sampled_from(
    ["one", "two", "\n", "\r\n", "\r", " ", "\x0b", "\x0c", "\u2028", "\x85", "é", "漢", "\U0001f600"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_lines_are_counted_by_their_ends(text: str) -> None:
    """The line of a word is one more than the line ends before it: LF, CR, or both, and no other separator."""
    tokens = tokenize(["in front\n", text])
    places = Places(text, tokens, int(tokens.offsets[1]))
    for word in range(int(tokens.offsets[2] - tokens.offsets[1])):
        span = places.span(word, word + 1)
        before = 1 + len(re.findall("\r\n|\r|\n", text[: span.start]))
        assert (span.line, span.end_line) == (before, 1 + len(re.findall("\r\n|\r|\n", text[: span.end - 1])))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_passage_tells_its_lines(end: str) -> None:
    """A passage of lines 2 and 3 that stands on lines 4 to 6 of the other text says so."""
    words = [f"shared{place}" for place in range(20)]
    first = end.join(["a title", " ".join(words[:12]), " ".join(words[12:]), "an end"])
    second = end.join(["", "", "something else", *(" ".join(words[at : at + 7]) for at in (0, 7, 14)), ""])
    (passage,) = dedup.compare(first, second).passages
    assert (passage.query.line, passage.query.end_line) == (2, 3)
    assert (passage.document.line, passage.document.end_line) == (4, 6)

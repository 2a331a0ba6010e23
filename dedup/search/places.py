"""Tokens of a text to places in it: code points, and the lines that a reader counts."""

from bisect import bisect_right
from itertools import accumulate

from dedup.model import Span
from dedup.sketching.tokens import Tokens


class Places:
    """Where the tokens of one text lie in it; the lines are counted when the first place is asked for."""

    def __init__(self, text: str, tokens: Tokens, base: int = 0) -> None:
        """Take a text and the tokens of several, of which its own begin at `base`."""
        self._text, self._tokens, self._base = text, tokens, base
        self._lines: list[int] | None = None

    def span(self, first: int, end: int) -> Span:
        """Return the place of the text's tokens `first` to `end`, the last one exclusive."""
        if self._lines is None:
            self._lines = _line_starts(self._text)
        starts = int(self._tokens.starts[self._base + first])
        ends = int(self._tokens.ends[self._base + end - 1])
        return Span(starts, ends, 1 + bisect_right(self._lines, starts), 1 + bisect_right(self._lines, ends - 1))


def _line_starts(text: str) -> list[int]:
    """Return where the second line and each further one begins."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return list(accumulate(len(part) + 1 for part in text.split("\n")))

"""Runs cut out of a text, and what is left joined as a reader expects it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import category

from dedup.corpus.units import blank_line, line_end
from dedup.sketching.tokens import tokenize

_SPACES = re.compile(r"[\s\u200b\ufeff]+")
_CLOSING, _OPENING = ("Po", "Pe", "Pf"), ("Ps", "Pi")
AROUND = 40  # not measured: characters beside a joint, so that accents and hyphens that cling to a word come along
_HYPHENS = ("Pd", "Cf", "Sm")  # Cf: the soft hyphen; Sm: the not sign, which some systems write for it


class Cut(NamedTuple):
    """A run in a text, all in code points.

    Attributes:
        start: where its first token begins.
        end: where its last one ends.
        before: where the token before it ends, 0 if there is none.
        after: where the token after it begins, the text's length if there is none.
    """

    start: int
    end: int
    before: int
    after: int


def without(text: str, cuts: Sequence[Cut]) -> str:
    """Return the text without the cuts, which come by their starts, and may overlap.

    The punctuation that clings to a run goes with it. White space at a joint is the widest of both sides: a paragraph
    break, else a line break, else one blank; scripts written without blanks get none.
    """
    parts, place = list[str](), 0
    for cut in _united(cuts):
        parts.append(text[place : cut.before])
        left, right = text[cut.before : max(cut.start, cut.before)], text[min(cut.end, cut.after) : cut.after]
        if cut.before == 0:
            parts.append(_opening(right) if cut.after < len(text) else "")
        elif cut.after == len(text):
            parts.append(_closing(left))
        else:
            around = text[max(0, cut.before - AROUND) : cut.before], text[cut.after : cut.after + AROUND]
            parts.append(_joint(around[0], left, right, around[1]))
        place = cut.after
    return "".join([*parts, text[place:]])


def _united(cuts: Sequence[Cut]) -> Iterator[Cut]:
    """Yield cuts with words between them."""
    last: Cut | None = None
    for cut in cuts:
        if last and cut.start <= last.after:
            last = last._replace(end=max(cut.end, last.end), after=max(cut.after, last.after))
            continue
        if last:
            yield last
        last = cut
    if last:
        yield last


def _joint(before: str, left: str, right: str, after: str) -> str:
    """Return what stands at a joint, between two words of which `before` and `after` are what is next to it."""
    closing, opening = _closing(left), _opening(right)
    space = _space(left, right)
    if line_end(space):  # a hyphen there would join two words
        while closing and category(closing[-1]) in _HYPHENS:
            closing = closing[:-1]
    apart = len(tokenize([before]).hashes) + len(tokenize([after]).hashes)
    if len(tokenize([before + closing + space + opening + after]).hashes) < apart:
        space = " "
    return closing + space + opening


def _closing(gap: str) -> str:
    """Return what of a gap clings to the word before it."""
    space = _SPACES.search(gap)
    if space:
        return gap[: space.start()]
    return gap[: next((i for i, one in enumerate(gap) if category(one) not in _CLOSING), len(gap))]


def _opening(gap: str) -> str:
    """Return what of a gap clings to the word behind it."""
    spaces = list(_SPACES.finditer(gap))
    if spaces:
        return gap[spaces[-1].end() :]
    return gap[len(gap) - next((i for i, one in enumerate(reversed(gap)) if category(one) not in _OPENING), len(gap)) :]


def _space(left: str, right: str) -> str:
    """Return the widest white space of both gaps, one blank for many."""
    for find in (blank_line, line_end):
        for gap in (left, right):
            if found := find(gap):
                return found
    return " " if _SPACES.search(left) or _SPACES.search(right) else ""

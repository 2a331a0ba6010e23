"""Places in a text, counted in other units: JavaScript counts UTF-16 units, Go and Rust bytes of UTF-8."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from dedup.model import Match, Passage, Span

Unit = Literal["codepoints", "utf16", "utf8"]
Convert = Callable[[Span], Span]


def converter(text: str, unit: Unit) -> Convert:
    """Return what turns a span of code points of `text` into one of `unit`."""
    if unit == "codepoints" or text.isascii():
        return lambda span: span
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    bounds = (0x10000,) if unit == "utf16" else (0x80, 0x800, 0x10000)
    widths = 1 + sum((points >= bound).astype(np.int64) for bound in bounds)
    places = np.concatenate([np.zeros(1, np.int64), np.cumsum(widths)])
    return lambda span: Span(int(places[span.start]), int(places[span.end]))


def converted(match: Match, query: Convert, document: Convert) -> Match:
    """Return the match with the places in both texts converted."""

    def passage(one: Passage) -> Passage:
        return replace(one, query=query(one.query), document=document(one.document))

    return replace(match, passages=tuple(map(passage, match.passages)))

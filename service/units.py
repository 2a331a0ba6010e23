"""Places in a text, counted in other units: JavaScript counts UTF-16 units, Go and Rust bytes of UTF-8."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Literal

import numpy as np

from dedup.model import Document, Match, Span

Unit = Literal["codepoints", "utf16", "utf8"]
Convert = Callable[[Span], Span]


def counting(unit: Unit, query: str, documents: Mapping[str, Document]) -> Callable[[Match], Match]:
    """Return what gives a match of `query` with one of `documents` its places in `unit`."""
    if unit == "codepoints":
        return lambda match: match
    here = _converter(query, unit)
    there = cache(lambda name: _converter(documents[name].text, unit))
    return lambda match: _converted(match, here, there(match.id))


def _converter(text: str, unit: Unit) -> Convert:
    """Return what turns a span of code points of `text` into one of `unit`."""
    if text.isascii():
        return lambda span: span
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    bounds = (0x10000,) if unit == "utf16" else (0x80, 0x800, 0x10000)
    widths = 1 + sum((points >= bound).astype(np.int64) for bound in bounds)
    places = np.concatenate([np.zeros(1, np.int64), np.cumsum(widths)])
    return lambda span: replace(span, start=int(places[span.start]), end=int(places[span.end]))


def _converted(match: Match, query: Convert, document: Convert) -> Match:
    passages = (replace(one, query=query(one.query), document=document(one.document)) for one in match.passages)
    return replace(match, passages=tuple(passages))

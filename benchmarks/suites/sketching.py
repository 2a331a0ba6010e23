"""From text to sketch beside the peers: speed, estimator error, and what edits do to what each of them sees."""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib import import_module
from itertools import islice
from random import Random
from typing import Any

import numpy as np

from benchmarks.harness.clock import race
from benchmarks.harness.machine import installed
from benchmarks.harness.row import Row
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.task import Estimates, Way, shingles
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.scripts import english

PEERS = ("resembles", "datasketch", "rensa", "gaoya", "fastsketchlsh", "textdedup", "datatrove")
SPEED, ERROR, EDITS = "Text to sketch", "Estimator error", "What edits do"
LENGTHS = {"40 words": 40, "300 words": 300, "6,000 words": 6_000}
ALIKE = 0.8
CHECKED = 100
WIDTHS = {40: 1, 600: 2, 6_000: 10}
"""Words of the texts on which estimators are judged, and by how much fewer pairs there are of them."""


@cache
def ways() -> tuple[tuple[Way, ...], tuple[str, ...]]:
    """Return all ways, ours first, and which peers are not installed."""
    found, missing = list[Way](), list[str]()
    for peer in PEERS:
        try:
            found += import_module(f"benchmarks.peers.{peer}").WAYS
        except ImportError:
            missing.append(f"{peer} is not installed: make bench-deps")
    return tuple(found), tuple(missing)


def rows(scale: Scale) -> Iterator[Row]:
    """Yield speeds, then errors, then what edits do."""
    for case, words in LENGTHS.items():
        tell(f"sketching: {case}")
        yield from speed(scale, case, words)
    for words, fewer in WIDTHS.items():
        tell(f"estimator error: {words} words")
        yield from errors(words, max(4, scale.pairs // fewer))
    tell("edits")
    yield from edits(scale)


def speed(scale: Scale, case: str, words: int) -> Iterator[Row]:
    """Yield the rate of each way; slow ways are given a share of the texts."""
    count = max(2, scale.characters // (7 * words))
    pool = list(islice(english(max(words, 300), 1, scale.data), count))
    texts = [" ".join(text.split()[:words]) for text in pool] if words < 300 else pool
    asked, recall = {way.name: way for way in ways()[0]}, found_again(words, min(CHECKED, scale.pairs))
    given = {name: texts[: max(2, int(len(texts) * way.share))] for name, way in asked.items()}
    taken = race({name: partial(way.sketch, given[name]) for name, way in asked.items()}, scale.rounds)
    for name, way in asked.items():
        size = sum(len(text.encode()) for text in given[name]) / 1e6
        median, spread, wall = taken[name].rates(size, threads=way.threads)
        yield Row(
            table=SPEED,
            name=name,
            case=case,
            size=words,
            unit="MB/s",
            median=median,
            spread=spread,
            wall=wall,
            accuracy=recall[name],
            measure="of copies with 5 words put before",
            version=installed(way.package),
        )


@cache
def found_again(words: int, count: int) -> dict[str, float]:
    """Return for each way the share of texts that are seen as alike when five words are put before them."""
    a, b = edited("5 words put before", max(words, 40), count if words < 1_000 else max(4, count // 10))
    return {way.name: float(np.mean(way.estimate(a, b) >= ALIKE)) for way in ways()[0]}


def errors(words: int, count: int) -> Iterator[Row]:
    """Yield root mean square error and bias of each way, against the exact similarity of the very shingles."""
    a, b, exact = graded(words, count)
    for way in ways()[0]:
        if way.threads > 1:
            continue
        wrong = way.estimate(a, b) - exact
        common: dict[str, Any] = {
            "table": ERROR,
            "name": way.name,
            "case": f"{words:,} words",
            "size": words,
            "version": installed(way.package),
        }
        yield Row(**common, unit="RMSE", median=float(np.sqrt(np.mean(wrong**2))))
        yield Row(**common, unit="bias", median=float(abs(np.mean(wrong))))


def graded(words: int, count: int) -> tuple[list[str], list[str], Estimates]:
    """Return pairs of texts whose similarity is spread evenly from .1 to .95, and their exact similarity."""
    rng, pool = Random(words), vocabulary()
    a, b, exact = list[str](), list[str](), list[float]()
    for _ in range(count):
        text = rng.choices(pool, k=words)
        replaced = round(words * (1 - (wanted := rng.uniform(0.1, 0.95))) / (1 + wanted))
        start = rng.randrange(words - replaced + 1)
        other = text[:start] + rng.choices(pool, k=replaced) + text[start + replaced :]
        a.append(" ".join(text))
        b.append(" ".join(other))
        one, two = set(shingles(a[-1])), set(shingles(b[-1]))
        exact.append(len(one & two) / len(one | two))
    return a, b, np.array(exact)


@cache
def vocabulary() -> tuple[str, ...]:
    """Return plain lower-case words as often as they occur: every peer's tokenizer takes them for the same."""
    return tuple(word.lower() for word in unigrams(articles(300, None)) if word.isascii())


def edits(scale: Scale) -> Iterator[Row]:
    """Yield the share of edited copies that each way still sees as alike."""
    for edit in EDITED:
        a, b = edited(edit, 300, min(scale.pairs, 400))
        for way in ways()[0]:
            if way.threads == 1:
                seen = float(np.mean(way.estimate(a, b) >= ALIKE))
                yield Row(
                    table=EDITS, name=way.name, case=edit, unit="share", median=seen, version=installed(way.package)
                )


EDITED = ("1 word put before", "5 words put before", "20 words put before", "20 words put after", "3 words replaced")


def edited(edit: str, words: int, count: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return texts and copies of them with one edit; all are well above the similarity that is asked for."""
    rng, pool = Random(len(edit) * words), vocabulary()
    number, *_, how = edit.split()
    a, b = list[str](), list[str]()
    for _ in range(count):
        text, more = rng.choices(pool, k=words), rng.choices(pool, k=int(number))
        copy = list(text)
        if how == "before":
            copy = more + text
        elif how == "after":
            copy = text + more
        else:
            for word in more:
                copy[rng.randrange(words)] = word
        a.append(" ".join(text))
        b.append(" ".join(copy))
    return a, b

"""Near-duplicate documents against the exact similarity of all pairs: whole collections, look-ups, news in clusters."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from math import comb
from typing import Any

import numpy as np

import dedup
from benchmarks.harness.clock import Times, timed
from benchmarks.harness.machine import installed
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.exact import Pair, exact, pair
from benchmarks.peers.lookups import Ask, indexes
from benchmarks.peers.pairs import Finder, by_datasketch, finders
from benchmarks.texts.articles import records
from benchmarks.texts.copies import graded, reprints
from dedup import Document

TABLE, LOOKUPS, NEWS = "Near-duplicate documents", "Near-duplicate look-ups", "News in clusters"
TIMED, THRESHOLDS = 0.8, (0.8, 0.5, 0.65, 0.9, 0.95)
WARM = 20
"""Texts of the uncounted round, in which modules are imported and kernels read."""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield each collection, then the news."""
    collections = {"generated": graded(scale.articles // 5)}
    if scale.data:
        texts = {one["id"]: one["text"] for one in records(scale.data / "open" / "licenses.docs.jsonl.gz")}
        collections["licences"] = texts if scale.name == "full" else dict(list(texts.items())[:500])
    for name, texts in collections.items():
        tell(f"documents: {name}, {len(texts):,}")
        truth = exact(texts, min(THRESHOLDS))
        yield from of_collection(name, texts, truth)
        yield from looked_up(name, texts, truth, scale.queries)
    yield from news(scale.articles // 15)


def of_collection(name: str, texts: Mapping[str, str], truth: Mapping[Pair, float]) -> Iterator[Row]:
    """Yield recall and precision of each finder at each threshold, and how many documents a second at one of them."""
    few = dict(islice(texts.items(), WARM))
    for finder in finders():
        found_by(finder, few, TIMED)
        for threshold in THRESHOLDS if finder.threads == 1 else (TIMED,):
            wanted = {one for one, value in truth.items() if value >= threshold}
            found, times = found_by(finder, texts, threshold)
            recall, precision = shares(found, wanted)
            common: dict[str, Any] = {
                "table": TABLE,
                "name": finder.name,
                "case": f"{name}, {threshold}",
                "size": len(texts),
                "version": installed(finder.package),
            }
            yield Row(**common, unit="share", median=recall, accuracy=precision, measure="precision")
            if threshold == TIMED:
                rate, _, wall = times.rates(len(texts), threads=finder.threads)
                yield Row(**common, unit="documents/s", median=rate, wall=wall, accuracy=recall, measure="recall")


def found_by(finder: Finder, texts: Mapping[str, str], threshold: float) -> tuple[set[Pair], Times]:
    """Return the pairs, and how long it took from the raw texts to the last of them."""
    times = Times()
    pairs = timed(lambda: list(finder.find(texts, threshold)), times)
    return {pair(a, b) for a, b in pairs if a != b}, times


def shares(found: set[Any], wanted: set[Any]) -> tuple[float, float]:
    """Return recall and precision."""
    hits = len(found & wanted)
    return hits / max(1, len(wanted)), hits / max(1, len(found))


def looked_up(name: str, texts: Mapping[str, str], truth: Mapping[Pair, float], count: int) -> Iterator[Row]:
    """Yield how long one look-up takes, from raw text to the names of the near-duplicates, and what is found."""
    asked = random.Random(7).sample(list(texts), min(count, len(texts)))
    chosen = set(asked)
    similar = [one for one, value in truth.items() if value >= TIMED]
    wanted = {one for one in chain(similar, ((b, a) for a, b in similar)) if one[0] in chosen}
    for index, package, opened in indexes():
        tell(f"look-ups: {name}, {index}")
        with opened(texts, TIMED) as ask:
            answers(ask, texts, asked[:WARM])
            found, taken = answers(ask, texts, asked)
        recall, precision = shares(found, wanted)
        common: dict[str, Any] = {
            "table": LOOKUPS,
            "name": index,
            "size": len(texts),
            "version": installed(package),
        }
        of: dict[str, Any] = {"accuracy": recall, "measure": "recall"}
        yield Row(**common, case=f"{name}, found", unit="share", median=recall, accuracy=precision, measure="precision")
        median, spread = middle(taken)
        yield Row(**common, **of, case=f"{name}, p50", unit="ms", median=median, spread=spread)
        yield Row(**common, **of, case=f"{name}, p99", unit="ms", median=float(np.percentile(taken, 99)))


def answers(ask: Ask, texts: Mapping[str, str], asked: Iterable[str]) -> tuple[set[tuple[str, str]], list[float]]:
    """Return the pairs of a text asked with and another one found, and the milliseconds of each look-up."""
    found, taken = set[tuple[str, str]](), list[float]()
    for one in asked:
        start = time.perf_counter()
        others = list(ask(texts[one]))
        taken.append(1e3 * (time.perf_counter() - start))
        found.update((one, other) for other in others if other != one)
    return found, taken


def news(events: int) -> Iterator[Row]:
    """Yield the adjusted Rand index of clusters of reprints: cut, edited, with leads and footers of their own."""
    tell(f"news: {events:,} events")
    texts = reprints(max(events, 10))
    truth = {name: name.partition("-")[0] for name in texts}
    for name, package, find in (
        ("resembles, Jaccard .3 or containment .6", "resembles", reprinted),
        ("datasketch MinHashLSH at .5", "datasketch", by_datasketch),
        ("datasketch MinHashLSH at .3", "datasketch", lambda texts, _: by_datasketch(texts, 0.3)),
        ("exact Jaccard of all pairs at .5", "scipy", lambda texts, _: exact(texts, 0.5)),
        ("exact Jaccard of all pairs at .3", "scipy", lambda texts, _: exact(texts, 0.3)),
    ):
        clusters = components(texts, find(texts, 0.5))
        yield Row(
            table=NEWS,
            name=name,
            case="adjusted Rand index, generated reprints",
            size=len(texts),
            unit="share",
            median=rand_index(truth, clusters),
            version=installed(package),
        )


def reprinted(texts: Mapping[str, str], _: float) -> Iterator[Pair]:
    """Yield pairs of which one is much like the other, or has most of it."""
    with dedup.open("memory:") as index:
        index.put(Document(name, text) for name, text in texts.items())
        for name in texts:
            for match in index.resemble(id=name, limit=20):
                most = max(match.containment.query_in_document, match.containment.document_in_query)
                if match.jaccard >= 0.3 or most >= 0.6:
                    yield name, match.id


def components(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each name the first one of its connected component."""
    first = {name: name for name in names}

    def root(name: str) -> str:
        while first[name] != name:
            first[name] = first[first[name]]
            name = first[name]
        return name

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        first[high] = low
    return {name: root(name) for name in first}


def rand_index(truth: Mapping[str, str], found: Mapping[str, str]) -> float:
    """Return the adjusted Rand index (Hubert, Arabie 1985) of two partitions of the same names."""

    def pairs(labels: Iterable[Any]) -> int:
        return sum(comb(count, 2) for count in Counter(labels).values())

    together = pairs((truth[name], found[name]) for name in truth)
    a, b, total = pairs(truth.values()), pairs(found.values()), comb(len(truth), 2)
    expected, most = a * b / total, (a + b) / 2
    return (together - expected) / (most - expected) if most != expected else 1.0

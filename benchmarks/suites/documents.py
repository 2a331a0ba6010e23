"""Near-duplicate documents: recall and precision against the exact similarity of all pairs; news in clusters."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import comb
from typing import Any

from datasketch import MinHash, MinHashLSH

import dedup
from benchmarks.harness.machine import installed
from benchmarks.harness.row import Row
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.datasketch import fastest
from benchmarks.peers.exact import Pair, exact, pair
from benchmarks.peers.task import NUM_PERM, SEED, shingles
from benchmarks.texts.articles import records
from benchmarks.texts.copies import graded, reprints
from dedup import Document

TABLE, NEWS = "Near-duplicate documents", "News in clusters"
TIMED, THRESHOLDS = 0.8, (0.8, 0.5, 0.65, 0.9, 0.95)
"""The first one is timed; what ours found then serves for all, because its answers tell the similarity."""
LIMIT = 200
RENSA_BANDS = {0.5: 32, 0.65: 16, 0.8: 8, 0.9: 8, 0.95: 8}
"""Of the bands that its sketch of 128 divides into, those whose threshold is nearest."""

Finder = Callable[[Mapping[str, str], float], Iterable[Pair]]


def rows(scale: Scale) -> Iterator[Row]:
    """Yield each collection, then the news."""
    yield from of_collection("generated", graded(scale.articles // 5))
    if scale.data:
        texts = {one["id"]: one["text"] for one in records(scale.data / "open" / "licenses.docs.jsonl.gz")}
        yield from of_collection("licences", texts if scale.name == "full" else dict(list(texts.items())[:500]))
    yield from news(scale.articles // 15)


def of_collection(name: str, texts: Mapping[str, str]) -> Iterator[Row]:
    """Yield recall and precision of each finder at each threshold, and how long a document takes."""
    tell(f"documents: {name}, {len(texts):,}")
    truth = exact(texts, min(THRESHOLDS))
    for finder, package, find in finders():
        for threshold in THRESHOLDS:
            wanted = {one for one, value in truth.items() if value >= threshold}
            start = time.perf_counter()
            found = {pair(a, b) for a, b in find(texts, threshold) if a != b}
            taken = time.perf_counter() - start
            hits = len(found & wanted)
            common: dict[str, Any] = {
                "table": TABLE,
                "name": finder,
                "case": f"{name}, {threshold}",
                "size": len(texts),
                "version": installed(package),
            }
            recall = hits / max(1, len(wanted))
            precise: dict[str, Any] = {"accuracy": hits / max(1, len(found)), "measure": "precision"}
            yield Row(**common, **precise, unit="share", median=recall)
            if threshold == TIMED:
                again: dict[str, Any] = {"accuracy": recall, "measure": "recall"}
                yield Row(**common, **again, unit="documents/s", median=len(texts) / taken)


def finders() -> Iterator[tuple[str, str, Finder]]:
    """Yield what finds pairs, ours first: each begins with the raw texts every time."""
    yield "resembles", "resembles", Resembles()
    yield "datasketch MinHashLSH", "datasketch", by_datasketch
    if installed("rensa"):
        yield "rensa RMinHashLSH", "rensa", by_rensa
    if installed("gaoya"):
        yield "gaoya, 20 bands of 5, verified by signature", "gaoya", by_gaoya


class Resembles:
    """Answers tell the exact similarity, so one pass over the documents serves every threshold."""

    def __init__(self) -> None:
        """Have asked nothing yet."""
        self._told: list[tuple[str, str, float]] = []

    def __call__(self, texts: Mapping[str, str], threshold: float) -> list[Pair]:
        """Return the pairs that reach the threshold; the first call indexes and asks."""
        if not self._told:
            self._told = list(self._ask(texts))
        return [(a, b) for a, b, similarity in self._told if similarity >= threshold]

    def _ask(self, texts: Mapping[str, str]) -> Iterator[tuple[str, str, float]]:
        with dedup.open("memory:") as index:
            index.put(Document(name, text) for name, text in texts.items())
            for name in texts:
                for match in index.resemble(id=name, limit=LIMIT, passages=False):
                    yield name, match.id, match.jaccard


def by_datasketch(texts: Mapping[str, str], threshold: float) -> Iterator[Pair]:
    """Yield the candidates at its own parameters for the threshold; it verifies nothing."""
    index, made = MinHashLSH(threshold=threshold, num_perm=NUM_PERM), list[MinHash](fastest(list(texts.values())))
    for name, one in zip(texts, made, strict=True):
        index.insert(name, one)
    for name, one in zip(texts, made, strict=True):
        yield from ((name, other) for other in index.query(one))


def by_rensa(texts: Mapping[str, str], threshold: float) -> Iterator[Pair]:
    """Yield the candidates of full-set sketches that its estimate confirms, as its deduplicator does."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415 - a peer that may not be there

    names, sets = list(texts), [shingles(text) for text in texts.values()]
    made = RMinHash.from_token_sets(sets, num_perm=NUM_PERM, seed=SEED)
    index = RMinHashLSH(threshold=threshold, num_perm=NUM_PERM, num_bands=RENSA_BANDS[threshold])
    index.insert_many(made, 0)
    for name, one in zip(names, made, strict=True):
        yield from ((name, names[other]) for other in index.query(one) if one.jaccard(made[other]) >= threshold)


def by_gaoya(texts: Mapping[str, str], threshold: float) -> Iterator[Pair]:
    """Yield what it returns at the bands of its README: candidates whose estimate reaches the threshold."""
    import gaoya  # noqa: PLC0415 - a peer that may not be there

    names = list(texts)
    bands: dict[str, Any] = {"num_bands": 20, "band_size": 5, "num_hashes": 100, "ngram_range": (4, 4)}
    index = gaoya.minhash.MinHashStringIndex(hash_size=32, jaccard_threshold=threshold, analyzer="word", **bands)
    cleaned = [" ".join(text.lower().split()) for text in texts.values()]
    for place, text in enumerate(cleaned):
        index.insert_document(place, text)
    for name, text in zip(names, cleaned, strict=True):
        yield from ((name, names[other]) for other in index.query(text))


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

"""The share of labelled pairs that a look-up finds, in five collections.

All documents of a collection are indexed, and each labelled document is looked up under its own id; a pair counts
twice, once from either side. Labels are scholars' (Chinese, Japanese, suttas) or exact Jaccard similarity of at least
one half (licences, Bible). Needs the evaluation texts.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.texts.articles import records
from dedup import Document, Index

TABLE, MOST, FEW = "Labelled pairs", 1_000, 40
LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and the pairs of them known to be alike."""

    name: str
    labels: str
    limits: tuple[int, ...] = (20,)

    def documents(self, data: Path) -> Iterable[Document]:
        """Iterate over the documents."""
        paths = data / "open" / f"{self.name}.docs.jsonl.gz"
        return (Document(record["id"], record["text"]) for record in records(paths))

    def pairs(self, data: Path) -> list[tuple[str, str]]:
        """Return the pairs of ids labelled as alike."""
        return [
            (record["a"], record["b"])
            for record in records(data / "open" / f"{self.name}.{self.labels}.jsonl.gz")
            if record.get("label", 1) == 1 and record.get("similarity", 1) >= LEAST
        ]


COLLECTIONS = (
    Collection("shiji_zh", "pairs"),
    Collection("aozora_ja", "pairs"),
    Collection("suttas_en", "pairs"),
    Collection("licenses", "exact_jaccard_w3", (20, 50)),
    Collection("bible_nt", "exact_jaccard_w3"),
)


@dataclass(slots=True)
class Found:
    """The pairs found from either side, and how long the look-ups took in milliseconds."""

    asked: list[tuple[str, str]]
    found: set[tuple[str, str]]
    milliseconds: list[float]

    @property
    def missed(self) -> list[tuple[str, str]]:
        """The pairs not found: (query, document)."""
        return [pair for pair in self.asked if pair not in self.found]


def look_up(index: Index, pairs: Sequence[tuple[str, str]], limit: int) -> Found:
    """Look each document of a pair up and see whether the other one is in the answer."""
    others: dict[str, list[str]] = defaultdict(list)
    for a, b in pairs:
        others[a].append(b)
        others[b].append(a)
    result = Found([(a, b) for a in others for b in others[a]], set(), [])
    for query in others:
        start = time.perf_counter()
        answer = index.resemble(id=query, limit=limit)
        result.milliseconds.append((time.perf_counter() - start) * 1e3)
        result.found.update((query, match.id) for match in answer)
    return result


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each collection and limit, if the evaluation texts are there."""
    if scale.data is None:
        tell("labelled pairs left out; set RESEMBLES_EVAL")
        return
    for collection in COLLECTIONS:
        tell(f"labelled pairs: {collection.name}")
        pairs = collection.pairs(scale.data)
        some = pairs[:: -(-len(pairs) // (MOST if scale.name == "full" else FEW))]
        with dedup.open("memory:") as index:
            index.put(collection.documents(scale.data))
            for limit in collection.limits:
                room = _reachable(pairs, limit)
                yield from _told(f"{collection.name}, limit {limit}", look_up(index, some, limit), len(some), room)


def _told(case: str, found: Found, size: int, reachable: float) -> Iterator[Row]:
    share = 1 - len(found.missed) / len(found.asked)
    common: dict[str, Any] = {"table": TABLE, "name": "resembles", "size": size}
    room: dict[str, Any] = {"accuracy": reachable, "measure": "room for, at that limit"}
    yield Row(**common, **room, case=case, unit="share", median=share)
    median, spread = middle(found.milliseconds)
    recall: dict[str, Any] = {"accuracy": share, "measure": "recall"}
    yield Row(**common, **recall, case=f"{case}, p50", unit="ms", median=median, spread=spread)
    last = float(np.percentile(found.milliseconds, 99))
    yield Row(**common, **recall, case=f"{case}, p99", unit="ms", median=last)


def _reachable(pairs: Sequence[tuple[str, str]], limit: int) -> float:
    """Return the share of pairs that answers of `limit` matches have room for."""
    counts = Counter(name for pair in pairs for name in pair)
    return sum(min(limit, count) for count in counts.values()) / sum(counts.values())

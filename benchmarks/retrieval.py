"""Measure the share of labelled pairs that a look-up finds, in five collections: `python -m benchmarks.retrieval`.

All documents of a collection are indexed, and each labelled document is looked up under its own id; a pair counts
twice, once from either side. Labels are scholars' (Chinese, Japanese, suttas) or exact Jaccard similarity of at least
one half (licences, Bible). Needs the evaluation texts.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, print_table, records
from dedup import Document, Index

LIMITS = (20, 50)
LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents and the pairs of them known to be alike."""

    name: str
    labels: str
    target: float | None = None

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
    Collection("shiji_zh", "pairs", 0.95),
    Collection("aozora_ja", "pairs", 0.95),
    Collection("suttas_en", "pairs"),
    Collection("licenses", "exact_jaccard_w3"),
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


def main() -> None:
    """Print a row for each collection and limit."""
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=[collection.name for collection in COLLECTIONS])
    parser.add_argument("--missed", action="store_true", help="print the pairs not found, too")
    args = parser.parse_args()
    if not args.data:
        parser.error("the evaluation texts are needed: give --data or set RESEMBLES_EVAL")
    rows, missed = list[dict[str, Any]](), list[dict[str, Any]]()
    for collection in COLLECTIONS:
        if args.only not in (None, collection.name):
            continue
        pairs = collection.pairs(args.data)
        with dedup.open("memory:") as index:
            index.put(collection.documents(args.data))
            for limit in LIMITS:
                result = look_up(index, pairs, limit)
                rows.append(_row(collection, limit, pairs, result))
                missed += [
                    {"set": collection.name, "limit": limit, "query": a, "document": b} for a, b in result.missed
                ]
    if args.json:
        print(json.dumps({"rows": rows, "missed": missed if args.missed else []}))
        return
    print_table(rows)
    if args.missed and missed:
        print_table(missed)


def _row(collection: Collection, limit: int, pairs: Sequence[tuple[str, str]], result: Found) -> dict[str, Any]:
    return {
        "set": collection.name,
        "pairs": len(pairs),
        "limit": limit,
        "found": 1 - len(result.missed) / len(result.asked),
        "either side": sum(1 for a, b in pairs if {(a, b), (b, a)} & result.found) / len(pairs),
        "at most": _reachable(pairs, limit),
        "target": "" if collection.target is None else f">= {collection.target}",
        "p50 ms": float(np.median(result.milliseconds)),
        "p99 ms": float(np.percentile(result.milliseconds, 99)),
    }


def _reachable(pairs: Sequence[tuple[str, str]], limit: int) -> float:
    """Return the share of pairs that answers of `limit` matches have room for."""
    counts = Counter(name for pair in pairs for name in pair)
    return sum(min(limit, count) for count in counts.values()) / sum(counts.values())


if __name__ == "__main__":
    main()

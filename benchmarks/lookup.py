"""Measure one look-up in an LMDB index, and the share of each stage: `python -m benchmarks.lookup`.

Queries are articles that are not indexed, copies of indexed ones with 5 % of the words edited, and both in turn.
"""

import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, articles, print_table, unigrams
from benchmarks.planting import Planter
from dedup import Document, Index, lookup

EDITED = 0.05
STAGES = {"tokenize": "sketch", "sketch_tokens": "sketch", "rank": "rank", "decode": "fetch", "verify": "verify"}
TARGET = 3.0


@contextmanager
def timed_stages(index: Index) -> Iterator[dict[str, float]]:
    """Count the seconds that each stage of the engine takes, by wrapping what the engine calls."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                seconds[stage] += time.perf_counter() - start

        return call

    store = index._store  # noqa: SLF001 - a stage of the engine is measured by itself
    wrapped: list[tuple[Any, str, str]] = [(lookup, name, stage) for name, stage in STAGES.items()]
    wrapped += [(store, "lookup", "lookup"), (store, "stats", "stats"), (store, "fetch", "fetch")]
    own = {(place, name): getattr(place, name) for place, name, _ in wrapped}
    for place, name, stage in wrapped:
        setattr(place, name, timed(stage, own[place, name]))
    try:
        yield seconds
    finally:
        for (place, name), function in own.items():
            setattr(place, name, function)


def measure(index: Index, queries: Sequence[str]) -> dict[str, Any]:
    """Return quantiles of a look-up in milliseconds, then the mean of each stage, taken in another run."""
    taken, found = list[float](), 0
    for query in queries:
        start = time.perf_counter()
        found += len(index.resemble(query))
        taken.append((time.perf_counter() - start) * 1e3)
    quantiles = {f"p{at}": float(np.percentile(taken, at)) for at in (50, 90, 99)}
    with timed_stages(index) as seconds:
        for query in queries:
            index.resemble(query)
    stages = ("sketch", "stats", "lookup", "rank", "fetch", "verify")
    means = {stage: seconds[stage] / len(queries) * 1e3 for stage in stages}
    return {**quantiles, "mean": float(np.mean(taken)), "matches": found / len(queries), **means}


def main() -> None:
    """Print a row for each kind of query."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=500, help="queries of each kind")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    texts = articles(args.documents + args.queries, args.data, args.seed)
    unseen, indexed = texts[: args.queries], texts[args.queries :]
    planter = Planter(indexed, unseen, unigrams(unseen), rng)
    copies = [planter.reflow(planter.edit(text.split(), EDITED)) for text in rng.sample(indexed, args.queries)]
    mixed = [text for pair in zip(unseen, copies, strict=True) for text in pair][: args.queries]
    with tempfile.TemporaryDirectory() as folder, dedup.open(f"lmdb:{Path(folder) / 'index'}") as index:
        index.put(Document(str(place), text) for place, text in enumerate(indexed))
        for query in unseen[:20]:
            index.resemble(query)
        kinds = {"unseen": unseen, "copies": copies, "mixed": mixed}
        rows = [{"queries": kind, "target p50": TARGET, **measure(index, texts)} for kind, texts in kinds.items()]
    if args.json:
        print(json.dumps({"documents": args.documents, "rows": rows}))
        return
    print(f"milliseconds of a look-up among {args.documents:,} documents; the stages are means")
    print_table(rows)


if __name__ == "__main__":
    main()

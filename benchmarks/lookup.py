"""Measure one look-up in an LMDB index, and the share of each stage: `python -m benchmarks.lookup`.

Queries are articles that are not indexed, copies of indexed ones with 5 % of the words edited, and both in turn.
"""

import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, articles, print_table, unigrams
from benchmarks.planting import Planter
from dedup import Document, Index
from dedup.lookup import Question

EDITED = 0.05
STAGES = ("sketch", "lookup", "rank", "fetch", "verify")
TARGET = 3.0


class Stopwatch:
    """Adds up the seconds of each stage, which ends when the next one begins."""

    def __init__(self) -> None:
        """Start."""
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.last = 0.0

    def start(self) -> None:
        """Begin a look-up."""
        self.last = time.perf_counter()

    def __call__(self, stage: str, _: int) -> None:
        """Take the time at the end of a stage."""
        now = time.perf_counter()
        self.seconds[stage] += now - self.last
        self.last = now


def measure(index: Index, queries: Sequence[str]) -> dict[str, Any]:
    """Return quantiles of a look-up in milliseconds, and the mean of each stage."""
    taken, found, watch = list[float](), 0, Stopwatch()
    for query in queries:
        watch.start()
        start = time.perf_counter()
        found += len(index.look_up(query, None, Question(), watch).answer)
        taken.append((time.perf_counter() - start) * 1e3)
    quantiles = {f"p{at}": float(np.percentile(taken, at)) for at in (50, 90, 99)}
    means = {stage: seconds / len(queries) * 1e3 for stage, seconds in watch.seconds.items()}
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

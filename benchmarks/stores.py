"""Measure a store: `python benchmarks/stores.py --url lmdb:/path/to/new --documents 20000 [--json]`.

Postings are random 64-bit buckets, the worst case for locality. Half of the buckets looked up are in the index.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Store

PAYLOAD = os.urandom(950)  # a compressed 300-word article


def entries(generator: np.random.Generator, first: int, count: int, postings: int) -> list[Entry]:
    """Return documents of random buckets, one chunk each."""
    buckets = generator.integers(0, 2**64, (count, postings), dtype=np.uint64)
    return [
        Entry(f"document-{first + place}", (first + place).to_bytes(16, "big"), PAYLOAD, (row,))
        for place, row in enumerate(buckets)
    ]


def put(store: Store, args: argparse.Namespace) -> dict[str, float]:
    """Fill the index, and time the puts alone."""
    generator, seconds = np.random.default_rng(1), 0.0
    last: list[float] = []
    for first in range(0, args.documents, args.batch):
        batch = entries(generator, first, min(args.batch, args.documents - first), args.postings)
        start = time.perf_counter()
        store.put(batch)
        last = [*last[-19:], time.perf_counter() - start]
        seconds += last[-1]
        if (first // args.batch) % 50 == 49:
            print(f"{first + args.batch:,} documents, {seconds:.1f} s", file=sys.stderr)
    return {
        "documents_per_s": args.documents / seconds,
        "postings_per_s": args.documents * args.postings / seconds,
        "last_batches_postings_per_s": len(last) * args.batch * args.postings / sum(last),
        "slowest_of_last_batches_s": max(last),
    }


def quantiles(store: Store, queries: Sequence[Buckets]) -> dict[str, float]:
    """Return the median and the 99th percentile of a look-up's duration, in milliseconds."""
    taken = []
    for query in queries:
        start = time.perf_counter()
        store.lookup(query, 64)
        taken.append((time.perf_counter() - start) * 1e3)
    return {"p50_ms": float(np.median(taken)), "p99_ms": float(np.percentile(taken, 99))}


def look_up(store: Store, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Time look-ups of 16 and of 160 buckets, half of them known, and of one hot bucket."""
    known = (
        np.random.default_rng(1)
        .integers(0, 2**64, (min(args.documents, args.batch), args.postings), dtype=np.uint64)
        .ravel()
    )
    generator = np.random.default_rng(2)

    def some(count: int) -> Buckets:
        strange = generator.integers(0, 2**64, count // 2, dtype=np.uint64)
        return np.concatenate((generator.choice(known, count // 2), strange))

    figures = {f"lookup_{count}": quantiles(store, [some(count) for _ in range(1000)]) for count in (16, 160)}
    hot = np.array([12345678901234567890], dtype=np.uint64)
    store.put([Entry(f"hot-{place}", bytes(16), b"", (hot,) * 1000) for place in range(100)])
    figures["lookup_hot"] = quantiles(store, [hot] * 100)
    return figures


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Fill a new index and look things up in it."""
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        store = open_store(args.url or f"lmdb:{folder / 'index'}", create=True)
        figures: dict[str, Any] = {"documents": args.documents, "postings": args.postings, "batch": args.batch}
        figures["put"] = put(store, args)
        stats = store.stats()
        payload = stats.documents * len(PAYLOAD)
        figures["disk"] = {"bytes": stats.bytes, "bytes_per_posting": (stats.bytes - payload) / stats.postings}
        figures |= look_up(store, args)
        store.close()
        return figures
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Print the figures as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a new index; default: LMDB in a temporary folder")
    parser.add_argument("--folder", help="where the temporary folder goes")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--postings", type=int, default=160, help="postings a document")
    parser.add_argument("--batch", type=int, default=2_000, help="documents a put")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure(args)
    if args.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        for part, number in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"{name:12} {part:28} {number:14,.3f}")


if __name__ == "__main__":
    main()

"""Measure raw text to signatures, beside the peers, in one run: `python -m benchmarks.throughput`.

Rounds are interleaved, so that what else the machine does befalls all alike; medians are printed. Ours gives the
window minima and band buckets as well. Megabytes are those of the text as UTF-8. Peers: `make bench-deps`.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"  # one thread for the peers written in Rust, too: read when they are imported

import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, articles, print_table

PEERS = {"gaoya": 6, "rensa": 18, "datasketch": 40}
TARGET = 200
CURLY = str.maketrans({"'": "’", '"': "”", "`": "‘"})

Way = Callable[[Sequence[str]], Any]


def ways() -> dict[str, Way]:
    """Return how each package is asked, ours first; a peer that is not installed is left out and said so."""
    found: dict[str, Way] = {
        "resembles": dedup.sketch,
        "resembles, 2 threads": lambda texts: dedup.sketch(texts, threads=2),
    }
    for peer in PEERS:
        try:
            found[f"{peer} {version(peer)}"] = import_module(f"benchmarks.peers.{peer}").signatures
        except PackageNotFoundError:
            print(f"{peer} is not installed: left out (make bench-deps)")
    return found


def measure(texts: Sequence[str], asked: dict[str, Way], rounds: int) -> dict[str, float]:
    """Return the median rate of each way, in MB/s."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, way in asked.items():
            start = time.perf_counter()
            way(texts)
            seconds[name].append(time.perf_counter() - start)
    return {name: size / float(np.median(taken)) for name, taken in seconds.items()}


def rows(rates: dict[str, float], documents: int, size: float) -> list[dict[str, Any]]:
    """Return a row a way, with how many times slower than ours it is and how many times it should be."""
    ours = rates["resembles"]
    return [
        {
            "way": name,
            "MB/s": rate,
            "documents/s": rate / size * documents,
            "ours is × faster": ours / rate,
            "target": _target(name),
        }
        for name, rate in rates.items()
    ]


def _target(name: str) -> str:
    if name == "resembles":
        return f">= {TARGET} MB/s"
    return ">= 1.8 × one" if name.startswith("resembles") else f">= {PEERS[name.split(maxsplit=1)[0]]} ×"


def main() -> None:
    """Print a table for ASCII texts and one for the same texts with typographic quotes."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=8_000, help="ASCII articles")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    pool = articles(2 * args.documents, args.data, args.seed)
    plain = [text for text in pool if text.isascii()][: args.documents]
    curly = [text.translate(CURLY) for text in plain]
    asked = ways()
    for way in asked.values():
        way([*plain[:100], *curly[:100]])
    result: dict[str, Any] = {}
    for name, texts in (("ASCII", plain), ("typographic quotes", [text for text in curly if not text.isascii()])):
        size = sum(len(text.encode()) for text in texts) / 1e6
        result[name] = rows(measure(texts, asked, args.rounds), len(texts), size)
        if not args.json:
            print(f"\n{name}: {len(texts):,} articles, {size:.1f} MB")
            print_table(result[name])
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()

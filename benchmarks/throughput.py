"""Measure raw text to signatures, beside the peers, in one run: `python -m benchmarks.throughput`.

Rounds are interleaved, so that what else the machine does befalls all alike; medians are printed: of processor time for
what runs on one thread, which a busy neighbour disturbs least, and of elapsed time to compare two threads. Ours gives
the window minima and band buckets as well. Megabytes are those of the text as UTF-8. Peers: `make bench-deps`.
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
TWO = "resembles, 2 threads"
CURLY = str.maketrans({"'": "’", '"': "”", "`": "‘"})

Way = Callable[[Sequence[str]], Any]


def ways() -> dict[str, Way]:
    """Return how each package is asked, ours first; a peer that is not installed is left out and said so."""
    found: dict[str, Way] = {
        "resembles": dedup.sketch,
        TWO: lambda texts: dedup.sketch(texts, threads=2),
    }
    for peer in PEERS:
        try:
            found[f"{peer} {version(peer)}"] = import_module(f"benchmarks.peers.{peer}").signatures
        except PackageNotFoundError:
            print(f"{peer} is not installed: left out (make bench-deps)")
    return found


def measure(texts: Sequence[str], asked: dict[str, Way], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median rate of each way, in MB/s of processor time and of elapsed time."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, way in asked.items():
            start, begun = time.process_time(), time.perf_counter()
            way(texts)
            seconds[name].append((time.process_time() - start, time.perf_counter() - begun))
    rates = {name: (size / np.median(taken, axis=0)).tolist() for name, taken in seconds.items()}
    return {name: (processor, elapsed) for name, (processor, elapsed) in rates.items()}


def rows(rates: dict[str, tuple[float, float]], documents: int, size: float) -> list[dict[str, Any]]:
    """Return a row a way; a peer with how many times slower than ours it is, two threads with how many times faster."""
    ours, one = rates["resembles"]
    return [
        {
            "way": name,
            "MB/s": elapsed if name == TWO else processor,
            "MB/s elapsed": elapsed,
            "documents/s": (elapsed if name == TWO else processor) / size * documents,
            "×": elapsed / one if name == TWO else ours / processor,
            "target": _target(name),
        }
        for name, (processor, elapsed) in rates.items()
    ]


def _target(name: str) -> str:
    if name == "resembles":
        return f">= {TARGET} MB/s"
    return ">= 1.8 × one" if name == TWO else f">= {PEERS[name.split(maxsplit=1)[0]]} ×"


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

"""Load a service from other processes: `python -m benchmarks.http_load`.

20,000 articles are put into an index, `dedup serve` serves it, and processes of their own ask for articles of 300
words: one by one for what the service adds to the engine's time, then from several connections as fast as answers
come, alone and while documents are put at a steady rate.
"""

import http.client
import json
import multiprocessing
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.corpus import arguments, articles, print_table
from dedup import Document

TARGET = ">= 150/s, p99 < 40"


@contextmanager
def served(url: str, workers: int) -> Iterator[int]:
    """Serve the index with the very command that users start; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "dedup", "serve", "--index", url, "--port", str(port)]
    with subprocess.Popen([*command, "--workers", str(workers)], stderr=subprocess.DEVNULL) as process:
        try:
            while not _ready(port):
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def _ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def ask(port: int, texts: Sequence[str], seconds: float, results: Any) -> None:
    """Ask again and again on one connection; give back the milliseconds each answer took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    bodies = [json.dumps({"text": text}) for text in texts]
    taken, end, i = list[float](), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        start = time.perf_counter()
        connection.request("POST", "/v1/resemble", bodies[i % len(bodies)], {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        taken.append((time.perf_counter() - start) * 1e3)
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")
        i += 1
    results.put(taken)


def put(port: int, texts: Sequence[str], rate: float, seconds: float, results: Any) -> None:
    """Put documents at a steady rate; give back how many were put."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begun, done = time.monotonic(), 0
    while (now := time.monotonic() - begun) < seconds:
        if done / rate > now:
            time.sleep(done / rate - now)
        body = json.dumps({"text": texts[done % len(texts)]})
        name = f"/v1/documents/new{time.time_ns()}"
        connection.request("PUT", name, body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        done += 1
    results.put(done)


def load(port: int, queries: list[str], fresh: list[str], args: Any, rate: float) -> dict[str, Any]:
    """Return look-ups a second and quantiles in milliseconds."""
    results, written = multiprocessing.Queue(), multiprocessing.Queue()
    shares = [queries[i :: args.connections] for i in range(args.connections)]
    processes = [multiprocessing.Process(target=ask, args=(port, share, args.seconds, results)) for share in shares]
    writer = multiprocessing.Process(target=put, args=(port, fresh, rate, args.seconds, written)) if rate else None
    for process in [*processes, *([writer] if writer else [])]:
        process.start()
    taken = np.concatenate([results.get() for _ in processes])
    documents = written.get() / args.seconds if writer else 0.0
    quantiles = {f"p{at}": float(np.percentile(taken, at)) for at in (50, 90, 99)}
    row = {"connections": args.connections, "documents/s": documents, "look-ups/s": len(taken) / args.seconds}
    return {**row, **quantiles, "target": TARGET}


def added(port: int, url: str, queries: list[str]) -> dict[str, float]:
    """Return the median milliseconds of the engine, of the service on one connection, and the difference."""
    with dedup.open(url, read_only=True) as index:
        engine = list[float]()
        for query in [*queries[:20], *queries]:
            start = time.perf_counter()
            index.resemble(query)
            engine.append((time.perf_counter() - start) * 1e3)
    results = multiprocessing.Queue()
    process = multiprocessing.Process(target=ask, args=(port, queries, 4, results))
    process.start()
    medians = float(np.median(engine[20:])), float(np.median(results.get()))
    return {"engine p50": medians[0], "service p50": medians[1], "added": medians[1] - medians[0], "target": 2.0}


def main() -> None:
    """Print what the service adds, then a row for each load."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=50, help="documents put a second in the second load")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--index", help="URL of an empty index; default: LMDB in a temporary folder")
    args = parser.parse_args()
    texts = articles(args.documents + 1000, args.data, args.seed)
    fresh, indexed = texts[:500], texts[1000:]
    queries = [*texts[500:1000], *random.Random(args.seed).sample(indexed, 500)]
    random.Random(args.seed).shuffle(queries)
    with tempfile.TemporaryDirectory() as folder:
        url = args.index or f"lmdb:{Path(folder) / 'index'}"
        with dedup.open(url) as index:
            index.put(Document(str(place), text) for place, text in enumerate(indexed))
        with served(url, args.workers) as port:
            overhead = added(port, url, queries)
            rows = [load(port, queries, fresh, args, rate) for rate in (0, args.rate)]
    if args.json:
        print(json.dumps({"documents": args.documents, "added": overhead, "rows": rows}))
        return
    print(f"milliseconds, {args.documents:,} documents, half of the queries indexed, {args.workers} worker(s)")
    print_table([overhead])
    print_table(rows)


if __name__ == "__main__":
    main()

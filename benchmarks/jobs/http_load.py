"""Load a service from other processes: `python -m benchmarks.jobs.http_load`.

20,000 articles are put into an index and `dedup serve` serves it. One process asks for articles of 300 words and
another puts new ones, each at its own steady rate: a request is sent when it is due, whether or not others are still
under way, and its time counts from then, so that a stall is felt by all whom it delays. For comparison some connections
ask as fast as answers come, and one alone asks for what the service adds to the engine's time.
"""

import asyncio
import json
import math
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np

import dedup
from benchmarks.jobs.arguments import arguments
from benchmarks.report.table import print_table
from benchmarks.texts.articles import articles
from dedup import Document

TARGET = "p99 < 40"
HEADS = "{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the service at once.

    Attributes:
        name: what the table calls it.
        lookups: look-ups sent a second; 0 for `connections` that ask as fast as answers come.
        documents: documents sent a second.
        together: documents in a request: one is a PUT, more are a POST of JSON Lines.
        connections: how many ask as fast as answers come.
    """

    name: str
    lookups: float
    documents: float = 0
    together: int = 1
    connections: int = 0


LOADS = (
    Load("150/s", 150),
    Load("150/s, PUTs", 150, 50),
    Load("170/s, PUTs", 170, 50),
    Load("150/s, tens", 150, 50, together=10),
    Load("2 connections, PUTs", 0, 50, connections=2),
    Load("4 connections, PUTs", 0, 50, connections=4),
)


@contextmanager
def served(url: str, workers: int) -> Iterator[int]:
    """Serve the index with the very command that users start; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "dedup"), "serve", "--index", url, "--port", str(port)]
    with subprocess.Popen([*command, "--workers", str(workers)], stderr=subprocess.DEVNULL) as process:
        try:
            while not _ready(port):
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def request(line: str, kind: str, body: str) -> bytes:
    """Return the bytes of a request."""
    return HEADS.format(line, kind, len(body.encode())).encode() + body.encode()


def question(text: str) -> bytes:
    """Return a look-up."""
    return request("POST /v1/resemble", "application/json", json.dumps({"text": text}))


def delivery(names: Sequence[str], texts: Sequence[str]) -> bytes:
    """Return what puts documents."""
    if len(names) == 1:
        return request(f"PUT /v1/documents/{names[0]}", "application/json", json.dumps({"text": texts[0]}))
    lines = [json.dumps({"id": name, "text": text}) + "\n" for name, text in zip(names, texts, strict=True)]
    return request("POST /v1/documents", "application/x-ndjson", "".join(lines))


class Connection:
    """One connection: bytes out, an answer in, none of it looked into but for its status and length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use an open stream."""
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @property
    def closed(self) -> bool:
        """Whether the other side ended it."""
        return self._reader.at_eof()

    async def exchange(self, sent: bytes) -> bool:
        """Send a request, read its answer to the end, and return whether it was no refusal."""
        self._writer.write(sent)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b"\r\ncontent-length: " in head:
            await self._reader.readexactly(int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]))
        else:
            await self._reader.readuntil(b"\r\n0\r\n\r\n")
        return head.startswith(b"http/1.1 20")


async def steadily(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    """Send a request each 1/rate seconds; return the milliseconds from when each was due to its answer's end.

    A refusal took for ever.
    """
    loop, idle = asyncio.get_running_loop(), list[Connection]()

    async def answered(due: float, sent: bytes) -> float:
        while idle and idle[-1].closed:  # the service ends those that were idle for some seconds
            idle.pop()
        connection = idle.pop() if idle else await Connection.open(port)
        done = await connection.exchange(sent)
        idle.append(connection)
        return (loop.time() - due) * 1e3 if done else math.inf

    begun, tasks = loop.time() + 0.2, list[asyncio.Task[float]]()
    for place in range(int(rate * seconds)):
        due = begun + place / rate
        await asyncio.sleep(due - loop.time())
        tasks.append(asyncio.create_task(answered(due, requests[place % len(requests)])))
    return list(await asyncio.gather(*tasks))


async def at_once(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> list[float]:
    """Send requests on each connection as fast as answers come; return the milliseconds that each took."""
    taken, asked, end = list[float](), cycle(requests), time.perf_counter() + seconds

    async def ask() -> None:
        connection = await Connection.open(port)
        while (start := time.perf_counter()) < end:
            done = await connection.exchange(next(asked))
            taken.append((time.perf_counter() - start) * 1e3 if done else math.inf)

    await asyncio.gather(*(ask() for _ in range(connections)))
    return taken


def elsewhere(function: Callable[..., Coroutine[Any, Any, list[float]]], *given: Any) -> list[float]:
    """Run a coroutine function to its end; what a process of the pool does."""
    return asyncio.run(function(*given))


def run(port: int, load: Load, queries: Sequence[str], fresh: Iterator[str], seconds: float) -> dict[str, Any]:
    """Return look-ups and documents a second, and quantiles in milliseconds."""
    asked, given = list(map(question, queries)), list[bytes]()
    for _ in range(int(load.documents * seconds) // load.together):
        texts = list(islice(fresh, load.together))
        given.append(delivery([f"new{uuid4().hex}" for _ in texts], texts))
    how = (steadily, load.lookups) if load.lookups else (at_once, load.connections)
    with ProcessPoolExecutor(2) as processes:
        rate = load.documents / load.together
        writing = processes.submit(elsewhere, steadily, port, given, rate, seconds) if given else None
        taken = processes.submit(elsewhere, how[0], port, asked, how[1], seconds).result()
        written = writing.result() if writing else []
    row = {"look-ups/s": len(taken) / seconds, "documents/s": len(written) * load.together / seconds}
    quantiles = {f"p{at}": float(np.percentile(taken, at, method="lower")) for at in (50, 90, 99)}
    return {**row, **quantiles, "max": max(taken), "put p50": float(np.median(written)) if written else 0.0}


def added(port: int, url: str, queries: Sequence[str]) -> dict[str, float]:
    """Return the median milliseconds of the engine, of the service on one connection, and the difference."""
    with dedup.open(url, read_only=True) as index:
        engine = list[float]()
        for query in [*queries[:20], *queries]:
            start = time.perf_counter()
            index.resemble(query)
            engine.append((time.perf_counter() - start) * 1e3)
    with ProcessPoolExecutor(1) as processes:
        taken = processes.submit(elsewhere, at_once, port, list(map(question, queries)), 1, 4).result()
    medians = float(np.median(engine[20:])), float(np.median(taken))
    return {"engine p50": medians[0], "service p50": medians[1], "added": medians[1] - medians[0], "target": 2.0}


def summed_up(load: Load, rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Return the medians of the runs of one load, and the least and greatest p99."""
    medians = {name: float(np.median([row[name] for row in rows])) for name in rows[0]}
    tails = [row["p99"] for row in rows]
    return {"load": load.name, **medians, "p99 from": min(tails), "to": max(tails), "target": TARGET}


def main() -> None:
    """Print what the service adds, then a row for each load."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3, help="of each load, in turn")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--index", help="URL of an empty index; default: LMDB in a temporary folder")
    args = parser.parse_args()
    more = int(sum(load.documents for load in LOADS) * args.seconds * args.runs)
    texts = articles(args.documents + 500 + more, args.data, args.seed)
    indexed, unseen, fresh = texts[: args.documents], texts[args.documents :][:500], texts[args.documents + 500 :]
    queries = [*unseen, *random.Random(args.seed).sample(indexed, 500)]
    random.Random(args.seed).shuffle(queries)
    with tempfile.TemporaryDirectory() as folder:
        url = args.index or f"lmdb:{Path(folder) / 'index'}"
        with dedup.open(url) as index:
            index.put(Document(str(place), text) for place, text in enumerate(indexed))
        with served(url, args.workers) as port:
            overhead, new = added(port, url, queries), iter(fresh)
            runs = [[run(port, load, queries, new, args.seconds) for load in LOADS] for _ in range(args.runs)]
    rows = [summed_up(load, rows) for load, rows in zip(LOADS, zip(*runs, strict=True), strict=True)]
    if args.json:
        print(json.dumps({"documents": args.documents, "workers": args.workers, "added": overhead, "rows": rows}))
        return
    print(f"milliseconds, {args.documents:,} documents, half of the queries indexed, {args.workers} worker(s)")
    print_table([overhead])
    print_table(rows)


if __name__ == "__main__":
    main()

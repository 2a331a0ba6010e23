"""Measure an index in Redis, and datasketch's MinHashLSH on the same server: `python -m benchmarks.redis_index`.

A server is started with deploy/redis.conf for each part (`--server` names another program, such as valkey-server).
A tenth of the documents carry one line of boilerplate, a twentieth are near-duplicates: some buckets are hot.
"""

import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH

import dedup
from benchmarks.corpus import arguments, articles, print_table, unigrams
from benchmarks.planting import Planter
from dedup import Document
from dedup.stores.codec import encode
from tests.servers.server import PASSWORD, Server, redis_binary, running

TARGETS = {"p50": "< 4", "p99": "< 12", "put/s, 1 process": ">= 800", "put/s, 2 processes": ">= 1200"}
BOILERPLATE = "Subscribe to our newsletter to receive the day's most important stories in your inbox every morning."
PEERS_DOCUMENTS = 2_000


def corpus(count: int, args: Any) -> list[str]:
    """Return articles, some with boilerplate and some near-duplicates of others."""
    rng = random.Random(args.seed)
    texts = articles(count, args.data, args.seed)
    planter = Planter(texts, texts[:1], unigrams(texts[:200]), rng)
    for place in range(20, count, 20):
        texts[place] = planter.reflow(planter.edit(texts[rng.randrange(place)].split(), 0.05))
    return [f"{text}\n\n{BOILERPLATE}" if place % 10 == 0 else text for place, text in enumerate(texts)]


def put(url: str, texts: Sequence[str], first: int, step: int, together: Barrier) -> None:
    """Put every `step`-th document, between two meetings with the others."""
    dedup.sketch(["compile the kernels before the clock runs"])
    own = [Document(str(place), texts[place]) for place in range(first, len(texts), step)]
    with dedup.open(url) as index:
        together.wait()
        index.put(own)
        together.wait()


def documents_a_second(url: str, texts: Sequence[str], processes: int) -> float:
    """Put the documents from several processes; return how many went in each second, text to acknowledgement."""
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(processes + 1)
    workers = [context.Process(target=put, args=(url, texts, i, processes, together)) for i in range(processes)]
    for worker in workers:
        worker.start()
    together.wait()
    start = time.perf_counter()
    together.wait()
    seconds = time.perf_counter() - start
    for worker in workers:
        worker.join()
    return len(texts) / seconds


def quantiles(ask: Callable[[str], object], queries: Sequence[str]) -> dict[str, float]:
    """Return the median and the 99th percentile of a question's duration, in milliseconds."""
    taken = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        taken.append((time.perf_counter() - start) * 1e3)
    return {"p50": float(np.median(taken)), "p99": float(np.percentile(taken, 99))}


def bytes_by_type(server: Server) -> dict[str, dict[str, int]]:
    """Return for each type of key how many there are, and the memory of all of them, names included."""
    sizes: dict[str, dict[str, int]] = {}
    with server.client() as client:
        cursor = -1
        while cursor:
            cursor, keys = client.scan(max(cursor, 0), count=2_000)
            pipe = client.pipeline(transaction=False)
            for key in keys:
                pipe.type(key)
                pipe.memory_usage(key, samples=0)
            replies = pipe.execute()
            for kind, size in zip(replies[::2], replies[1::2], strict=True):
                total = sizes.setdefault(kind.decode(), {"keys": 0, "bytes": 0})
                total["keys"] += 1
                total["bytes"] += size
    return sizes


def used(server: Server) -> int:
    """Return the server's `used_memory`."""
    with server.client() as client:
        return int(client.info("memory")["used_memory"])


def measure_index(server: Server, texts: Sequence[str], queries: Sequence[str], processes: int) -> dict[str, Any]:
    """Fill an index from so many processes, ask it, and weigh it."""
    before, url = used(server), f"{server.url()}?documents={len(texts)}"
    rate = documents_a_second(url, texts, processes)
    growth = used(server) - before
    with dedup.open(url) as index:
        for query in queries[:20]:
            index.resemble(query)
        asked = quantiles(index.resemble, queries)
        stats = index.stats()
    compressed = sum(len(encode(Document("", text))) for text in texts)
    with server.client() as client:
        log = sum(path.stat().st_size for path in server.folder.rglob("*.aof") if path.is_file())
        rss = int(client.info("memory")["used_memory_rss"])
    sizes = bytes_by_type(server)
    return {
        "documents": stats.documents,
        f"put/s, {processes} process{'es' * (processes > 1)}": rate,
        **asked,
        "postings/document": stats.postings / stats.documents,
        "bytes/posting": sizes["zset"]["bytes"] / stats.postings,
        "bytes/document": growth / stats.documents,
        "allowed": (2.5 * compressed + 20 * stats.postings) / stats.documents,
        "rss/used": rss / used(server),
        "log bytes/document": log / stats.documents,
    }


def measure_datasketch(server: Server, texts: Sequence[str], queries: Sequence[str]) -> dict[str, Any]:
    """Do what MinHashLSH can do with the same texts: word 4-grams, the same bands, no verification."""

    def minhash(text: str) -> MinHash:
        words = text.lower().split()
        made = MinHash(num_perm=128, seed=1)
        made.update_batch([" ".join(words[i : i + 4]).encode() for i in range(len(words) - 3)])
        return made

    storage = {"type": "redis", "redis": {"host": "127.0.0.1", "port": server.port, "password": PASSWORD}}
    before = used(server)
    lsh = MinHashLSH(num_perm=128, params=(42, 3), storage_config={**storage, "basename": b"peer"})
    start = time.perf_counter()
    with lsh.insertion_session() as session:
        for place, text in enumerate(texts):
            session.insert(str(place), minhash(text))
    rate = len(texts) / (time.perf_counter() - start)
    return {
        "documents": len(texts),
        "put/s, 1 process": rate,
        **quantiles(lambda query: lsh.query(minhash(query)), queries),
        "postings/document": 42.0,
        "bytes/posting": (used(server) - before) / len(texts) / 42,
        "bytes/document": (used(server) - before) / len(texts),
    }


def main() -> None:
    """Print what was measured, a block for each part."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--server", default=redis_binary(), help="the server's program; default: redis-server")
    parser.add_argument("--no-peer", action="store_true", help="leave datasketch out")
    args = parser.parse_args()
    texts = corpus(args.documents + args.queries, args)
    queries, texts = texts[: args.queries], texts[args.queries :]
    rng = random.Random(args.seed)
    planter = Planter(texts, queries, unigrams(queries), rng)
    copies = [planter.reflow(planter.edit(rng.choice(texts).split(), 0.05)) for _ in queries]
    mixed = [text for pair in zip(queries, copies, strict=True) for text in pair][: args.queries]
    parts: dict[str, Callable[[Server], dict[str, Any]]] = {
        "one writer": lambda server: measure_index(server, texts, mixed, 1),
        "two writers": lambda server: measure_index(server, texts, mixed, 2),
        "datasketch": lambda server: measure_datasketch(server, texts[:PEERS_DOCUMENTS], mixed[:100]),
    }
    results = {}
    for name, part in parts.items():
        if name == "datasketch" and args.no_peer:
            continue
        with tempfile.TemporaryDirectory() as folder, running(args.server, Path(folder)) as server:
            results[name] = part(server)
    if args.json:
        print(json.dumps(results))
        return
    for name, figures in results.items():
        print(f"\n{name}")
        print_table([{"of": of, "measured": value, "target": TARGETS.get(of, "")} for of, value in figures.items()])


if __name__ == "__main__":
    main()

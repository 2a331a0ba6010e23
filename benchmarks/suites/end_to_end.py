"""From text to durable commit and back, as the index grows; over HTTP; a whole collection at once.

Queries are articles that are not indexed, and copies of indexed ones with 5 % of the words edited.
"""

import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dedup
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.copies import COPIES
from benchmarks.texts.planting import Planter
from dedup import Document, Index
from dedup.batches import BATCH
from dedup.search.question import Question

TABLE, SERVICE, COLLECTION = "Look-up and ingestion, LMDB", "HTTP", "A whole collection"
EDITED = 0.05
STAGES = ("sketch", "lookup", "rank", "fetch", "verify")
SERVED, LEAST, WITHIN = 20_000, 500, 600


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


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the growing index, then the service, then the collection."""
    yield from growing(scale)
    for part in (service, collection):
        try:
            yield from part(scale)
        except subprocess.SubprocessError as error:  # what it measures is a program of its own
            tell(f"{part.__name__} left out: {error}")


def growing(scale: Scale) -> Iterator[Row]:
    """Put documents until each size is reached, and look up at each."""
    tell(f"end to end: {scale.documents[-1]:,} articles")
    texts = articles(scale.documents[-1] + scale.queries, scale.data)
    unseen, indexed = texts[: scale.queries], texts[scale.queries :]
    planter = Planter(indexed, unseen, unigrams(unseen), random.Random(1))
    dedup.sketch(indexed[:10])
    with tempfile.TemporaryDirectory() as folder, dedup.open(f"lmdb:{Path(folder) / 'index'}") as index:
        done, written = 0, 0
        for size in scale.documents:
            tell(f"end to end: {size:,} documents")
            rates = list(put(index, indexed, done, size))
            written += sum(len(text.encode()) for text in indexed[done:size])
            done = size
            sources = [planter.rng.randrange(size) for _ in unseen]
            copies = [planter.reflow(planter.edit(indexed[place].split(), EDITED)) for place in sources]
            found = list(looked_up(index, size, "copies", copies, sources))
            of: dict[str, Any] = {"table": TABLE, "name": "resembles", "size": size}
            recall: dict[str, Any] = {"accuracy": found[0].accuracy, "measure": found[0].measure}
            rate, spread = middle(rates)
            yield Row(**of, **recall, case="put, durable", unit="documents/s", median=rate, spread=spread)
            yield Row(**of, case="index", unit="bytes/document", median=index.stats().bytes / size)
            yield Row(**of, case="text", unit="bytes/document", median=written / size)
            yield from found
            yield from looked_up(index, size, "unseen", unseen, [])


def put(index: Index, texts: Sequence[str], start: int, end: int) -> Iterator[float]:
    """Put documents by batches; yield how many a second."""
    for first in range(start, end, BATCH):
        batch = [Document(str(place), texts[place]) for place in range(first, min(first + BATCH, end))]
        begun = time.perf_counter()
        index.put(batch)
        yield len(batch) / (time.perf_counter() - begun)


def looked_up(index: Index, size: int, kind: str, queries: Sequence[str], sources: Sequence[int]) -> Iterator[Row]:
    """Yield median and last percentile of a look-up, and the mean of each stage."""
    for query in queries[:20]:
        index.resemble(query)
    taken, found, watch = list[float](), list[set[str]](), Stopwatch()
    for query in queries:
        watch.start()
        start = time.perf_counter()
        answer = index.look_up(query, None, Question(), watch).answer
        taken.append((time.perf_counter() - start) * 1e3)
        found.append({match.id for match in answer if match.jaccard >= 0.3})
    of: dict[str, Any] = {"table": TABLE, "name": "resembles", "size": size}
    recall: dict[str, Any]
    if sources:
        share = float(np.mean([str(source) in ids for source, ids in zip(sources, found, strict=True)]))
        recall = {"accuracy": share, "measure": "of copies with 5 % of words edited"}
    else:
        recall = {
            "accuracy": float(np.mean([not ids for ids in found])),
            "measure": "look-ups with no copy in the index",
        }
    median, spread = middle(taken)
    yield Row(**of, **recall, case=f"{kind}, p50", unit="ms", median=median, spread=spread)
    yield Row(**of, **recall, case=f"{kind}, p99", unit="ms", median=float(np.percentile(taken, 99)))
    for stage, seconds in watch.seconds.items():
        yield Row(**of, **recall, case=f"{kind}, mean of {stage}", unit="ms", median=seconds / len(queries) * 1e3)


def service(scale: Scale) -> Iterator[Row]:
    """Yield the rates and quantiles of each load on the service."""
    documents = min(SERVED, max(LEAST, scale.documents[-1]))
    tell(f"end to end: HTTP, {documents:,} documents")
    told = job("http_load", "--documents", documents, "--seconds", scale.seconds, "--runs", 1)
    for load in told["rows"]:
        answers: dict[str, Any] = {
            "accuracy": float(math.isfinite(load["max"])),
            "measure": "1: all answered",
        }
        of: dict[str, Any] = {"table": SERVICE, "name": "resembles", "size": documents}
        yield Row(**of, **answers, case=str(load["load"]), unit="look-ups/s", median=load["look-ups/s"])
        for quantile in ("p50", "p99"):
            if math.isfinite(load[quantile]):
                yield Row(**of, **answers, case=f"{load['load']}, {quantile}", unit="ms", median=load[quantile])


def collection(scale: Scale) -> Iterator[Row]:
    """Yield how fast, and in how much memory, `dedup corpus` works off a collection in which 30 % are copies."""
    documents = scale.documents[min(1, len(scale.documents) - 1)]
    tell(f"end to end: dedup corpus, {documents:,} documents")
    (told,) = job("corpus", "--documents", documents)
    of: dict[str, Any] = {"table": COLLECTION, "name": "resembles", "size": documents}
    share = (told["exact"] + told["near"]) / (COPIES * documents)
    found: dict[str, Any] = {"accuracy": min(1.0, share), "measure": "copies found, edited by up to 5 %"}
    yield Row(**of, **found, case="dedup corpus", unit="documents/s", median=documents / told["seconds"])
    yield Row(**of, case="dedup corpus, peak memory", unit="MB", median=told["peak MB"])


def job(name: str, *options: Any) -> Any:
    """Run a benchmark that is a program of its own; return what it prints as JSON."""
    argv = [sys.executable, "-m", f"benchmarks.jobs.{name}", "--json", *map(str, options)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True, timeout=WITHIN, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout)

"""Indexes: inserts, look-ups, bytes, as they grow; sketches are made beforehand, so that the index alone is timed.

A tenth of the documents carry one line of boilerplate, a twentieth are near-duplicates of others, a fiftieth are copies
of one wire story: some buckets are hot. Each index is filled and asked in a process of its own, one after the other.
"""

import gc
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from numpy.typing import NDArray

import dedup
from benchmarks.harness.machine import installed
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.tables import TOGETHER, Filled, datasketch, fastsketchlsh, rensa
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.planting import Planter
from dedup.scheme import Scheme
from dedup.sketching.sketches import shingles
from dedup.sketching.tokens import tokenize
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Stored

TABLE = "Indexes"
BOILERPLATE = "Subscribe to our newsletter to receive the day's most important stories in your inbox every morning."
EDITED = 0.05
PAYLOAD = os.urandom(950)
"""As large as a compressed article of 300 words; peers keep no texts."""
LISTED, WARM, ODD = 64, 5, 0x9E3779B97F4A7C15
KINDS = {
    "resembles, memory": "",
    "resembles, LMDB": "",
    "resembles, Redis": "",
    "resembles, Redis Cluster": "",
    "datasketch MinHashLSH, memory": "datasketch",
    "datasketch MinHashLSH, Redis": "datasketch",
    "rensa RMinHashLSH": "rensa",
    "FastSketchLSH LSH": "fastsketchlsh",
}
DISK, MANY = "resembles, LMDB", 50
MOST = {"datasketch MinHashLSH, Redis": 30_000}
"""Where more documents would take many minutes."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one index was measured to do: seconds of each batch and look-up, and what they gave."""

    batches: list[tuple[int, float]]
    edited: list[float]
    hot: list[float]
    recall: float
    hot_recall: float
    size: int
    postings: float


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the rows of each index at each size."""
    with tempfile.TemporaryDirectory() as folder:
        tell(f"indexes: sketches of {scale.documents[-1]:,} documents")
        prepare(scale, Path(folder))
        for documents in scale.documents:
            for kind, package in KINDS.items():
                if not there(kind, package) or documents > MOST.get(kind, documents):
                    continue
                yield from told(kind, documents, package or "resembles", apart(kind, documents, Path(folder)))
        yield from told(DISK, scale.largest, "resembles", apart(DISK, scale.largest, Path(folder)))


def there(kind: str, package: str) -> bool:
    """Whether what an index needs is installed."""
    return (not package or bool(installed(package))) and ("Redis" not in kind or which("redis-server") is not None)


def told(kind: str, documents: int, package: str, found: Figures) -> Iterator[Row]:
    """Yield the rows of one index at one size."""
    common: dict[str, Any] = {"table": TABLE, "name": kind, "size": documents, "version": installed(package)}
    recall: dict[str, Any] = {"accuracy": found.recall, "measure": "of copies with 5 % of words edited"}
    rate, spread = middle([count / seconds for count, seconds in found.batches])
    yield Row(**common, **recall, case="insert", unit="inserts/s", median=rate, spread=spread)
    for case, taken, accuracy in (
        ("look-up", found.edited, recall),
        ("look-up, hot", found.hot, {"accuracy": found.hot_recall, "measure": "look-ups that find a copy"}),
    ):
        median, spread = middle([1e3 * seconds for seconds in taken])
        yield Row(**common, **accuracy, case=f"{case}, p50", unit="ms", median=median, spread=spread)
        last = 1e3 * float(np.percentile(taken, 99))
        yield Row(**common, **accuracy, case=f"{case}, p99", unit="ms", median=last)
    yield Row(**common, case="size", unit="bytes/document", median=found.size / documents)
    yield Row(**common, case="size, texts apart", unit="bytes/posting", median=net(kind, documents, found))


def net(kind: str, documents: int, found: Figures) -> float:
    """Return the bytes of a posting: all but the texts, which only ours keeps."""
    texts = documents * len(PAYLOAD) if kind.startswith("resembles") else 0
    return max(0.0, found.size - texts) / (found.postings * documents)


def prepare(scale: Scale, folder: Path) -> None:
    """Write the sketches of documents and queries."""
    texts = collection(scale.documents[-1], scale.data)
    rng, planter = random.Random(1), Planter(texts, texts[:1], unigrams(texts[:200]), random.Random(1))
    sources = [rng.randrange(scale.documents[0]) for _ in range(scale.queries)]
    queries = [planter.reflow(planter.edit(texts[source].split(), EDITED)) for source in sources]
    hot = [planter.reflow(planter.edit(texts[0].split(), EDITED)) for _ in range(max(2, scale.trials))]
    for name, some in (("documents", texts), ("queries", queries), ("hot", hot)):
        sketched = dedup.sketch(some)
        hashes, ends = shingles(tokenize(some), Scheme().k)
        arrays: dict[str, NDArray[Any]] = {
            "buckets": sketched.buckets,
            "offsets": sketched.offsets,
            "signatures": sketched.signatures,
        }
        for part, array in {**arrays, "shingles": hashes, "ends": ends}.items():
            np.save(folder / f"{name}.{part}.npy", array)
        if name == "documents":
            _, places, counts = np.unique(sketched.buckets, return_inverse=True, return_counts=True)
            np.save(folder / "documents.hot.npy", counts[places] > MANY)
    np.save(folder / "sources.npy", np.array(sources))


def collection(count: int, data: Path | None) -> list[str]:
    """Return articles, some with boilerplate, some near-duplicates of others, some copies of the first."""
    rng, texts = random.Random(1), articles(count, data)
    planter = Planter(texts, texts[:1], unigrams(texts[:200]), rng)
    for place in range(20, count, 20):
        source = 0 if place % 100 < 40 else rng.randrange(place)
        texts[place] = planter.reflow(planter.edit(texts[source].split(), EDITED))
    return [f"{text}\n\n{BOILERPLATE}" if place % 10 == 5 else text for place, text in enumerate(texts)]


def apart(kind: str, documents: int, folder: Path) -> Figures:
    """Measure in a new process, whose memory is the index's alone, with a server of its own where one is needed."""
    tell(f"indexes: {kind}, {documents:,} documents")
    with ExitStack() as stack:
        servers = []
        if "Redis" in kind:
            from benchmarks.harness.servers import served  # noqa: PLC0415 - needs Redis

            servers = stack.enter_context(served("cluster" if "Cluster" in kind else "redis"))
        pool = stack.enter_context(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        before = _used(servers)
        url = servers[0].url("redis+cluster" if "Cluster" in kind else "redis") if servers else ""
        found = pool.submit(measure, kind, documents, folder, url).result()
        return Figures(**{**found, "size": _used(servers) - before}) if servers else Figures(**found)


def measure(kind: str, documents: int, folder: Path, url: str) -> dict[str, Any]:
    """Fill an index and ask it: what runs in the process of its own."""
    data = Data(folder, documents)
    if kind.startswith("resembles"):
        return Ours(kind, data, url).measured()
    filled = peer(kind, data, url)
    before = resident()
    batches = [(count, seconds(insert)) for insert, count in filled.batches]
    size = resident() - before
    for call in filled.asked[:WARM]:
        call()
    edited, hot = data.split([asked(call) for call in filled.asked])
    return {
        "batches": batches,
        "edited": [taken for taken, _ in edited],
        "hot": [taken for taken, _ in hot],
        "recall": data.recall([keys for _, keys in edited]),
        "hot_recall": float(np.mean([bool(keys) for _, keys in hot])),
        "size": size,
        "postings": filled.bands,
    }


def asked(call: Callable[[], Any]) -> tuple[float, set[int]]:
    """Return how long a look-up took, and the keys found."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, {int(key) for key in found}


def seconds(call: Callable[[], Any]) -> float:
    """Return how long a call took."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def resident() -> int:
    """Return the memory that the process holds, mapped files apart."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")))


class Data:
    """The sketches that `prepare` wrote; those of documents are mapped, so that they count as little memory."""

    def __init__(self, folder: Path, documents: int) -> None:
        """Open the first so many documents."""
        self.documents = documents
        self.sources: list[int] = np.load(folder / "sources.npy").tolist()
        self._arrays = {
            path.stem: np.load(path, mmap_mode="r" if path.stem.startswith("documents") else None)
            for path in folder.glob("*.*.npy")
        }

    def of(self, name: str, part: str, offsets: str) -> list[NDArray[np.uint64]]:
        """Return the buckets or shingles of each query."""
        ends, values = self._arrays[f"{name}.{offsets}"], self._arrays[f"{name}.{part}"]
        return [values[ends[place] : ends[place + 1]] for place in range(len(ends) - 1)]

    def range(self, part: str, offsets: str, start: int, end: int) -> list[NDArray[np.uint64]]:
        """Return the buckets or shingles of some documents."""
        ends, values = self._arrays[f"documents.{offsets}"], self._arrays[f"documents.{part}"]
        return [np.array(values[ends[place] : ends[place + 1]]) for place in range(start, min(end, self.documents))]

    def posted(self, start: int, end: int) -> list[NDArray[np.uint64]]:
        """Return the buckets of some documents; after the last one they come again, changed but for the hot ones."""
        ends, values = self._arrays["documents.offsets"], self._arrays["documents.buckets"]
        hot, made = self._arrays["documents.hot"], list[NDArray[np.uint64]]()
        for place in range(start, min(end, self.documents)):
            again, first = divmod(place, len(ends) - 1)
            part = slice(ends[first], ends[first + 1])
            own = np.array(values[part])
            made.append(np.where(hot[part], own, own ^ np.uint64(again * ODD % 2**64)) if again else own)
        return made

    @property
    def signatures(self) -> NDArray[np.uint32]:
        """The signatures of the documents."""
        return np.asarray(self._arrays["documents.signatures"][: self.documents], np.uint32)

    def asked_signatures(self) -> NDArray[np.uint32]:
        """Return the signatures of all queries, the hot ones last."""
        return np.concatenate([self._arrays["queries.signatures"], self._arrays["hot.signatures"]])

    def asked(self, part: str, offsets: str) -> list[NDArray[np.uint64]]:
        """Return the buckets or shingles of all queries, the hot ones last."""
        return self.of("queries", part, offsets) + self.of("hot", part, offsets)

    def split(self, answers: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Tell the answers to edited copies from those to the hot story."""
        return answers[: len(self.sources)], answers[len(self.sources) :]

    def recall(self, answers: Sequence[set[int]]) -> float:
        """Return the share of edited copies whose source was found."""
        return float(np.mean([source in found for source, found in zip(self.sources, answers, strict=True)]))


def _nothing_replaced(_: Stored) -> tuple[Buckets, ...]:
    """Return no postings to withdraw, for every entry has an id of its own."""
    return ()


class Ours:
    """A store of this package, fed with what the engine would feed it."""

    def __init__(self, kind: str, data: Data, url: str) -> None:
        """Open a new store."""
        self._folder = tempfile.TemporaryDirectory()
        kinds = {"resembles, memory": "memory:", "resembles, LMDB": f"lmdb:{self._folder.name}/index"}
        self._kind, self._data = kind, data
        self._store = open_store(kinds.get(kind, url), create=True)

    def measured(self) -> dict[str, Any]:
        """Fill, ask and weigh it."""
        data, store, batches = self._data, self._store, []
        before = resident()
        for start in range(0, data.documents, TOGETHER):
            entries = self.entries(start)
            batches.append((len(entries), seconds(partial(store.put, entries, _nothing_replaced))))
        del entries
        stats = store.stats()
        size = resident() - before if self._kind.endswith("memory") else stats.bytes
        queries = data.asked("buckets", "offsets")
        for buckets in queries[:WARM]:
            self.ask(buckets)
        edited, hot = data.split([self.ask(buckets) for buckets in queries])
        found = [self.ids(numbers) for _, numbers in edited]
        hits = [bool(len(numbers)) for _, numbers in hot]
        store.close()
        self._folder.cleanup()
        return {
            "batches": batches,
            "edited": [taken for taken, _ in edited],
            "hot": [taken for taken, _ in hot],
            "recall": data.recall(found),
            "hot_recall": float(np.mean(hits)),
            "size": size,
            "postings": stats.postings / data.documents,
        }

    def entries(self, start: int) -> list[Entry]:
        """Return a batch as the engine would give it."""
        parts = self._data.posted(start, start + TOGETHER)
        return [
            Entry(str(place), place.to_bytes(16, "big"), PAYLOAD[4:] + place.to_bytes(4, "big"), (buckets,))
            for place, buckets in enumerate(parts, start)
        ]

    def ask(self, buckets: NDArray[np.uint64]) -> tuple[float, NDArray[np.uint32]]:
        """Return how long a look-up of all buckets took, and the numbers found."""
        start = time.perf_counter()
        found = self._store.lookup(buckets, LISTED)
        return time.perf_counter() - start, np.unique(found.numbers)

    def ids(self, numbers: NDArray[np.uint32]) -> set[int]:
        """Return the documents behind numbers."""
        return {int(stored.id) for stored in self._store.fetch(numbers) if stored}


def peer(kind: str, data: Data, url: str) -> Filled:
    """Return a peer's index, about to be filled."""
    if kind.startswith("datasketch"):
        return datasketch(data.signatures, data.asked_signatures(), _storage(url))
    queries = data.asked("shingles", "ends")
    if kind.startswith("rensa"):

        def tokens(start: int, end: int) -> list[list[str]]:
            return [list(map(str, own.tolist())) for own in data.range("shingles", "ends", start, end)]

        tokens(0, TOGETHER)  # so that Python's own room for them is not counted as the index's
        return rensa(tokens, data.documents, [list(map(str, own.tolist())) for own in queries])
    return fastsketchlsh(data.range("shingles", "ends", 0, data.documents), queries)


def _storage(url: str) -> dict[str, Any] | None:
    if not url:
        return None
    from benchmarks.harness.servers import PASSWORD  # noqa: PLC0415 - needs Redis

    port = int(url.rpartition(":")[2])
    return {
        "type": "redis",
        "basename": b"peer",
        "redis": {"host": "127.0.0.1", "port": port, "password": PASSWORD},
    }


def _used(servers: Sequence[Any]) -> int:
    if not servers:
        return 0
    from benchmarks.harness.servers import used  # noqa: PLC0415 - needs Redis

    return used(list(servers))

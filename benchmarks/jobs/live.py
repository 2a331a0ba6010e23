"""Measure a stream that is judged as it comes: `python -m benchmarks.jobs.live [--documents 20000]`.

Two parts. Rates: how many documents a second one writer puts as they are, if they are new, and into stories. The
stream: four writers put a shuffled stream of which a third are copies, each document only if it is new, into an index
with stories and watches, while what holds the index is killed twice; then what is there is held against what was sent:
every article or one of its near copies is in, once; every copy is told with its source; the stories are those of one
writer in order; every hit is there, once by its id. Whatever is not so ends the job with an error.
"""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from argparse import BooleanOptionalAction
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dedup
from benchmarks.harness.servers import served
from benchmarks.jobs.arguments import arguments
from benchmarks.report.table import print_rows
from benchmarks.texts.stream import Sent, Stream, stream
from dedup import Document, Scheme
from dedup.engine import open_index
from dedup.errors import StoreError

LIKE = 0.7  # near copies of one article have .72 of each other's shingles at least, cut ones .6 of it at most
STORIES = 0.5
STORES = "lmdb", "redis", "cluster"
WRITERS, BATCH, WATCHED = 4, 50, 1000
KILLS = (1 / 3, 2 / 3)
SETTLED = 240  # seconds; a writer in Redis that has not finished counts as dead after 120
WAYS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("as they are", {}, 0.0),
    ("if new", {"skip_like": LIKE}, 0.0),
    ("if new, by containment", {"skip_like": LIKE, "measure": "containment"}, 0.0),
    ("into stories", {}, STORIES),
    ("if new, into stories", {"skip_like": LIKE}, STORIES),
)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield the URL of an empty index of a kind, and what is killed beside the writers: a server, or nothing."""
    if kind == "lmdb":
        yield f"lmdb:{folder / 'index'}", None
        return
    with served(kind) as servers:
        yield servers[0].url("redis+cluster" if kind == "cluster" else "redis"), servers[-1]


def rates(kind: str, documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
    """Yield a row for each way to put the documents: one writer, batches of 2,000."""
    for name, how, stories in WAYS:
        with (
            tempfile.TemporaryDirectory() as folder,
            place(kind, Path(folder)) as (url, _),
            open_index(url, Scheme(stories=stories)) as index,
        ):
            begun = time.perf_counter()
            report = index.put(documents, **how)
            seconds = time.perf_counter() - begun
        yield {
            "store": kind,
            "put": name,
            "documents/s": len(documents) / seconds,
            "in": report.put,
            "duplicates": len(report.duplicates),
        }


def write(url: str, documents: Sequence[Sent], told: Path, writer: int) -> None:
    """Put one writer's part, from where it stopped; what became of each document is a line of a file."""
    path = told / f"{writer}.jsonl"
    done = {json.loads(line)["id"] for line in path.read_text().splitlines()} if path.exists() else set[str]()
    left = [one for one in documents[writer::WRITERS] if one.id not in done]
    with path.open("a", encoding="utf-8") as lines, _opened(url) as index:
        for first in range(0, len(left), BATCH):
            batch = [Document(one.id, one.text) for one in left[first : first + BATCH]]
            placed = _until_done(lambda batch=batch: list(index.put_each(batch, skip_like=LIKE)))
            for one in placed:
                of = one.duplicate_of.id if one.duplicate_of else None
                lines.write(json.dumps({"id": one.id, "status": one.status, "of": of}) + "\n")
            lines.flush()


def _opened(url: str) -> dedup.Index:
    index: dedup.Index = _until_done(lambda: dedup.open(url))
    return index


def _until_done(act: Any) -> Any:
    """Return what a call returns once its server is back."""
    while True:
        try:
            return act()
        except StoreError:
            time.sleep(0.2)


def write_all(url: str, documents: Sequence[Sent], told: Path) -> None:
    """Put all parts from the threads of one process, as an index in a folder is written."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda writer: write(url, documents, told, writer), range(WRITERS)))


def run_stream(url: str, server: Any, sent: Sequence[Sent], told: Path) -> float:
    """Put the stream from four writers and kill what holds the index twice; return the seconds that it took."""
    context = multiprocessing.get_context("spawn")
    begun = time.perf_counter()

    def started() -> list[Any]:
        if server is None:
            writers = [context.Process(target=write_all, args=(url, sent, told))]
        else:
            writers = [context.Process(target=write, args=(url, sent, told, number)) for number in range(WRITERS)]
        for one in writers:
            one.start()
        return writers

    writers = started()
    for share in KILLS:
        while _count(told) < share * len(sent):
            if not any(one.is_alive() for one in writers):
                raise SystemExit("a writer ended before the stream did")
            time.sleep(0.05)
        if server is None:
            os.kill(writers[0].pid, signal.SIGKILL)
            writers[0].join()
            writers = started()
        else:
            server.kill()
            server.start()
    for one in writers:
        one.join()
        if one.exitcode:
            raise SystemExit(f"a writer ended with {one.exitcode}")
    return time.perf_counter() - begun


def _count(told: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in told.glob("*.jsonl"))


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what was promised did not hold; all are 0 if it did.

    Attributes:
        lost: articles of which neither they nor a near copy are in, or more than one is.
        untold: documents that are neither in nor told with a source that is in and alike.
        stories: families that are not one story, or stories of more than one family.
        hits: hits that are missing, there more than once, or of nothing that was watched.
    """

    lost: int
    untold: int
    stories: int
    hits: int


def faults(index: dedup.Index, sent: Stream, told: Path) -> Faults:
    """Hold what is in the index against what was sent."""
    by_id = {one.id: one for one in sent.documents}
    there = {one.id: one.story for one in index.documents()}
    alike = [by_id[name].alike for name in there]
    lost = len({one.alike for one in sent.documents}.symmetric_difference(alike)) + len(alike) - len(set(alike))
    said = [json.loads(line) for path in told.glob("*.jsonl") for line in path.read_text().splitlines()]
    last = {one["id"]: one for one in said}
    untold = sum(not _is_told(last.get(one.id), one, there, by_id) for one in sent.documents)
    pairs = {(by_id[name].family, story) for name, story in there.items()}
    families, stories = ({pair[side] for pair in pairs} for side in (0, 1))
    wrong = 2 * len(pairs) - len(families) - len(stories)
    expected = {(str(by_id[name].family), name) for name in there if by_id[name].family in sent.phrases}
    hits = [(hit.watch, hit.match.id) for hit in all_hits(index)]
    odd = {(watch, name) for watch, name in set(hits) - expected if not _alike(sent.phrases[int(watch)], by_id[name])}
    return Faults(lost, untold, wrong, len(expected - set(hits)) + len(odd) + len(hits) - len(set(hits)))


def _alike(phrase: str, one: Sent) -> bool:
    """Return whether a phrase resembles a text by chance, as one made of "the" alone may."""
    return dedup.compare(phrase, one.text).verdict != "new"


def settled(index: dedup.Index, sent: Stream, told: Path) -> tuple[Faults, float]:
    """Return the faults once there are none, or two writers' times after the end; and for how long that was waited.

    What a dead writer has begun in Redis is waited for before anything that came in after it is held against watches.
    """
    begun = time.perf_counter()
    while True:
        found, waited = faults(index, sent, told), time.perf_counter() - begun
        if not found.hits or waited > SETTLED:
            return found, waited
        time.sleep(2)


def _is_told(last: Any, one: Sent, there: dict[str, str | None], by_id: dict[str, Sent]) -> bool:
    if last is None:
        return False
    if last["status"] == "duplicate":
        return one.id not in there and last["of"] in there and by_id[last["of"]].alike == one.alike
    return one.id in there


def all_hits(index: dedup.Index) -> Iterator[Any]:
    """Yield all hits, a page at a time."""
    after = ""
    while page := index.hits(after=after, limit=1000).hits:
        yield from page
        after = page[-1].id


def streamed(kind: str, sent: Stream) -> dict[str, Any]:
    """Return a row: how long the stream took, and what did not hold."""
    with tempfile.TemporaryDirectory() as name, place(kind, Path(name)) as (url, server):
        told = Path(name) / "told"
        told.mkdir()
        with open_index(url, Scheme(stories=STORIES)) as index:
            for family, phrase in sent.phrases.items():
                index.watch(str(family), phrase)
        seconds = run_stream(url, server, sent.documents, told)
        with dedup.open(url) as index:
            found, waited = settled(index, sent, told)
            row = {
                "store": kind,
                "documents": len(sent.documents),
                "documents/s": len(sent.documents) / seconds,
                "s to the last hit": waited,
                "in": index.stats().documents,
                "stories": len({one.story for one in index.documents()}),
                "hits": sum(1 for _ in all_hits(index)),
            }
    return row | {f"faults: {name}": getattr(found, name) for name in Faults.__slots__}


def main() -> None:
    """Print both tables; end with 1 if something did not hold."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument(
        "--stores", nargs="+", choices=("lmdb", "redis", "cluster"), default=["lmdb", "redis", "cluster"]
    )
    parser.add_argument("--rates", action=BooleanOptionalAction, default=True, help="measure rates too")
    args = parser.parse_args()
    sent = stream(args.documents, min(WATCHED, args.documents // 2), args.data, args.seed)
    dedup.sketch(["compile the kernels before the clock runs"])
    if args.rates:
        documents = [Document(one.id, one.text) for one in sent.documents]
        print_rows([row for kind in args.stores for row in rates(kind, documents)], as_json=args.json)
    rows = [streamed(kind, sent) for kind in args.stores]
    print_rows(rows, as_json=args.json)
    sys.exit(any(value for row in rows for name, value in row.items() if name.startswith("faults")))


if __name__ == "__main__":
    main()

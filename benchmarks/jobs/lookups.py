"""Where the time of a look-up goes, in six kinds of collection: milliseconds of processor time, stage by stage.

`python -m benchmarks.jobs.lookups [--wire FILE] [--only KIND …]` prints a row for each kind: p50, p99, and the mean of
each stage. Wire stories are read from JSON lines with `text`; works, licences and long texts need the evaluation texts
(`--data`), the others are generated. ADR 27 has the figures.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

import dedup
from benchmarks.jobs.arguments import arguments
from benchmarks.texts.articles import articles, records
from benchmarks.texts.misread import misread
from dedup import Document, Scheme
from dedup.scheme import Unit
from dedup.search.question import Question

STAGES = ("sketch", "lookup", "rank", "fetch", "verify")
ARTICLES, PAGES, QUERIES, MISREAD, LONG = 20_000, 3_000, 200, 0.1, 1_000_000


class Kind(NamedTuple):
    """A collection and what is looked up in it."""

    texts: Sequence[str]
    queries: Sequence[str]
    unit: Unit = "word"


class Stages:
    """Processor time of each stage of look-ups; a stage ends where the next one begins."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.milliseconds, self._last = dict.fromkeys(STAGES, 0.0), 0.0

    def start(self) -> float:
        """Begin a look-up; return the time."""
        self._last = time.thread_time()
        return self._last

    def __call__(self, stage: str, _: int) -> None:
        """Take the time at the end of a stage."""
        now = time.thread_time()
        self.milliseconds[stage] += (now - self._last) * 1e3
        self._last = now


def kinds(data: Path | None, wire: Path | None) -> Iterator[tuple[str, Callable[[], Kind]]]:
    """Yield the kinds that there are texts for."""
    if wire:
        yield "wire stories", lambda: _itself(json.loads(line)["text"] for line in wire.open(encoding="utf-8"))
    yield "articles", _unseen
    yield "misread pages", _misread
    if data:
        for name in ("shiji_zh", "aozora_ja", "licenses"):
            yield name, partial(_itself, _texts(data, name))
        yield "a text of 1 MB", lambda: _long(list(_texts(data, "bible_nt")))


def _texts(data: Path, name: str) -> Iterator[str]:
    return (record["text"] for record in records(data / "open" / f"{name}.docs.jsonl.gz"))


def _itself(texts: Iterable[str]) -> Kind:
    """Return texts, some of which are looked up."""
    texts = list(texts)
    return Kind(texts, random.Random(3).sample(texts, min(QUERIES, len(texts))))


def _unseen() -> Kind:
    texts = articles(ARTICLES + QUERIES, None)
    return Kind(texts[QUERIES:], texts[:QUERIES])


def _misread() -> Kind:
    pages, rng = articles(PAGES, None, seed=17), random.Random(5)
    return Kind(pages, [misread(page, MISREAD, rng) for page in pages[:QUERIES]], "character")


def _long(chapters: list[str]) -> Kind:
    """Return chapters and the whole that they are parts of."""
    size, parts = 0, list[str]()
    for chapter in chapters:
        if size < LONG:
            parts.append(chapter)
            size += len(chapter)
    whole = "\n\n".join(parts)
    return Kind([whole, *parts], [whole, *parts[:3]])


def looked_up(kind: Kind) -> tuple[list[float], Stages]:
    """Look every query up; return the milliseconds of each, and what the stages took together."""
    with tempfile.TemporaryDirectory() as folder, dedup.open(f"lmdb:{folder}/index", Scheme(unit=kind.unit)) as index:
        index.put(Document(str(place), text) for place, text in enumerate(kind.texts))
        for query in islice(kind.queries, 5):
            index.resemble(query)
        stages, taken = Stages(), list[float]()
        for query in kind.queries:
            begun = stages.start()
            index.look_up(query, None, Question(limit=20), stages)
            taken.append((time.thread_time() - begun) * 1e3)
    return taken, stages


def main() -> None:
    """Print a row for each kind."""
    parser = arguments(__doc__)
    parser.add_argument("--wire", type=Path, help="wire stories as JSON lines")
    parser.add_argument("--only", nargs="+", help="kinds, by name; default: all")
    told = parser.parse_args()
    for name, kind in kinds(told.data, told.wire):
        if told.only and name not in told.only:
            continue
        taken, stages = looked_up(kind())
        p50, p99 = np.percentile(taken, (50, 99)).tolist()
        row = {"p50": p50, "p99": p99} | {stage: each / len(taken) for stage, each in stages.milliseconds.items()}
        line = json.dumps({"kind": name} | row) if told.json else f"{name:16}" + _figures(row)
        sys.stdout.write(f"{line}\n")


def _figures(row: dict[str, float]) -> str:
    return "".join(f"  {name} {value:.2f}" for name, value in row.items())


if __name__ == "__main__":
    main()

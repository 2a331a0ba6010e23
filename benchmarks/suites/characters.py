"""Pages that OCR misread, looked up among clean ones: the share found and the time, by unit and rate of errors."""

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dedup
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.texts.articles import articles
from benchmarks.texts.misread import misread
from dedup import Document, Index, Scheme
from dedup.scheme import Unit

TABLE = "Misread pages"
UNITS: tuple[Unit, ...] = ("word", "character")
RATES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
LIMIT = 10


def rows(scale: Scale) -> Iterator[Row]:
    """Yield what each unit finds of pages misread at each rate, in how long, and how large its index is."""
    for size in (min(3_000, scale.documents[0]), scale.documents[-1]):
        pages = articles(size, scale.data, seed=17)
        for unit in UNITS:
            tell(f"misread pages: {size:,}, {unit}s")
            with (
                TemporaryDirectory() as folder,
                dedup.open(f"lmdb:{Path(folder) / 'index'}", Scheme(unit=unit)) as index,
            ):
                index.put(Document(str(place), page) for place, page in enumerate(pages))
                found = 0.0
                for rate in RATES:
                    found, *told = _asked(index, pages, rate, scale.queries, f"resembles, {unit}s", size)
                    yield from told
                text = sum(len(page.encode()) for page in pages)
                yield _row(
                    f"resembles, {unit}s",
                    "index beside its text",
                    "bytes/byte",
                    size,
                    index.stats().bytes / text,
                    0,
                    found,
                )


def _asked(index: Index, pages: Sequence[str], rate: float, queries: int, name: str, size: int) -> tuple[Any, ...]:
    rng, times, hits, first, matches = random.Random(5), list[float](), 0, 0, 0
    for _ in range(queries):
        place = rng.randrange(len(pages))
        query = misread(pages[place], rate, rng)
        start = time.perf_counter()
        answer = index.resemble(query, limit=LIMIT)
        times.append((time.perf_counter() - start) * 1e3)
        ids = [match.id for match in answer]
        hits += str(place) in ids
        first += ids[:1] == [str(place)]
        matches += len(ids)
    share, case = hits / queries, f"{rate:.0%} misread"
    median, spread = middle(times)
    return (
        share,
        _row(name, f"{case}: found", "share", size, share, 0, share),
        _row(name, f"{case}: found first", "share", size, first / queries, 0, share),
        _row(name, f"{case}: documents an answer", "documents/answer", size, matches / queries, 0, share),
        _row(name, f"{case}: p50", "ms", size, median, spread, share),
    )


def _row(name: str, case: str, unit: str, size: int, median: float, spread: float, found: float) -> Row:
    return Row(
        table=TABLE,
        name=name,
        case=case,
        size=size,
        unit=unit,
        median=median,
        spread=spread,
        accuracy=found,
        measure="pages found",
    )

"""Small collections, and the job run on them."""

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

from dedup.formats import Record, Source
from dedup.model import Document

WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in "rstvz"]


def seeded(seed: int) -> random.Random:
    """Return a generator that draws the same every time."""
    return random.Random(seed)  # noqa: S311 - reproducible, not secret


def text(rng: random.Random, length: int) -> str:
    """Return so many words in a row."""
    return " ".join(rng.choices(WORDS, k=length))


def edited(rng: random.Random, original: str, changes: int) -> str:
    """Return the text with so many words replaced."""
    words = original.split()
    for place in rng.sample(range(len(words)), min(changes, len(words))):
        words[place] = rng.choice(WORDS)
    return " ".join(words)


def families(rng: random.Random, count: int, length: int = 60) -> dict[str, str]:
    """Return documents of which about half are edited copies of others, some of them of copies."""
    texts: dict[str, str] = {}
    while len(texts) < count:
        name = f"doc-{len(texts):05}"
        if texts and rng.random() < 0.5:
            original = rng.choice(list(texts.values())[-200:])
            texts[name] = edited(rng, original, rng.choice((0, 0, 1, 1, 2, 3, 5, 9)))
        else:
            texts[name] = text(rng, rng.randint(length // 2, length * 3 // 2))
    return texts


def documents(texts: Mapping[str, str], **metadata: Any) -> list[Record]:
    """Return records as a reader yields them."""
    return [
        Record(Source("test.jsonl", i), Document(name, one, metadata)) for i, (name, one) in enumerate(texts.items(), 1)
    ]


def owners(out: Path, names: Iterable[str]) -> dict[str, str]:
    """Return what each document is a duplicate of by clusters.parquet, itself if of none."""
    rows = pq.read_table(out / "clusters.parquet").to_pylist()
    return {name: name for name in names} | {row["id"]: row["survivor"] for row in rows}


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a compressed file of lines."""
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]

"""Measure `dedup network` on pages whose reprints are known: `RESEMBLES_EVAL=… python -m benchmarks.jobs.network`.

Pages of public-domain texts (the Gospels after Webster) as OCR reads them, on which 250 pieces of the Epistles are
printed: whole, in halves, or from some way in. `--write FOLDER` keeps the pages and the gold, so that other tools can
be run on them; docs/network.md has what passim 2 finds. `--articles N` times the command on generated articles.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.jobs.arguments import arguments
from benchmarks.report.table import print_rows
from benchmarks.texts.articles import records
from benchmarks.texts.copies import collection
from benchmarks.texts.pages import Pages, pages

VERSION, FILLERS, WITHOUT = "Webster", ("Mark", "John", "Acts"), ("Matt", "Luke")
TEXTS, SHORTEST, LONGEST = 250, 40, 160  # words of a text that is reprinted
Side = tuple[int, int, int]
Pair = tuple[Side, Side]
"""Page, start and end of both sides of a passage, the lower page first."""


def made(data: Path, count: int, rate: float) -> Pages:
    """Return pages of the evaluation texts."""
    chapters = {
        one["chapter"]: one["text"]
        for one in records(data / "open/bible_nt.docs.jsonl.gz")
        if one["version"] == VERSION
    }
    filling = [text.split() for chapter, text in chapters.items() if chapter.split(".")[0] in FILLERS]
    rest = [text.split() for chapter, text in chapters.items() if chapter.split(".")[0] not in FILLERS + WITHOUT]
    words = [word for text in filling for word in text]
    size = max(len(words) // count, 1)
    fillers = [" ".join(words[place : place + size]) for place in range(0, size * count, size)]
    return pages(fillers, list(islice(_pieces([word for text in rest for word in text]), TEXTS)), count, rate)


def _pieces(words: Sequence[str]) -> Iterable[str]:
    rng, place = random.Random(7), 0
    while place + LONGEST < len(words):
        size = rng.randrange(SHORTEST, LONGEST)
        yield " ".join(words[place : place + size])
        place += size


def run(path: Path, out: Path, options: Sequence[str]) -> dict[str, Any]:
    """Run the command; return what it printed, its seconds and its peak memory."""
    argv = [sys.executable, "-m", "dedup", "network", str(path), "--out", str(out), "--json", *options]
    begun = time.perf_counter()
    printed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures: dict[str, Any] = json.loads(printed)
    return figures | {"seconds": seconds, "peak MB": peak}


def found(out: Path) -> list[Pair]:
    """Return the passages that the command wrote."""
    pairs = []
    for row in pq.read_table(out / "pairs.parquet").to_pylist():
        sides = [(int(row[side][1:]), row[f"{side}_start"], row[f"{side}_end"]) for side in "ab"]
        pairs.append((min(sides), max(sides)))
    return pairs


def scores(gold: Iterable[Pair], pairs: Iterable[Pair]) -> dict[str, float]:
    """Return how many pairs of pages are found, and how the letters of their passages agree."""
    wanted, had = _letters(gold), _letters(pairs)
    common = sum(len(letters & had[pages]) for pages, letters in wanted.items() if pages in had)
    sizes = [sum(map(len, one.values())) for one in (wanted, had)]
    return {
        "pairs": len(wanted),
        "found": len(had),
        "recall": len(wanted.keys() & had.keys()) / len(wanted),
        "precision": len(wanted.keys() & had.keys()) / max(len(had), 1),
        "letters F1": 2 * common / sum(sizes),
    }


def _letters(pairs: Iterable[Pair]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    letters = defaultdict[tuple[int, int], set[tuple[int, int]]](set)
    for sides in pairs:
        held = letters[sides[0][0], sides[1][0]]
        for side, (_, start, end) in enumerate(sides):
            held.update((side, place) for place in range(start, end))
    return letters


def write(folder: Path, data: Path, count: int, rate: float) -> list[Pair]:
    """Write the pages and the gold into a folder; return the gold."""
    made_pages = made(data, count, rate)
    (folder / "pages.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made_pages.records()), "utf-8")
    gold = list(made_pages.pairs())
    (folder / "gold.json").write_text(json.dumps(gold), "utf-8")
    return gold


def time_articles(folder: Path, count: int, options: Sequence[str]) -> dict[str, Any]:
    """Return what the command takes on so many generated articles, of which 30 % are copies."""
    path = folder / "articles.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i, text in enumerate(islice(collection(), count)):
            file.write(json.dumps({"id": f"d{i}", "text": text}) + "\n")
    figures = run(path, folder / "out", options)
    names = ("documents", "edges", "clusters", "largest", "truncated", "seconds", "peak MB")
    return {name: figures[name] for name in names}


def main() -> None:
    """Print what is found of the gold, or what so many articles take."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--rate", type=float, default=0.03, help="share of letters that are misread")
    parser.add_argument("--articles", type=int, help="time the command on so many generated articles instead")
    parser.add_argument("--write", type=Path, help="keep pages.jsonl and gold.json in this folder")
    parser.add_argument("options", nargs="*", help="options of `dedup network`, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if args.articles:
            rows = [time_articles(folder, args.articles, args.options)]
        else:
            (args.write or folder).mkdir(exist_ok=True)
            gold = write(args.write or folder, args.data, args.pages, args.rate)
            options = ["--unit", "character", *args.options]
            figures = run((args.write or folder) / "pages.jsonl", folder / "out", options)
            rows = [scores(gold, found(folder / "out")) | {name: figures[name] for name in ("seconds", "peak MB")}]
    print_rows(rows, as_json=args.json)


if __name__ == "__main__":
    main()

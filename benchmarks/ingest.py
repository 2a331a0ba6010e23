"""Measure documents a second from text to durable commit in LMDB: `python -m benchmarks.ingest [--documents 1000000]`.

The articles are generated while the clock stands still, so that a long run needs no corpus; with `--data` those of the
folder come first. A row is printed for each twentieth of the run: how the rate falls as the index grows is the point.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import dedup
from benchmarks.corpus import VOCABULARY, arguments, articles, generated, print_table
from dedup import Document, Index
from dedup.engine import BATCH

TARGET = 1500
PARTS = 20


def measure(index: Index, texts: Iterator[str], documents: int) -> Iterator[dict[str, Any]]:
    """Put the documents, a batch at a time; yield a row for each twentieth."""
    part = max(BATCH, documents // PARTS // BATCH * BATCH)
    size = 0
    for first in range(0, documents, part):
        seconds = 0.0
        before = index.stats()
        for start in range(first, min(first + part, documents), BATCH):
            batch = [Document(str(start + i), text) for i, text in enumerate(islice(texts, BATCH))]
            size += sum(len(document.text.encode()) for document in batch)
            begun = time.perf_counter()
            index.put(batch)
            seconds += time.perf_counter() - begun
        after = index.stats()
        yield {
            "documents": after.documents,
            "seconds": seconds,
            "documents/s": (after.documents - before.documents) / seconds,
            "postings/s": (after.postings - before.postings) / seconds,
            "postings/document": after.postings / after.documents,
            "bytes/posting": after.bytes / after.postings,
            "bytes/document": after.bytes / after.documents,
            "× text": after.bytes / size,
        }


def main() -> None:
    """Print the rows as they come, then the whole run's rate."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--folder", help="where the index goes for the time of the run; default: the temporary folder")
    args = parser.parse_args()
    real = articles(min(args.documents, 15_000), args.data, args.seed) if args.data else []
    texts = chain(real, generated(args.seed + VOCABULARY))
    dedup.sketch(["compile the kernels before the clock runs"])
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    rows: list[dict[str, Any]] = []
    try:
        with dedup.open(f"lmdb:{folder / 'index'}") as index:
            for row in measure(index, texts, args.documents):
                rows.append(row)
                print(f"{row['documents']:,} documents, {row['documents/s']:,.0f}/s", file=sys.stderr)
    finally:
        shutil.rmtree(folder)
    rate = rows[-1]["documents"] / sum(row["seconds"] for row in rows)
    if args.json:
        print(json.dumps({"documents/s": rate, "rows": rows}))
        return
    print_table(rows)
    print(f"\n{rate:,.0f} documents/s over all; target {TARGET:,} at 20,000, half of that at 1,000,000")


if __name__ == "__main__":
    main()

"""Measure `dedup ingest` from file to durable commit in LMDB: `python -m benchmarks.jobs.ingest [--documents 1000000]`.

Two parts: the rate of the engine as the index grows, a row for each twentieth of the run, with articles that are
generated while the clock stands still (with `--data` those of the folder come first); and with `--formats` the real
command on a file of each format, its peak of memory, and the cost of running it again when nothing has changed.
"""

import csv
import gzip
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import zstandard

import dedup
from benchmarks.jobs.arguments import arguments
from benchmarks.report.table import print_table
from benchmarks.texts.articles import VOCABULARY, articles, generated
from dedup import Document, Index
from dedup.batches import BATCH

TARGET = 1500
PARTS = 20
PAGE = "<html><head><title>{0}</title></head><body><nav><a href='/'>Start</a></nav><article>{1}</article></body></html>"
"""What a page of the WARC file looks like."""


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


def write_formats(texts: Sequence[str], folder: Path) -> list[Path]:
    """Write the same documents in each format; return what to ingest."""
    import pyarrow as pa  # noqa: PLC0415 - for this part only
    from pyarrow import parquet  # noqa: PLC0415 - the same

    lines = "".join(json.dumps({"id": f"d{i}", "text": text}) + "\n" for i, text in enumerate(texts)).encode()
    (folder / "a.jsonl").write_bytes(lines)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines, 6))
    (folder / "a.jsonl.zst").write_bytes(zstandard.compress(lines))
    with (folder / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "text"), *((f"d{i}", text) for i, text in enumerate(texts))])
    columns = {"id": [f"d{i}" for i in range(len(texts))], "text": texts}
    parquet.write_table(pa.table(columns), folder / "a.parquet")
    (folder / "texts").mkdir()
    for i, text in enumerate(texts):
        (folder / f"texts/d{i}.txt").write_text(text, encoding="utf-8")
    write_archive(texts, folder / "a.warc.gz")
    endings = ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.csv", "a.parquet", "texts", "a.warc.gz")
    return [folder / ending for ending in endings]


def write_archive(texts: Sequence[str], path: Path) -> None:
    """Write the documents as pages that a crawler was given, ten paragraphs each."""
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415 - for this part only
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415 - the same

    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for i, text in enumerate(texts):
            words = text.split()
            step = len(words) // 10 or 1
            paragraphs = "".join(f"<p>{' '.join(words[at : at + step])}.</p>" for at in range(0, len(words), step))
            body = io.BytesIO(PAGE.format(f"Page {i}", paragraphs).encode())
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(f"http://a/{i}", "response", body, http_headers=http))


def ingest(path: Path, url: str) -> dict[str, Any]:
    """Run the command; return what it counted and its peak of memory in MiB."""
    command = [sys.executable, "-m", "dedup", "ingest", str(path), "--index", url, "--json"]
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        status = Path(f"/proc/{run.pid}/status")
        while run.poll() is None:
            peak = max([peak, *(int(row.split()[1]) for row in status.read_text().splitlines() if "VmHWM" in row)])
            time.sleep(0.02)
        counts: dict[str, Any] = json.loads(run.stdout.read()) if run.stdout else {}
    return counts | {"peak": peak >> 10}


def measure_formats(documents: int, seed: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each format: first run, and second run with everything unchanged."""
    texts = list(islice(generated(seed + VOCABULARY), documents))
    for place, path in enumerate(write_formats(texts, folder)):
        url = f"lmdb:{folder / f'index{place}'}"
        first, again = ingest(path, url), ingest(path, url)
        assert (first["put"], again["unchanged"]) == (documents, documents), (path, first, again)  # noqa: S101 - else void
        yield {
            "format": "".join(path.suffixes) or "folder of .txt",
            "documents/s": documents / first["seconds"],
            "unchanged/s": documents / again["seconds"],
            "peak MiB": first["peak"],
        }


def main() -> None:
    """Print the rows as they come, then the whole run's rate."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--folder", help="where the index goes for the time of the run; default: the temporary folder")
    parser.add_argument("--formats", action="store_true", help="measure the command on each format")
    args = parser.parse_args()
    dedup.sketch(["compile the kernels before the clock runs"])
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    rows: list[dict[str, Any]] = []
    try:
        if args.formats:
            rows.extend(measure_formats(args.documents, args.seed, folder))
        else:
            rows.extend(measure_growth(args, folder))
    finally:
        shutil.rmtree(folder)
    if args.json:
        print(json.dumps({"rows": rows}))
        return
    print_table(rows)
    if not args.formats:
        rate = rows[-1]["documents"] / sum(row["seconds"] for row in rows)
        print(f"\n{rate:,.0f} documents/s over all; target {TARGET:,} at 20,000, half of that at 1,000,000")


def measure_growth(args: Any, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of the growing index, each told at once."""
    real = articles(min(args.documents, 15_000), args.data, args.seed) if args.data else []
    texts = chain(real, generated(args.seed + VOCABULARY))
    with dedup.open(f"lmdb:{folder / 'index'}") as index:
        for row in measure(index, texts, args.documents):
            print(f"{row['documents']:,} documents, {row['documents/s']:,.0f}/s", file=sys.stderr)
            yield row


if __name__ == "__main__":
    main()

"""Measure `dedup corpus`: `python -m benchmarks.jobs.corpus [--documents 10000 100000 1000000]`.

The collection is generated: 70 % articles of 300 words, 30 % copies of one of the last 20,000 of them, of which a
sixth are the same words and the others have up to 5 % of their words replaced. The command runs as a process of its
own; its peak memory is what the system counted, its peak disk what its folder held at any look, five a second.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report.table import print_rows
from benchmarks.texts.copies import write

FOUND = ("exact", "near", "clusters", "pairs", "runs", "words_in_runs")
"""What the command found, at one level or the other."""


def measure(path: Path, folder: Path, documents: int, options: list[str]) -> dict[str, Any]:
    """Run the command; return what it took."""
    out = folder / "out"
    argv = [sys.executable, "-m", "dedup", "corpus", str(path), "--out", str(out), "--json", *options]
    begun, disk = time.perf_counter(), 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            disk = max(disk, _size(folder / ".out.partial"))
            time.sleep(0.2)
        seconds = time.perf_counter() - begun
        printed = process.stdout.read() if process.stdout else ""
    figures = json.loads(printed)
    results = _size(out)
    shutil.rmtree(out)
    return {
        "documents": documents,
        "seconds": seconds,
        "us/document": seconds / documents * 1e6,
        "peak MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "peak disk MB": disk / 2**20,
        "results MB": results / 2**20,
        **{name: figures[name] for name in FOUND if name in figures},
    }


def _size(folder: Path) -> int:
    size = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                size += Path(parent, name).stat().st_size
            except FileNotFoundError:  # thrown away between two looks
                continue
    return size


def main() -> None:
    """Print a row for each size, smallest first: a process's peak memory is the largest of all before it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", help="where the collection and the results go; default: the temporary folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("options", nargs="*", help="options of `dedup corpus`, after --")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    rows = []
    try:
        for documents in sorted(args.documents):
            path = folder / f"{documents}.jsonl.zst"
            write(path, documents)
            rows.append(measure(path, folder, documents, args.options))
            print(f"{documents:,} documents in {rows[-1]['seconds']:.1f} s", file=sys.stderr)
            path.unlink()
    finally:
        shutil.rmtree(folder)
    print_rows(rows, as_json=args.json)


if __name__ == "__main__":
    main()

"""Measure `dedup corpus`: `python -m benchmarks.jobs.corpus [--documents 10000 100000 1000000]`.

The collection is generated: 70 % articles of 300 words, 30 % copies of one of the last 20,000 of them, of which a
sixth are the same words and the others have up to 5 % of their words replaced. The command runs as a process of its
own; its peak memory is what the system counted, its peak disk what its folder held at any look, five a second.

What it found is held against `budgets/collections.toml`, where that has the size: counts are the same on every machine,
so that any difference is an error, and ends the job with 1.
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
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.report.table import print_rows
from benchmarks.texts.copies import write

FOUND = ("exact", "near", "clusters", "pairs", "runs", "words_in_runs")
"""What the command found, at one level or the other."""
COUNTS = Path(__file__).parents[1] / "budgets" / "collections.toml"


def measure(path: Path, folder: Path, documents: int, options: list[str]) -> dict[str, Any]:
    """Run the command; return what it took."""
    out = folder / "out"
    argv = [sys.executable, "-m", "dedup", "corpus", str(path), "--out", str(out), "--json", *options]
    begun, cpu, disk = time.perf_counter(), _core_seconds(), 0
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
        "core seconds": _core_seconds() - cpu,
        "us/document": seconds / documents * 1e6,
        "peak MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "peak disk MB": disk / 2**20,
        "results MB": results / 2**20,
        **{name: figures[name] for name in FOUND if name in figures},
    }


def _core_seconds() -> float:
    """Return what processes that have ended took of all cores."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def differences(row: Mapping[str, Any]) -> list[str]:
    """Return what was found otherwise than `budgets/collections.toml` says of a collection of this size."""
    known = tomllib.loads(COUNTS.read_text(encoding="utf-8")).get(str(row["documents"]), {})
    return [
        f"{row['documents']:,} documents: {row[name]:,} {name}, and {count:,} are right"
        for name, count in known.items()
        if row[name] != count
    ]


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
    parser.add_argument("--inputs", type=Path, help="where collections are kept for other runs, as DOCUMENTS.jsonl.zst")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("options", nargs="*", help="options of `dedup corpus`, after --")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        for documents in sorted(args.documents):
            path = (args.inputs or folder) / f"{documents}.jsonl.zst"
            if not path.exists():
                write(path, documents)
            rows.append(measure(path, folder, documents, args.options))
            print(f"{documents:,} documents in {rows[-1]['seconds']:.1f} s", file=sys.stderr)
            if not args.inputs:
                path.unlink()
    print_rows(rows, as_json=args.json)
    wrong = [line for row in rows for line in differences(row) if not args.options]
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

"""Measure runs of words that stand elsewhere: `python -m benchmarks.jobs.runs [--documents 10000 100000]`.

`dedup corpus --level runs` beside a suffix array of the same words, each in a process of its own, from the compressed
file of `benchmarks.jobs.corpus` to the count of words that lie in a run. The command also writes runs and a report.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.peers.suffix_array import covered
from benchmarks.report.table import print_rows
from benchmarks.texts.copies import write

N = 50
OURS, PEER = "resembles", "suffix array"


def measure(way: str, path: Path, documents: int) -> dict[str, Any]:
    """Run one way; return its seconds, its peak memory, and how many words it found in runs."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        argv = {
            OURS: ["dedup", "corpus", str(path), "--out", f"{folder}/out", "--level", "runs", "--json"],
            PEER: ["benchmarks.jobs.runs", "--by-suffix-array", str(path)],
        }[way]
        begun = time.perf_counter()
        with subprocess.Popen([sys.executable, "-m", *argv], stdout=subprocess.PIPE, text=True) as process:
            printed = process.stdout.read() if process.stdout else ""
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, argv)
        seconds = time.perf_counter() - begun
    found = json.loads(printed)["words_in_runs"]
    return {
        "way": way,
        "documents": documents,
        "seconds": seconds,
        "peak MB": used.ru_maxrss / 1024,
        "words in runs": found,
    }


def by_suffix_array(path: Path) -> None:
    """Print what the suffix array of a collection says."""
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    print(json.dumps({"words_in_runs": covered(texts, N)}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each size and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--by-suffix-array", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.by_suffix_array:
        by_suffix_array(args.by_suffix_array)
        return
    rows = list[dict[str, Any]]()
    with tempfile.TemporaryDirectory() as folder:
        for documents in sorted(args.documents):
            path = Path(folder) / f"{documents}.jsonl.zst"
            write(path, documents)
            rows += [measure(way, path, documents) for way in (OURS, PEER)]
    print_rows(rows, as_json=args.json)


if __name__ == "__main__":
    main()

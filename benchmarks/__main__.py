"""Run the suites, print tables, and keep the run: `python -m benchmarks [--size full] [--only indexes grid]`.

One JSON file and plots go to `benchmarks/results/SIZE/`; a run of some suites only keeps the others' rows of before.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"  # one thread for the peers written in Rust, too: read when they are imported

import argparse
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from shutil import which

from benchmarks.harness.machine import facts
from benchmarks.harness.result import RESULTS, Run
from benchmarks.harness.row import Row
from benchmarks.harness.suite import SCALES, Scale, tell
from benchmarks.report.table import print_table
from benchmarks.texts.articles import data_folder

SUITES = (
    "hot_path",
    "sketching",
    "indexes",
    "documents",
    "grid",
    "pan",
    "published",
    "retrieval",
    "characters",
    "syndication",
    "end_to_end",
    "runs",
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=sorted(SCALES), default="small")
    parser.add_argument("--only", choices=SUITES, nargs="+", default=SUITES)
    parser.add_argument("--data", type=Path, default=data_folder(), help="evaluation texts; default: RESEMBLES_EVAL")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results; default: %(default)s")
    args = parser.parse_args(argv)
    run, folder = None, args.out / args.size
    for run in measured(SCALES[args.size](args.data), args.only, folder):
        tell(f"written: {run.write(folder)}")
    if run is None:
        return
    show(run.rows)
    for line in run.left_out:
        print(f"left out: {line}")
    _plot(run, folder)


def measured(scale: Scale, names: Sequence[str], folder: Path) -> Iterator[Run]:
    """Run suites one after the other; yield all that is measured after each, so that a crash loses one suite only.

    Where not all suites are asked for, the others' rows are taken from the folder's last run.
    """
    rows, seconds = list[Row](), dict[str, float]()
    if set(names) != set(SUITES) and (folder / "run.json").exists():
        before = Run.read(folder)
        rows, seconds = list(before.rows), before.seconds
    for name in names:
        start = time.perf_counter()
        fresh = list(import_module(f"benchmarks.suites.{name}").rows(scale))
        seconds[name] = time.perf_counter() - start
        tell(f"{name}: {seconds[name]:.0f} s")
        again = {row.table for row in fresh}
        rows = [*(row for row in rows if row.table not in again), *fresh]
        yield Run(scale.name, facts(), rows, seconds, list(left_out(scale)))


def left_out(scale: Scale) -> Iterator[str]:
    """Yield what could not be measured here."""
    yield from import_module("benchmarks.suites.sketching").ways()[1]
    if which("redis-server") is None:
        yield "Redis is not installed: apt-get install redis-server"
    if scale.data is None:
        yield "no evaluation texts: articles are generated; labelled pairs, licences and PAN 2013 are not measured"


def show(rows: Sequence[Row]) -> None:
    """Print the rows, a table each."""
    for table in dict.fromkeys(row.table for row in rows):
        print(f"\n{table}")
        print_table([_shown(row) for row in rows if row.table == table])


def _shown(row: Row) -> dict[str, object]:
    accuracy = "" if row.accuracy is None else f"{row.accuracy:.3f} {row.measure}"
    return {
        "name": f"{row.name} {row.version}" if row.version and not row.ours else row.name,
        "case": row.case,
        "size": row.size,
        "median": row.median,
        "±": row.spread,
        "unit": row.unit,
        "wall": "" if row.wall is None else row.wall,
        "accuracy": accuracy,
    }


def _plot(run: Run, folder: Path) -> None:
    try:
        from benchmarks.report.plots import plot  # noqa: PLC0415 - Matplotlib need not be there
    except ImportError:
        print("left out: plots; Matplotlib is not installed: make bench-deps")
    else:
        plot(run, folder)


if __name__ == "__main__":
    main()

"""Compare instructions and recall with `budgets.toml`: `python -m benchmarks.budgets.check`, or `make bench-check`.

Instructions do not depend on what else the machine does: more than a tenth above the budget fails, and so does any
recall below it. Kernels are compiled for a generic processor, because valgrind knows no AVX-512 and counts must agree
between machines; another version of Python or Numba needs `--update`.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import dedup
from benchmarks.peers.exact import exact as all_pairs
from benchmarks.peers.exact import pair
from benchmarks.texts.articles import articles, unigrams
from benchmarks.texts.copies import graded
from benchmarks.texts.planting import Planter
from dedup import Document
from dedup.scheme import Scheme

ROOT = Path(__file__).parents[2]
BUDGETS = ROOT / "benchmarks" / "budgets.toml"
ALLOWED = 1.10
SOURCES, TRIALS = 250, 12
SAME = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PYTHONHASHSEED": "0"}
Budgets = Mapping[str, Mapping[str, float]]


def instructions(argv: Sequence[str] = ("-m", "benchmarks.budgets.counted")) -> dict[str, float]:
    """Run Python with these arguments under callgrind; return the instructions of each dump, by name."""
    environment = {**os.environ, **SAME, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        tool = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
        command = [*tool, f"--callgrind-out-file={folder}/out", sys.executable, *argv]
        done = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv)} failed under valgrind:\n{done.stderr}")
        dumps = [path.read_text(encoding="utf-8", errors="replace") for path in Path(folder).glob("out.*")]
    named = ((re.search(r"^desc: Trigger: dump (.*)$", dump, re.MULTILINE), dump) for dump in dumps)
    totals = {name[1]: re.search(r"^totals: (\d+)", dump, re.MULTILINE) for name, dump in named if name}
    return {name: float(total[1]) for name, total in totals.items() if total}


def recalls(scheme: Scheme | None = None) -> dict[str, float]:
    """Return what share of planted passages and of near-duplicates is found: the same in every run."""
    texts = articles(SOURCES + 40, None)
    sources, hosts = texts[:SOURCES], texts[SOURCES:]
    found = dict[str, float]()
    with dedup.open("memory:", scheme) as index:
        index.put(Document(str(place), text) for place, text in enumerate(sources))
        for length, rate in ((15, 0.1), (25, 0.3), (40, 0.2)):
            planter = Planter(sources, hosts, unigrams(sources), random.Random(length))
            planted = [planter.plant(length, rate) for _ in range(TRIALS)]
            hits = sum(one.hits(index.resemble(one.text)) for one in planted)
            found[f"passages, {length} words, {rate:.0%} edited"] = hits / TRIALS
    copies = graded(30)
    with dedup.open("memory:", scheme) as index:
        index.put(Document(name, text) for name, text in copies.items())
        seen = {pair(name, match.id) for name in copies for match in index.resemble(id=name, limit=20)}
    for least in (0.5, 0.8):
        wanted = {one for one, value in all_pairs(copies, least).items() if value >= least}
        found[f"near-duplicates, Jaccard {least}"] = len(wanted & seen) / len(wanted)
    return found


def complaints(counts: Mapping[str, float], shares: Mapping[str, float], budgets: Budgets) -> list[str]:
    """Return what is worse than the budget, and what is missing on either side."""
    told = list[str]()
    for kind, measured in (("instructions", counts), ("recall", shares)):
        for name in sorted(budgets[kind].keys() ^ measured.keys()):
            told.append(f"{name}: in the budgets or measured, not both; make bench-check UPDATE=--update")
        for name in budgets[kind].keys() & measured.keys():
            value, budget = measured[name], budgets[kind][name]
            if kind == "instructions" and value > ALLOWED * budget:
                told.append(
                    f"{name}: {value:,.0f} instructions, {value / budget - 1:+.0%}; the budget is {budget:,.0f}"
                )
            if kind == "recall" and value < budget - 5e-4:
                told.append(f"{name}: recall {value:.3f}; the budget is {budget:.3f}")
    return told


def update(counts: Mapping[str, float], shares: Mapping[str, float]) -> None:
    """Write the budgets."""
    lines = ["# written by `make bench-check UPDATE=--update`; see benchmarks/README.md", "", "[instructions]"]
    lines += [f'"{name}" = {round(value)}' for name, value in sorted(counts.items())]
    lines += ["", "[recall]", *(f'"{name}" = {value:.3f}' for name, value in sorted(shares.items()))]
    BUDGETS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Count, compare, and exit with 1 if something got worse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the budgets instead of comparing")
    parser.add_argument("--turns", type=int, default=1, help="runs of each workload that are counted; for the tests")
    args = parser.parse_args(argv)
    warm = [sys.executable, "-m", "benchmarks.budgets.counted", "--warm"]
    subprocess.run(warm, check=True, cwd=ROOT, env={**os.environ, **SAME})
    counts = instructions(("-m", "benchmarks.budgets.counted", "--turns", str(args.turns)))
    shares = recalls()
    for name, value in {**counts, **shares}.items():
        print(f"{name:36} {value:14,.3f}" if value <= 1 else f"{name:36} {value:14,.0f} instructions")
    if args.update:
        update(counts, shares)
        return
    budgets = tomllib.loads(BUDGETS.read_text(encoding="utf-8"))
    found = complaints(counts, shares, budgets)
    for line in found:
        print(f"worse: {line}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

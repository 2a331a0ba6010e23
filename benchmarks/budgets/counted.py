"""What `bench-check` counts the instructions of; run by `check` under callgrind, which counts between two commands.

Starting Python and Numba takes a thousand times what is measured, so counting is off until the first workload.
"""

import argparse
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

Workload = Callable[[], Any]


def control(*options: str) -> None:
    """Tell callgrind, under which this very process runs, what to do."""
    program = shutil.which("callgrind_control") or "callgrind_control"
    subprocess.run([program, *options, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)


def counted(workloads: dict[str, Workload], turns: int) -> None:
    """Run each workload so many times and have a dump written under its name; the first, uncounted run warms up."""
    for workload in workloads.values():
        workload()
    control("--instr=on")
    for name, workload in workloads.items():
        control("--zero")
        for _ in range(turns):
            workload()
        control(f"--dump={name}")


def workloads() -> dict[str, Workload]:
    """Return the fixed workloads: texts and queries are the same in every run."""
    import dedup  # noqa: PLC0415 - the tests count workloads that need none of this
    from benchmarks.texts.articles import articles  # noqa: PLC0415 - the same
    from benchmarks.texts.scripts import SHORT, Script, chinese, some  # noqa: PLC0415 - the same

    texts = articles(240, None)
    in_chinese = some(Script("Chinese", chinese), SHORT, 10_000, None)
    index = dedup.open("memory:")
    index.put(dedup.Document(str(place), text) for place, text in enumerate(texts[:200]))
    queries = [texts[place] + texts[-place] for place in range(1, 11)]
    more = [dedup.Document(f"more {place}", text) for place, text in enumerate(texts[:50])]

    def put() -> None:
        with dedup.open("memory:") as fresh:
            fresh.put(more)

    return {
        "sketch-english": lambda: dedup.sketch(texts),
        "sketch-chinese": lambda: dedup.sketch(in_chinese),
        "put-memory": put,
        "look-up-memory": lambda: [index.resemble(query) for query in queries],
    }


def main() -> None:
    """Run the workloads, under callgrind or, to compile the kernels, without it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--warm", action="store_true", help="only compile what will be needed")
    args = parser.parse_args()
    fixed = workloads()
    if args.warm:
        for workload in fixed.values():
            workload()
    else:
        counted(fixed, args.turns)


if __name__ == "__main__":
    main()

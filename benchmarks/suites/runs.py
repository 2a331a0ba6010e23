"""Runs of words that stand elsewhere, beside a suffix array of the same words."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness.row import OURS, Row
from benchmarks.harness.suite import Scale, tell

TABLE = "Runs of words that stand elsewhere"
PACKAGE = "pydivsufsort"
WITHIN = 1_800


def rows(scale: Scale) -> Iterator[Row]:
    """Yield how fast runs are found, and in how much memory; what each way finds stands beside its speed."""
    if find_spec(PACKAGE) is None:
        tell(f"runs: left out; pip install {PACKAGE}")
        return
    for documents in (scale.documents[0], scale.documents[-1]):
        tell(f"runs: {documents:,} documents")
        told = job(documents)
        truth = next(one["words in runs"] for one in told if one["way"] != OURS)
        for one in told:
            of: dict[str, Any] = {"table": TABLE, "name": one["way"], "size": documents}
            of["version"] = "" if one["way"] == OURS else f"{PACKAGE} {version(PACKAGE)}"
            found = {
                "accuracy": one["words in runs"] / truth,
                "measure": "words in runs, of those of the array",
            }
            yield Row(**of, **found, case="speed", unit="documents/s", median=documents / one["seconds"])
            yield Row(**of, case="peak memory", unit="MB", median=one["peak MB"])


def job(documents: int) -> Any:
    """Run the job; return what it prints."""
    argv = [sys.executable, "-m", "benchmarks.jobs.runs", "--json", "--documents", str(documents)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True, timeout=WITHIN, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout)

"""PAN's categories, measured on a collection made by hand."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness.suite import SCALES
from benchmarks.suites import published

COPY = "The harbour of Lindholm was closed on Monday after a crane toppled on two barges laden with gravel and timber"
STORIES = {
    "none": "Firemen needed until the evening to free the driver, who was unhurt but shaken.",
    "other": "A cold spring has kept swallows away from northern villages, bird watchers counted fewer nests.",
}


def written(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    """Write one file of a collection."""
    with gzip.open(folder / "pan13_train" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)


def test_each_category_is_measured_both_ways_beside_the_published(tmp_path: Path) -> None:
    """A copied stretch is found as marked, in pairs given and through an index; others share nothing."""
    (tmp_path / "pan13_train").mkdir()
    texts = {"a": f"{STORIES['none']} {COPY}.", "b": f"{COPY}. {STORIES['other']}", "c": STORIES["other"]}
    start = len(STORIES["none"]) + 1
    span = {"a": "a", "b": "b", "a_start": start, "a_end": start + len(COPY), "b_start": 0, "b_end": len(COPY)}
    pairs = [{"a": "a", "b": "b", "category": category} for category in published.CATEGORIES]
    written(tmp_path, "docs", [{"id": name, "text": text} for name, text in texts.items()])
    written(tmp_path, "pairs", [*pairs, {"a": "a", "b": "c", "category": published.UNRELATED}])
    written(tmp_path, "spans", [span])
    scale = replace(SCALES["tiny"](None), data=tmp_path)
    figures = {(row.name, row.case): row.median for row in published.rows(scale)}
    for way in ("resembles, pairs given", "resembles, through an index"):
        for case in ("no-obfuscation", "all", "unrelated pairs of which nothing is reported"):
            assert figures[way, case] == 1.0
    assert figures["Sanchez-Perez 2014, test part", "all"] == 0.878

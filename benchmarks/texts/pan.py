"""PAN 2013 text alignment, training part: texts, pairs by category, and the passages that are marked in them."""

from collections import defaultdict
from pathlib import Path

from benchmarks.texts.articles import records
from benchmarks.texts.cases import Case, Cases


def collection(folder: Path) -> tuple[dict[str, str], Cases, dict[str, list[tuple[str, str]]]]:
    """Return the texts, the cases by pair, and the pairs by category."""
    texts = {record["id"]: record["text"] for record in records(folder / "docs.jsonl.gz")}
    cases, pairs = defaultdict[tuple[str, str], list[Case]](list), defaultdict[str, list[tuple[str, str]]](list)
    for span in records(folder / "spans.jsonl.gz"):
        cases[span["a"], span["b"]].append(Case(*(span[name] for name in Case._fields)))
    for record in records(folder / "pairs.jsonl.gz"):
        pairs[record["category"]].append((record["a"], record["b"]))
    return texts, cases, pairs

"""The passages found in the PAN 2013 text alignment pairs, and in the seed articles, beside difflib.

Each pair is compared as `dedup.compare` does, without an index. The folder of evaluation texts holds
`pan13_train/docs.jsonl.gz`, `pairs.jsonl.gz` and `spans.jsonl.gz`; without it only the seeds are measured.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.peers.baselines import matched_by_difflib
from benchmarks.texts.articles import SEEDS
from benchmarks.texts.cases import Case, Cases, case_of, measure
from benchmarks.texts.pan import collection
from dedup.engine import explain
from dedup.search.question import Question

TABLE, SAMPLE = "Passages of pairs", 20


def detect(one: str, other: str, question: Question) -> list[Case]:
    """Return the passages that two texts share."""
    found = explain(one, other, question).match.passages
    return [case_of(one.query, one.document) for one in found]


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the seeds, then each category of PAN."""
    tell("passages: seeds")
    yield from of_pairs("seeds", *seeds(), sample=None)
    if scale.data is None:
        tell("passages: PAN 2013 left out; set RESEMBLES_EVAL")
        return
    texts, cases, categories = collection(scale.data / "pan13_train")
    for category, keys in sorted(categories.items()):
        tell(f"passages: PAN 2013, {category}")
        some = keys if scale.name == "full" else keys[:100]
        yield from of_pairs(f"PAN 2013, {category[3:]}", texts, cases, some, sample=SAMPLE)


def of_pairs(
    name: str, texts: Mapping[str, str], cases: Cases, keys: Sequence[tuple[str, str]], sample: int | None
) -> Iterator[Row]:
    """Yield the measures of ours on all pairs, then of ours and of difflib on the same sample."""
    question = Question()
    runs: list[tuple[str, Callable[[str, str], list[Case]], Sequence[tuple[str, str]]]]
    runs = [("resembles", lambda a, b: detect(a, b, question), keys)]
    if sample is not None:
        runs.append(("resembles, sample", lambda a, b: detect(a, b, question), keys[:sample]))
    runs.append(("difflib, sample" if sample else "difflib", matched_by_difflib, keys[:sample]))
    for finder, find, some in runs:
        seconds, found = list[float](), dict[tuple[str, str], list[Case]]()
        for a, b in some:
            start = time.perf_counter()
            found[a, b] = find(texts[a], texts[b])
            seconds.append(time.perf_counter() - start)
        measured = measure({key: cases[key] for key in some if key in cases}, found)
        common: dict[str, Any] = {"table": TABLE, "name": finder, "size": len(some)}
        if measured["cases"]:
            for figure in ("plagdet", "precision", "recall"):
                yield Row(**common, case=f"{name}, {figure}", unit="share", median=measured[figure])
            accuracy, what = measured["recall"], "recall"
        else:
            clean = 1 - measured["pairs_detected"] / len(some)
            yield Row(**common, case=f"{name}, nothing reported", unit="share", median=clean)
            accuracy, what = clean, "pairs of which nothing is reported"
        median, spread = middle([1e3 * value for value in seconds])
        told: dict[str, Any] = {"accuracy": accuracy, "measure": what}
        yield Row(**common, **told, case=f"{name}, a pair", unit="ms", median=median, spread=spread)


def seeds() -> tuple[dict[str, str], Cases, list[tuple[str, str]]]:
    """Return the seed articles, the passages marked by hand in them, and all pairs."""
    gold = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
    texts = {name: (SEEDS / file).read_bytes().decode() for name, file in gold["files"].items()}
    cases = defaultdict[tuple[str, str], list[Case]](list)
    for passage in gold["passages"]:
        cases[passage["a"], passage["b"]].append(Case(*passage["a_span"], *passage["b_span"]))
    return texts, cases, list(combinations(sorted(texts), 2))

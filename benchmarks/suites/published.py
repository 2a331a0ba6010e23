"""PAN 2013 text alignment by category, for pairs given and through an index, beside the published systems.

The folder of evaluation texts holds the training part; the published figures are of the test part, by the same measure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import dedup
from benchmarks.harness.row import OURS, Row
from benchmarks.harness.suite import Scale, tell
from benchmarks.texts.cases import Case, case_of, measure
from benchmarks.texts.pan import collection
from dedup import Document
from dedup.model import Passage

TABLE, UNRELATED = "PAN 2013 beside published systems", "01-no-plagiarism"
SOURCES = 100  # a text may have many
SAMPLE = 100  # pairs of a category, where not all are measured
PUBLISHED = {  # the overviews of PAN 2013 and 2014: none, random, translation, summary, all
    "Sanchez-Perez 2014, test part": (0.900, 0.884, 0.887, 0.561, 0.878),
    "Glinos 2014, test part": (0.962, 0.806, 0.847, 0.624, 0.859),
    "Torrejón 2013, test part": (0.926, 0.747, 0.851, 0.341, 0.822),
    "baseline, test part": (0.934, 0.071, 0.106, 0.045, 0.422),
}
CATEGORIES = ("02-no-obfuscation", "03-random-obfuscation", "04-translation-obfuscation", "05-summary-obfuscation")

Pair = tuple[str, str]
Found = Mapping[Pair, Sequence[Case]]


def rows(scale: Scale) -> Iterator[Row]:
    """Yield plagdet by category: ours for pairs given, ours through an index, theirs."""
    if scale.data is None:
        tell("published systems: PAN 2013 left out; set RESEMBLES_EVAL")
        return
    texts, cases, categories = collection(scale.data / "pan13_train")
    some = {name: keys if scale.name == "full" else keys[:SAMPLE] for name, keys in categories.items()}
    ways: dict[str, Callable[[Mapping[str, str], list[Pair]], Found]]
    ways = {"pairs given": of_pairs, "through an index": through_index}
    for way, find in ways.items():
        tell(f"published systems: ours, {way}")
        found = find(texts, sorted({key for keys in some.values() for key in keys}))
        for category in CATEGORIES:
            yield _row(f"{OURS}, {way}", category[3:], _plagdet(cases, found, some[category]))
        yield _row(f"{OURS}, {way}", "all", _plagdet(cases, found, [key for keys in some.values() for key in keys]))
        clean = sum(not found[key] for key in some[UNRELATED]) / len(some[UNRELATED])
        yield _row(f"{OURS}, {way}", "unrelated pairs of which nothing is reported", clean)
    for name, figures in PUBLISHED.items():
        for category, figure in zip(CATEGORIES, figures[:-1], strict=True):
            yield _row(name, category[3:], figure)
        yield _row(name, "all", figures[-1])


def of_pairs(texts: Mapping[str, str], keys: list[Pair]) -> Found:
    """Return the passages of pairs that are given."""
    return {(one, other): _cases(dedup.compare(texts[one], texts[other]).passages) for one, other in keys}


def through_index(texts: Mapping[str, str], keys: list[Pair]) -> Found:
    """Return the passages of the same pairs where the sources are found in an index of all of them."""
    found = defaultdict[Pair, list[Case]](list)
    with dedup.open("memory:") as index:
        index.put(Document(name, texts[name]) for name in sorted({other for _, other in keys}))
        for one in sorted({one for one, _ in keys}):
            for match in index.resemble(texts[one], limit=SOURCES):
                found[one, match.id] = _cases(match.passages)
    return found


def _cases(passages: Sequence[Passage]) -> list[Case]:
    return [case_of(one.query, one.document) for one in passages]


def _plagdet(cases: Mapping[Pair, Sequence[Case]], found: Found, keys: list[Pair]) -> float:
    truth = {key: cases[key] for key in keys if key in cases}
    return measure(truth, {key: found[key] for key in keys})["plagdet"]


def _row(name: str, category: str, share: float) -> Row:
    return Row(table=TABLE, name=name, case=category, unit="share", median=share)

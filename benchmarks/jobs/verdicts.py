"""What queries of known kinds are called, by limit: copies, cut and longer versions, roundups, rewordings, others.

`python -m benchmarks.jobs.verdicts` takes the evaluation texts that RESEMBLES_EVAL names, puts 3,000 articles into an
index, and prints how many of 200 queries of each kind have each verdict.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

import dedup
from benchmarks.texts.articles import articles, data_folder, records, unigrams
from benchmarks.texts.planting import Planter
from dedup import Document
from dedup.model import Verdict

INDEXED, QUERIES = 3_000, 200
LIMITS = (0.7, 0.8, 0.9)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
INDEXED_VERSION, VERSIONS = "ASV", ("NHEB", "YLT", "Darby", "DRC")


def kinds(planter: Planter) -> Mapping[str, Callable[[list[str]], list[str]]]:
    """Return what is done to the words of an article, by the name of what becomes of it."""

    def some() -> list[str]:
        return planter.rng.choice(planter.hosts).split()

    def edited(rate: float) -> Callable[[list[str]], list[str]]:
        return lambda words: planter.edit(words, rate)

    def cut(share: float) -> Callable[[list[str]], list[str]]:
        return lambda words: words[: int(share * len(words))]

    def longer(share: float) -> Callable[[list[str]], list[str]]:
        return lambda words: [*some()[: int(share * len(words))], *words]

    return {
        "copy": edited(0),
        **{f"copy, {rate:.0%} of the words edited": edited(rate) for rate in (0.02, 0.05, 0.1, 0.2)},
        **{f"the first {share:.0%}": cut(share) for share in (0.9, 0.7, 0.5, 0.2)},
        "the first 50%, 2% edited": lambda words: planter.edit(cut(0.5)(words), 0.02),
        **{f"{share:.0%} longer": longer(share) for share in (0.1, 0.5)},
        "roundup: three articles, 100 words of its own": lambda words: [
            *some()[:100],
            *words,
            *planter.rng.choice(planter.sources).split(),
            *planter.rng.choice(planter.sources).split(),
        ],
        "60 words of it in an unrelated text": lambda words: [*some(), *words[30:90]],
        "an unrelated text": lambda _: some(),
    }


def versions(folder: Path, rng: random.Random) -> tuple[list[str], list[str]]:
    """Return the chapters of one translation, and some of others: the same in other words."""
    chapters, others = list[str](), list[str]()
    for record in records(folder / "open/bible_nt.docs.jsonl.gz"):
        if record["version"] == INDEXED_VERSION:
            chapters.append(record["text"])
        elif record["version"] in VERSIONS:
            others.append(record["text"])
    return chapters, rng.sample(others, QUERIES)


def tell(sources: Sequence[str], made: Mapping[str, Sequence[str]]) -> None:
    """Print how many queries of each kind have each verdict, by limit, and how many a match with such a Jaccard."""
    with dedup.open("memory:") as index:
        index.put(Document(str(place), text) for place, text in enumerate(sources))
        for limit in LIMITS:
            for kind, queries in made.items():
                answers = [index.resemble(query, contained=limit) for query in queries]
                told = Counter(answer.verdict for answer in answers)
                counts = " | ".join(str(told[one] or "") for one in VERDICTS)
                as_alike = sum(any(match.jaccard >= limit for match in answer) for answer in answers)
                sys.stdout.write(f"| {limit} | {kind} | {counts} | {as_alike} |\n")


def main() -> None:
    """Print a row for each limit and kind."""
    folder = data_folder()
    if folder is None:
        sys.exit("there are no evaluation texts; set RESEMBLES_EVAL to their folder")
    rng = random.Random(5)
    sources = articles(INDEXED, folder, seed=5)
    unrelated = articles(QUERIES, None, seed=5)  # generated: real articles share passages of which nobody knows
    planter = Planter(sources, unrelated, unigrams(sources[:500]), rng)
    chosen = rng.sample(sources, QUERIES)
    made = {kind: [planter.reflow(make(text.split())) for text in chosen] for kind, make in kinds(planter).items()}
    tell(sources, made)
    chapters, retold = versions(folder, rng)
    tell(chapters, {"a chapter in another translation": retold})


if __name__ == "__main__":
    main()

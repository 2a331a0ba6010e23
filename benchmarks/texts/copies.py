"""Articles and edited copies of them: as like as one wishes, reprinted by many, or as a collection without end."""

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import zstandard

from benchmarks.texts.articles import articles, generated, unigrams
from benchmarks.texts.planting import Planter

COPIES = 0.3
RATES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)
REMEMBERED = 20_000


def graded(bases: int) -> dict[str, str]:
    """Return articles, each with four copies edited by anything from nothing to a quarter of the words."""
    rng, texts = random.Random(2), articles(max(bases, 10), None, seed=2)
    planter = Planter(texts, texts[:1], unigrams(texts[:200]), rng)
    made = {f"{place}": text for place, text in enumerate(texts)}
    for place, text in enumerate(texts):
        for copy in range(4):
            made[f"{place}-{copy}"] = planter.reflow(planter.edit(text.split(), rng.random() ** 2 / 4))
    return made


def reprints(events: int) -> dict[str, str]:
    """Return events' stories, one to six of each; footers and a quoted paragraph are shared across events."""
    rng, texts = random.Random(3), articles(2 * events, None, seed=3)
    planter = Planter(texts, texts[:1], unigrams(texts[:200]), rng)
    footers = [" ".join(rng.choices(planter.words, k=25)) for _ in range(5)]
    made = {}
    for event, text in enumerate(texts[:events]):
        for copy in range(rng.randrange(1, 7)):
            words = planter.edit(text.split(), rng.choice((0.0, 0.02, 0.05, 0.1, 0.15)))
            kept = words[: int(len(words) * rng.uniform(0.4, 1))] if rng.random() < 0.5 else words
            lead = rng.choices(planter.words, k=rng.randrange(30))
            quote = rng.choice(texts).split()[:60] if rng.random() < 0.1 else []
            made[f"{event}-{copy}"] = " ".join([*lead, *kept, *quote]) + "\n\n" + rng.choice(footers)
    return made


def collection(seed: int = 1) -> Iterator[str]:
    """Iterate over articles and copies of them without end: the same for the same seed."""
    rng, articles = random.Random(seed), generated(seed)
    originals = list(islice(articles, 1))
    words = originals[0].split()
    while True:
        if rng.random() >= COPIES:
            article = next(articles)
            if len(originals) < REMEMBERED:
                originals.append(article)
            else:
                originals[rng.randrange(REMEMBERED)] = article
            yield article
            continue
        copied, rate = rng.choice(originals).split(" "), rng.choice(RATES)
        for place in range(len(copied)) if rate else ():
            if rng.random() < rate:
                copied[place] = rng.choice(words)
        yield " ".join(copied)


def write(path: Path, documents: int) -> None:
    """Write so many of the collection as compressed JSON Lines."""
    with zstandard.open(path, "wt", encoding="utf-8", cctx=zstandard.ZstdCompressor(level=1)) as file:
        for i, text in enumerate(islice(collection(), documents)):
            file.write(json.dumps({"id": f"d{i}", "text": text}) + "\n")

"""What watches cost a put: milliseconds a document by the wall clock, alone and in batches, with and without them.

`python -m benchmarks.jobs.watches [--watches N] [--index URL]` puts the same documents into two indexes in turn, of
which one watches for N articles and N phrases of 7 to 12 words: in folders, or under two namespaces of a server.
Figures are medians of so many rounds, so that what disturbs the machine befalls both alike. ADR 31 has them.
"""

import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import islice

import dedup
from benchmarks.jobs.arguments import arguments
from benchmarks.texts.articles import articles
from dedup import Document
from dedup.engine import Index
from dedup.errors import InvalidDocument

THERE, ALONE, BATCH, ROUNDS = 2_000, 300, 500, 5


def phrases(texts: list[str], rng: random.Random) -> Iterator[str]:
    """Yield a phrase of 7 to 12 words out of each text."""
    for text in texts:
        words = text.split()
        start = rng.randrange(max(1, len(words) - 12))
        yield " ".join(words[start : start + rng.randint(7, 12)])


def watch_for(index: Index, texts: list[str]) -> None:
    """Put a watch for each text that is long enough."""
    for place, text in enumerate(texts):
        with suppress(InvalidDocument):
            index.watch(f"watch {place}", text)


def put(index: Index, documents: list[Document]) -> float:
    """Put documents; return the milliseconds of each."""
    begun = time.perf_counter()
    index.put(documents)
    return (time.perf_counter() - begun) * 1e3 / len(documents)


def measured(plain: Index, watching: Index, texts: Iterator[str]) -> dict[str, float]:
    """Return the median milliseconds of a document, put alone and in a batch, without watches and with them."""
    taken: dict[str, list[float]] = {}
    for kind, size, rounds in (("alone", 1, ALONE), ("batch", BATCH, ROUNDS)):
        for place in range(rounds):
            documents = [Document(f"{kind} {place} {i}", text) for i, text in enumerate(islice(texts, size))]
            for name, index in (("", plain), (" watched", watching)):
                taken.setdefault(kind + name, []).append(put(index, documents))
    return {name: statistics.median(each) for name, each in taken.items()}


def main() -> None:
    """Print the figures."""
    parser = arguments(__doc__)
    parser.add_argument("--watches", type=int, default=10_000)
    parser.add_argument("--index", help="a server, as redis://HOST; default: folders")
    told = parser.parse_args()
    texts = iter(articles(THERE + 2 * told.watches + ALONE + BATCH * ROUNDS, told.data, told.seed))
    there = [Document(f"there {i}", text) for i, text in enumerate(islice(texts, THERE))]
    watched = list(islice(texts, told.watches))
    watched += phrases(list(islice(texts, told.watches)), random.Random(told.seed))
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        where = f"{told.index}?namespace={uuid.uuid4().hex}" if told.index else f"lmdb:{folder}/"
        plain, watching = (stack.enter_context(dedup.open(f"{where}{name}")) for name in ("plain", "watching"))
        for index in (plain, watching):
            index.put(there)
        watch_for(watching, watched)
        row = measured(plain, watching, texts) | {"hits": watching.new_hits}
    shown = "  ".join(f"{name} {value:.2f}" for name, value in row.items())
    sys.stdout.write(f"{json.dumps(row) if told.json else shown}\n")


if __name__ == "__main__":
    main()

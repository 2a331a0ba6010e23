"""Measure stories: `python -m benchmarks.jobs.stories`: milliseconds to tell one, and to list them, from LMDB.

The texts are made: each takes from an earlier one, leaves out its beginning, changes one word in twenty, and goes on.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dedup
from dedup.stories import telling

SIZES = ((10, 300), (100, 300), (1_000, 300), (10, 2_000), (100, 2_000))
COMPARED = (25, 50, 100, 200)
LISTED, ROUNDS = 20_000, 5
NUMBERS = random.Random(1)
WORDS = ["".join(NUMBERS.choices("abcdefghijklmnoprstuvwz", k=NUMBERS.randint(3, 9))) for _ in range(20_000)]


def told_on(count: int, words: int) -> Iterator[dedup.Document]:
    """Yield documents of one story, a day each."""
    texts = list[list[str]]()
    for number in range(count):
        text = list(NUMBERS.choice(texts[-20:] or [NUMBERS.choices(WORDS, k=words)]))
        for _ in range(len(text) // 20 if texts else 0):
            text[NUMBERS.randrange(len(text))] = NUMBERS.choice(WORDS)
        kept = len(text) - (NUMBERS.randrange(len(text) // 8) if texts else 0)
        texts.append(text[-kept:] + NUMBERS.choices(WORDS, k=words - kept))
        date = f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
        yield dedup.Document(f"{count}-{number}", " ".join(texts[-1]), {"date": date})


def milliseconds(call: Callable[[], object]) -> str:
    """Return the time of the quickest of some calls."""
    taken = list[float]()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return f"{1000 * min(taken):6.0f} ms"


def tell(folder: Path, count: int, words: int) -> None:
    """Measure a story of so many documents; one of a thousand also with other bounds."""
    with dedup.open(f"lmdb:{folder / f'{count}-{words}'}", dedup.Scheme(stories=0.3)) as index:
        index.put(told_on(count, words))
        name = index.stories(order="largest").stories[0].name
        story = index.story(name)
        sys.stdout.write(f"{milliseconds(lambda: index.story(name))}  {story.count:,} documents of {words:,} words, ")
        sys.stdout.write(f"{story.compared} compared\n")
        usual = telling.COMPARED
        for telling.COMPARED in COMPARED if count == max(COMPARED) * 5 else ():
            sys.stdout.write(f"{milliseconds(lambda: index.story(name))}    {telling.COMPARED} compared\n")
        telling.COMPARED = usual


def list_all(folder: Path) -> None:
    """Measure the lists of an index of 20,000 documents."""
    with dedup.open(f"lmdb:{folder / 'list'}", dedup.Scheme(stories=0.5)) as index:
        index.put(replace(one, id=f"{story}-{one.id}") for story in range(LISTED // 10) for one in told_on(10, 300))
        for what, call in {
            "the newest": index.stories,
            "the largest": lambda: index.stories(order="largest"),
            "the largest since a day": lambda: index.stories("2026-01-01", order="largest"),
        }.items():
            sys.stdout.write(f"{milliseconds(call)}  {what}\n")


def main() -> None:
    """Measure all of it."""
    with tempfile.TemporaryDirectory() as folder:
        for count, words in SIZES:
            tell(Path(folder), count, words)
        list_all(Path(folder))


if __name__ == "__main__":
    main()

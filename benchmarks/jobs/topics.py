"""A control: what is reported between news of one subject and one day, to be read.

`python -m benchmarks.jobs.topics FILE [PAIRS]` takes JSON lines with `text`, `topic` and `time` (RFC 3339), compares
PAIRS random pairs of one topic that are at most a day apart, and prints every report with both stretches; the last line
counts them. Pairs of one story are among them: a reader decides which reports can be defended.
"""

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import dedup

DAY, SHORTEST, PAIRS = timedelta(days=1), 60, 6000
SHOWN = 400  # letters of each stretch


class Story(NamedTuple):
    """A piece of news."""

    time: datetime
    text: str


def pairs(path: Path) -> list[tuple[Story, Story]]:
    """Return the pairs of stories of one topic that are at most a day apart."""
    topics = defaultdict[str, list[Story]](list)
    with path.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if len(record["text"].split()) >= SHORTEST:
                topics[record["topic"]].append(Story(datetime.fromisoformat(record["time"]), record["text"]))
    return [pair for stories in topics.values() for pair in neighbours(sorted(stories))]


def neighbours(stories: list[Story]) -> Iterator[tuple[Story, Story]]:
    """Yield the pairs at most a day apart of stories in order of time."""
    for place, story in enumerate(stories):
        for later in stories[place + 1 :]:
            if later.time - story.time > DAY:
                break
            yield story, later


def report(one: Story, other: Story) -> set[str]:
    """Print what two stories share, and return its kinds."""
    passages = dedup.compare(one.text, other.text).passages
    for passage in passages:
        sys.stdout.write(f"{passage.kind}, evidence {passage.evidence}, similarity {passage.similarity:.2f}\n")
        for text, span in ((one.text, passage.query), (other.text, passage.document)):
            sys.stdout.write(f"    {' '.join(text[span.start : span.end].split())[:SHOWN]}\n")
    return {passage.kind for passage in passages}


def main(path: str, several: str = str(PAIRS)) -> None:
    """Compare random pairs, print what they share, and count."""
    every = pairs(Path(path))
    kinds = Counter[Any]()
    some = random.Random(5).sample(every, min(int(several), len(every)))
    for pair in some:
        kinds.update(report(*pair) or {"nothing"})
    sys.stdout.write(f"{len(some)} of {len(every)} pairs: {dict(kinds)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

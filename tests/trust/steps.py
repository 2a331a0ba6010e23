"""A working life in a few seconds: what is done to an index step by step, and what it must hold after each.

As a program (`python -m trust.steps FOLDER`) it takes the steps, and appends a line to FOLDER/acknowledged after each.
"""

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dedup.engine import Index, open_index
from dedup.model import Document

INDEX, ACKNOWLEDGED = "index", "acknowledged"
PROBE = Document("probe", " ".join(f"unheard{number}" for number in range(40)))
_WORDS = [f"word{number}" for number in range(3_000)]


@dataclass(frozen=True)
class Step:
    """What is done at once: put these, remove those, or mend."""

    put: dict[str, str] = field(default_factory=dict)
    ttl: int = 0
    remove: tuple[str, ...] = ()
    tidy: str = ""

    def take(self, index: Index) -> None:
        """Do it."""
        if self.put:
            index.put([Document(name, text) for name, text in self.put.items()], ttl=self.ttl)
        if self.remove:
            index.remove(self.remove)
        if self.tidy == "sweep":
            index.sweep()
        if self.tidy == "check":
            index.check(repair=True)

    def model(self, held: dict[str, str]) -> dict[str, str]:
        """Return what an index holds after the step, and after all times to live."""
        put = {} if self.ttl else self.put
        return {name: text for name, text in {**held, **put}.items() if name not in self.remove}


def text(seed: int, words: int = 0) -> str:
    """Return a text that follows from a number, of about 100 words; a third of the texts share a paragraph."""
    generator = random.Random(seed)  # noqa: S311 - a reproducible text is wanted, not a secret one
    own = " ".join(generator.choices(_WORDS, k=words or generator.randint(60, 140)))
    return f"{own} {' '.join(_WORDS[:30])}" if seed % 3 == 0 else own


def texts(first: int, end: int, version: int = 0) -> dict[str, str]:
    """Return documents by id, in a version."""
    return {f"d{number}": text(1000 * version + number) for number in range(first, end)}


STEPS: tuple[Step, ...] = (
    Step(put=texts(0, 12)),
    Step(put={**texts(12, 20), "long": text(7, words=3_000)}),  # several chunks, and pages of its own
    Step(put=texts(8, 24, version=1)),
    Step(remove=("d1", "d9", "d23", "nobody")),
    Step(put=texts(100, 106), ttl=1),
    Step(put={**texts(0, 10, version=2), "long": text(8, words=2_500)}),
    *(Step(put=texts(first, first + 4)) for first in range(30, 50, 4)),
    Step(tidy="sweep"),
    Step(remove=tuple(f"d{number}" for number in range(10, 40))),
    Step(tidy="check"),
    Step(put=texts(60, 90)),
    Step(remove=("long",)),
    Step(put=texts(60, 75, version=3)),
)


def states(steps: Sequence[Step] = STEPS) -> list[dict[str, str]]:
    """Return what the index holds before the first step, after it, and so on."""
    held: list[dict[str, str]] = [{}]
    for step in steps:
        held.append(step.model(held[-1]))
    return held


def main(folder: Path) -> None:
    """Take all steps, and acknowledge each."""
    with (folder / ACKNOWLEDGED).open("a", buffering=1) as acknowledged, open_index(str(folder / INDEX)) as index:
        acknowledged.write("created\n")
        for number, step in enumerate(STEPS):
            if step.tidy == "sweep":
                time.sleep(1.1)  # those of one second have expired
            step.take(index)
            acknowledged.write(f"{number}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What the tests of watches share: texts, an index that does not settle, and the obvious model of hits."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import dedup
from dedup.engine import Index
from dedup.model import Document, Hit

rng = random.Random(31)  # noqa: S311 - reproducible
WORDS = [f"{rng.choice('bdfgklmnprst')}{rng.choice('aeiou')}{rng.choice('bdgklmnprst')}{i}" for i in range(5000)]
RELEASES = [" ".join(rng.sample(WORDS, 60)) for _ in range(12)]


def about(release: int, *, seed: int) -> str:
    """Return an article of words of its own that quotes 20 words of a release."""
    own = random.Random(seed)  # noqa: S311 - reproducible
    words = RELEASES[release].split()
    start = own.randrange(len(words) - 20)
    return " ".join([*own.sample(WORDS, 50), *words[start : start + 20], *own.sample(WORDS, 50)])


class Unsettled(Index):
    """An index whose puts leave it to others to settle."""

    def settle(self) -> int:
        """Do nothing."""
        return 0

    def settle_own(self, ids: Sequence[str]) -> None:
        """Do nothing."""


@dataclass
class Model:
    """Hits as anybody would find them: each document is compared with each watch that there is when it comes in."""

    watches: dict[str, str] = field(default_factory=dict)
    hits: list[tuple[str, str]] = field(default_factory=list)

    def put(self, document: Document) -> None:
        """Compare a document with all watches, in the order of their names."""
        for name, text in sorted(self.watches.items()):
            if dedup.compare(text, document.text).verdict not in {"new", None}:
                self.hits.append((name, document.id))

    def unwatch(self, name: str) -> None:
        """Forget a watch and its hits."""
        self.watches.pop(name, None)
        self.hits = [hit for hit in self.hits if hit[0] != name]


def named(hits: Iterable[Hit]) -> list[tuple[str, str]]:
    """Return the watch and the document of each hit."""
    return [(hit.watch, hit.match.id) for hit in hits]


def every(index: Index, name: str | None = None, limit: int = 7) -> list[Hit]:
    """Return all hits, read page by page."""
    found, page = list[Hit](), index.hits(name, limit=limit)
    while len(page):
        found += page
        page = index.hits(name, page.next, limit)
    return found

"""Near-duplicates of one text at a time: each package has an index of the collection, and is asked with raw text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import dedup
from benchmarks.harness.machine import installed
from benchmarks.peers.pairs import GAOYA, RENSA_BANDS, cleaned, gaoya_index
from benchmarks.peers.task import NUM_PERM, SEED, shingles
from dedup import Document

LIMIT = 200

Ask = Callable[[str], Iterable[str]]
Opened = Callable[[Mapping[str, str], float], AbstractContextManager[Ask]]


def indexes() -> Iterator[tuple[str, str, Opened]]:
    """Yield name, distribution, and what opens an index of texts for a threshold; ours first."""
    yield "resembles, memory", "resembles", in_memory
    yield "resembles, LMDB", "resembles", on_disk
    yield "datasketch MinHashLSH", "datasketch", datasketch
    if installed("rensa"):
        yield "rensa RMinHashLSH", "rensa", rensa
    if installed("gaoya"):
        yield GAOYA, "gaoya", gaoya


@contextmanager
def in_memory(texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Ask an index that keeps the texts, and whose answers tell exact similarities."""
    with filled("memory:", texts, threshold) as ask:
        yield ask


@contextmanager
def on_disk(texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Ask the same index in LMDB."""
    with TemporaryDirectory() as folder, filled(f"lmdb:{Path(folder) / 'index'}", texts, threshold) as ask:
        yield ask


@contextmanager
def filled(url: str, texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Put the texts into an index of this package, and ask it for whole documents, passages left out."""
    with dedup.open(url) as index:
        index.put(Document(name, text) for name, text in texts.items())

        def ask(text: str) -> Iterable[str]:
            answer = index.resemble(text, limit=LIMIT, passages=False)
            return [match.id for match in answer if match.jaccard >= threshold]

        yield ask


@contextmanager
def datasketch(texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Ask for candidates at its own parameters for the threshold; it verifies nothing."""
    from datasketch import MinHashLSH  # noqa: PLC0415 - costs seconds

    from benchmarks.peers.datasketch import fastest  # noqa: PLC0415 - the same

    index = MinHashLSH(threshold=threshold, num_perm=NUM_PERM)
    for name, one in zip(texts, fastest(list(texts.values())), strict=True):
        index.insert(name, one)
    yield lambda text: map(str, index.query(fastest([text])[0]))


@contextmanager
def rensa(texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Ask for candidates that its estimate confirms."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415 - a peer that may not be there

    def sketched(some: Iterable[str]) -> list[RMinHash]:
        return list(RMinHash.from_token_sets([shingles(text) for text in some], num_perm=NUM_PERM, seed=SEED))

    names, made = list(texts), sketched(texts.values())
    index = RMinHashLSH(threshold=threshold, num_perm=NUM_PERM, num_bands=RENSA_BANDS[threshold])
    index.insert_many(made, 0)

    def ask(text: str) -> Iterable[str]:
        (one,) = sketched([text])
        return [names[other] for other in index.query(one) if one.jaccard(made[other]) >= threshold]

    yield ask


@contextmanager
def gaoya(texts: Mapping[str, str], threshold: float) -> Iterator[Ask]:
    """Ask for candidates whose estimate reaches the threshold."""
    index, names = gaoya_index(threshold), list(texts)
    for place, text in enumerate(texts.values()):
        index.insert_document(place, cleaned(text))
    yield lambda text: [names[other] for other in index.query(cleaned(text))]

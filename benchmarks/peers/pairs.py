"""Near-duplicate pairs of a whole collection: each package begins with the raw texts, and ends with the pairs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from benchmarks.harness.machine import installed
from benchmarks.peers.task import NUM_PERM, SEED, shingles

RENSA_BANDS = {0.5: 32, 0.65: 16, 0.8: 8, 0.9: 8, 0.95: 8}
"""Of the bands that its sketch of 128 divides into, those whose threshold is nearest."""
GAOYA = "gaoya, 20 bands of 5, verified by signature"

Find = Callable[[Mapping[str, str], float], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Finder:
    """What finds the pairs of a collection.

    Attributes:
        name: what tables call it.
        package: the distribution whose version is stated.
        find: texts by name, and a threshold, to pairs of names, which may come twice and in either order.
        threads: threads that it uses; more than one are timed by the wall clock.
    """

    name: str
    package: str
    find: Find
    threads: int = 1


def finders() -> Iterator[Finder]:
    """Yield what is installed, ours first."""
    yield Finder("resembles, dedup corpus", "resembles", by_corpus)
    yield Finder("resembles, dedup corpus, 2 threads", "resembles", lambda a, b: by_corpus(a, b, threads=2), threads=2)
    yield Finder("datasketch MinHashLSH", "datasketch", by_datasketch)
    if installed("rensa"):
        yield Finder("rensa RMinHashLSH", "rensa", by_rensa)
    if installed("gaoya"):
        yield Finder(GAOYA, "gaoya", by_gaoya)


def by_corpus(texts: Mapping[str, str], threshold: float, *, threads: int = 1) -> Iterator[tuple[str, str]]:
    """Yield the pairs that `dedup corpus` verified exactly; it makes clusters and what stays, too.

    It compares equal texts once, so that each of them stands for the others in its pairs.
    """
    import pyarrow as pa  # noqa: PLC0415 - costs half a second, which the peers need not wait for

    from dedup.corpus import Job, deduplicate  # noqa: PLC0415 - the same

    frame = pa.table({"id": list(texts), "text": list(texts.values())})
    found = deduplicate(frame, Job(threshold=threshold, threads=threads)).pairs.to_pylist()
    equal = defaultdict[str, list[str]](list)
    for one in found:
        if one["kind"] == "exact":
            equal[one["a"]].append(one["b"])
    for first, others in equal.items():
        yield from combinations((first, *others), 2)
    for one in found:
        if one["kind"] == "near":
            yield from product(*((one[side], *equal.get(one[side], ())) for side in "ab"))


def by_datasketch(texts: Mapping[str, str], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield the candidates at its own parameters for the threshold; it verifies nothing."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - costs seconds

    from benchmarks.peers.datasketch import fastest  # noqa: PLC0415 - the same

    index, made = MinHashLSH(threshold=threshold, num_perm=NUM_PERM), list[MinHash](fastest(list(texts.values())))
    for name, one in zip(texts, made, strict=True):
        index.insert(name, one)
    for name, one in zip(texts, made, strict=True):
        yield from ((name, other) for other in index.query(one))


def by_rensa(texts: Mapping[str, str], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield the candidates of full-set sketches that its estimate confirms, as its deduplicator does."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415 - a peer that may not be there

    names, sets = list(texts), [shingles(text) for text in texts.values()]
    made = RMinHash.from_token_sets(sets, num_perm=NUM_PERM, seed=SEED)
    index = RMinHashLSH(threshold=threshold, num_perm=NUM_PERM, num_bands=RENSA_BANDS[threshold])
    index.insert_many(made, 0)
    for name, one in zip(names, made, strict=True):
        yield from ((name, names[other]) for other in index.query(one) if one.jaccard(made[other]) >= threshold)


def gaoya_index(threshold: float) -> Any:
    """Return an empty index with the bands of its README."""
    import gaoya  # noqa: PLC0415 - a peer that may not be there

    bands: dict[str, Any] = {"num_bands": 20, "band_size": 5, "num_hashes": 100, "ngram_range": (4, 4)}
    return gaoya.minhash.MinHashStringIndex(hash_size=32, jaccard_threshold=threshold, analyzer="word", **bands)


def cleaned(text: str) -> str:
    """Return a text in small letters with single blanks, at which gaoya splits."""
    return " ".join(text.lower().split())


def by_gaoya(texts: Mapping[str, str], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield what it returns at the bands of its README: candidates whose estimate reaches the threshold."""
    index, names = gaoya_index(threshold), list(texts)
    words = [cleaned(text) for text in texts.values()]
    for place, text in enumerate(words):
        index.insert_document(place, text)
    for name, text in zip(names, words, strict=True):
        yield from ((name, names[other]) for other in index.query(text))

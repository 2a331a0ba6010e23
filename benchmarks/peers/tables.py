"""The peers' indexes, filled with sketches that exist already: what is timed is the index alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.task import NUM_PERM, SEED

BANDS, ROWS = 42, 3
EVEN_BANDS = 32
"""Where bands must divide the sketch: 32 of four rows, the nearest to our 42 of three."""
TOGETHER = 2_000


@dataclass(frozen=True, slots=True)
class Filled:
    """An index as the benchmark sees it.

    Attributes:
        batches: each call inserts the next documents and returns how many.
        asked: each call looks one query up and returns the keys found.
        bands: what a document is found by.
    """

    batches: Iterable[tuple[Callable[[], Any], int]]
    asked: Sequence[Callable[[], Iterable[Any]]]
    bands: int


def datasketch(signatures: NDArray[np.uint32], queries: NDArray[np.uint32], storage: dict[str, Any] | None) -> Filled:
    """Fill a `MinHashLSH`, in memory or on a server, in insertion sessions where that is what its README advises."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - costs seconds

    index = MinHashLSH(num_perm=NUM_PERM, params=(BANDS, ROWS), storage_config=storage)

    def made(values: NDArray[np.uint32]) -> list[MinHash]:
        return [MinHash(seed=1, hashvalues=row, scheme="affine32") for row in values]

    def batches() -> Iterator[tuple[Callable[[], Any], int]]:
        for start in range(0, len(signatures), TOGETHER):
            sketches = made(signatures[start : start + TOGETHER])
            yield partial(insert, start, sketches), len(sketches)

    def insert(start: int, sketches: Sequence[MinHash]) -> None:
        if storage is None:
            for place, sketch in enumerate(sketches, start):
                index.insert(place, sketch, check_duplication=False)
            return
        with index.insertion_session() as session:
            for place, sketch in enumerate(sketches, start):
                session.insert(place, sketch, check_duplication=False)

    return Filled(batches(), [partial(index.query, sketch) for sketch in made(queries)], BANDS)


def rensa(rows: Callable[[int, int], list[list[str]]], documents: int, queries: list[list[str]]) -> Filled:
    """Fill an `RMinHashLSH` from matrices; `rows` gives the tokens of a range of documents."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415 - a peer that may not be there

    index = RMinHashLSH(threshold=0.5, num_perm=NUM_PERM, num_bands=EVEN_BANDS)

    def batches() -> Iterator[tuple[Callable[[], Any], int]]:
        for start in range(0, documents, TOGETHER):
            tokens = rows(start, min(start + TOGETHER, documents))
            matrix = RMinHash.digest_matrix_from_token_sets(tokens, num_perm=NUM_PERM, seed=SEED)
            yield partial(index.insert_matrix, matrix, start), len(tokens)

    sketches = RMinHash.from_token_sets(queries, num_perm=NUM_PERM, seed=SEED)
    return Filled(batches(), [partial(index.query, sketch) for sketch in sketches], EVEN_BANDS)


def fastsketchlsh(hashes: Sequence[NDArray[np.uint64]], queries: Sequence[NDArray[np.uint64]]) -> Filled:
    """Fill an `LSH` from matrices."""
    from FastSketchLSH import LSH, FastSimilaritySketch  # noqa: PLC0415 - a peer that may not be there

    sketcher = FastSimilaritySketch(NUM_PERM, seed=SEED)
    index, rest = LSH(NUM_PERM, EVEN_BANDS, 1), iter(hashes)

    def batches() -> Iterator[tuple[Callable[[], Any], int]]:
        while part := list(islice(rest, TOGETHER)):
            matrix = np.asarray(sketcher.batch(part, True, 1))
            yield partial(index.insert, matrix), len(part)

    sketches = np.asarray(sketcher.batch(list(queries), True, 1))
    return Filled(batches(), [partial(index.query, row) for row in sketches], EVEN_BANDS)

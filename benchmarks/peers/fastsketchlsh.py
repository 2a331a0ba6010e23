"""FastSketchLSH: Fast Similarity Sketching in C++; its README sketches sets one by one, its `batch` all at once."""

from collections.abc import Sequence

import numpy as np
from FastSketchLSH import FastSimilaritySketch
from numpy.typing import NDArray

from benchmarks.peers.task import NUM_PERM, SEED, Way, equal_values, shingles

LINK = "https://github.com/pzcddm/FastSketchLSH"


def sketcher() -> FastSimilaritySketch:
    """Return what makes the sketches."""
    return FastSimilaritySketch(NUM_PERM, seed=SEED)


def batch(texts: Sequence[str], threads: int = 1) -> NDArray[np.uint64]:
    """Sketch the texts in one call."""
    return np.asarray(sketcher().batch([shingles(text) for text in texts], False, threads))


WAYS = (
    Way("FastSketchLSH, batch", "fastsketchlsh", LINK, batch, lambda a, b: equal_values(batch(a), batch(b))),
    Way(
        "FastSketchLSH, batch, 2 threads",
        "fastsketchlsh",
        LINK,
        lambda texts: batch(texts, 2),
        lambda a, b: equal_values(batch(a, 2), batch(b, 2)),
        threads=2,
    ),
)

"""A document's buckets in parts, so that long and short texts compete fairly."""

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InvalidDocument
from dedup.scheme import Unit
from dedup.sketching.sketches import Sketch

CHUNK = {"word": 512, "character": 2560}  # ADR 4; a word has five characters


def whole(unit: Unit) -> int:
    """Return how many tokens a text may have at most that is in one part."""
    return 2 * CHUNK[unit]


def chunks(sketches: Sketch, row: int, unit: Unit) -> tuple[NDArray[np.uint64], ...]:
    """Return a document's buckets by chunk: one for up to 1,024 words, else one for every 512, bands in the first.

    Where characters are the unit, five of them stand for a word.

    Each bucket is in one chunk only, so that a bucket's count is one of documents.

    Raises:
        InvalidDocument: `no_words`.
    """
    own = slice(sketches.offsets[row], sketches.offsets[row + 1])
    buckets, places = sketches.buckets[own], sketches.places[own]
    if len(buckets) == 0:
        raise InvalidDocument("no_words", "the text has no words: there is nothing to compare")
    if places[-1] < whole(unit):
        return (buckets,)
    ends = np.searchsorted(places, np.arange(CHUNK[unit], places[-1] + 1, CHUNK[unit]))
    return tuple(np.split(buckets, ends))

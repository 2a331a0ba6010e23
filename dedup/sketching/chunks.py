"""A document's buckets in parts, so that long and short texts compete fairly."""

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InvalidDocument
from dedup.sketching.sketches import Sketch

CHUNK = 512  # docs/adr/0004-chunks-and-candidates.md
WHOLE = 2 * CHUNK


def chunks(sketches: Sketch, row: int) -> tuple[NDArray[np.uint64], ...]:
    """Return a document's buckets by chunk: one for up to 1,024 tokens, else one for every 512, bands in the first.

    Each bucket is in one chunk only, so that a bucket's count is one of documents.

    Raises:
        InvalidDocument: `no_words`.
    """
    own = slice(sketches.offsets[row], sketches.offsets[row + 1])
    buckets, places = sketches.buckets[own], sketches.places[own]
    if len(buckets) == 0:
        raise InvalidDocument("no_words", "the text has no words: there is nothing to compare")
    if places[-1] < WHOLE:
        return (buckets,)
    ends = np.searchsorted(places, np.arange(CHUNK, places[-1] + 1, CHUNK))
    return tuple(np.split(buckets, ends))

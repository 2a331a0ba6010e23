"""This package, from text to signature, with the window minima and band buckets that the others do not compute."""

from collections.abc import Sequence

import dedup
from benchmarks.peers.task import Estimates, Way, equal_values

LINK = ""


def estimate(a: Sequence[str], b: Sequence[str]) -> Estimates:
    """Compare signatures."""
    return equal_values(dedup.sketch(a).signatures, dedup.sketch(b).signatures)


WAYS = (
    Way("resembles", "resembles", LINK, dedup.sketch, estimate),
    Way("resembles, 2 threads", "resembles", LINK, lambda texts: dedup.sketch(texts, threads=2), estimate, threads=2),
)

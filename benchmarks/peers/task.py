"""What every peer is asked for: a sketch of 128 values of each text's runs of four words, from the raw text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_PERM = 128
K = 4
SEED = 42
_WORD = re.compile(r"\w+")

Estimates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to use a package.

    Attributes:
        name: what tables call it.
        package: the distribution whose version is stated.
        link: where it comes from.
        sketch: raw texts in, sketches of all of them out: what is timed.
        estimate: the Jaccard similarity that it sees between a[i] and b[i].
        share: of the texts timed, how many it is given: slow ways get fewer.
        threads: threads that it uses; more than one are timed by the wall clock.
    """

    name: str
    package: str
    link: str
    sketch: Callable[[Sequence[str]], Any]
    estimate: Callable[[Sequence[str], Sequence[str]], Estimates]
    share: float = 1.0
    threads: int = 1


def shingles(text: str) -> list[str]:
    """Return the runs of k words, as a peer without a tokenizer of its own has to be given them."""
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + K]) for i in range(max(1, len(words) - K + 1))]


def equal_values(a: NDArray[Any], b: NDArray[Any]) -> Estimates:
    """Return the share of values in which two matrices of sketches agree, row by row."""
    return np.asarray((a == b).mean(axis=1), np.float64)

"""What peers and ours are held to: the exact similarity of all pairs, from the shingles that peers are given."""

from collections.abc import Mapping

import numpy as np

from benchmarks.peers.task import shingles

Pair = tuple[str, str]


def exact(texts: Mapping[str, str], least: float) -> dict[Pair, float]:
    """Return the Jaccard similarity of all pairs of at least `least`, by one sparse product: nothing is guessed."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - costs seconds; datasketch brings it

    known, ends, columns = dict[str, int](), [0], list[int]()
    for text in texts.values():
        columns += [known.setdefault(one, len(known)) for one in set(shingles(text))]
        ends.append(len(columns))
    ones = np.ones(len(columns), np.int32)
    matrix = csr_array((ones, np.array(columns), np.array(ends)), (len(texts), len(known)))
    shared = (matrix @ matrix.T).tocoo()
    sizes, names = np.diff(ends), list(texts)
    similar = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    good = (similar >= least) & (shared.row < shared.col)
    found = zip(shared.row[good], shared.col[good], similar[good], strict=True)
    return {pair(names[a], names[b]): float(value) for a, b, value in found}


def pair(a: str, b: str) -> Pair:
    """Return two names in order."""
    return (a, b) if a < b else (b, a)

"""The compiled parts: which stretches of a document overlap, of many documents at once."""

import numpy as np

from dedup.kernels import Int64s, entry
from dedup.printings.roots import root


@entry
def join_alike(owners: Int64s, documents: Int64s, starts: Int64s, ends: Int64s, alike: float) -> None:
    """Unite the stretches of one document that overlap by so much of the longer; they come by document, then start."""
    for one in range(len(documents)):
        other = one + 1
        while other < len(documents) and documents[other] == documents[one] and starts[other] < ends[one]:
            longer = max(ends[one] - starts[one], ends[other] - starts[other])
            if min(ends[one], ends[other]) - starts[other] >= alike * longer:
                a, b = root(owners, one), root(owners, other)
                owners[max(a, b)] = min(a, b)
            other += 1


@entry
def inside(documents: Int64s, starts: Int64s, ends: Int64s, share: float) -> tuple[Int64s, Int64s]:
    """Return pairs of stretches of one document of which so much of the first lies in the second.

    They come by document, then start.
    """
    inner, outer, count = np.empty(16, np.int64), np.empty(16, np.int64), 0
    for one in range(len(documents)):
        other = one + 1
        while other < len(documents) and documents[other] == documents[one] and starts[other] < ends[one]:
            common = min(ends[one], ends[other]) - starts[other]
            if count + 2 > len(inner):
                inner = np.concatenate((inner, np.empty(count, np.int64)))
                outer = np.concatenate((outer, np.empty(count, np.int64)))
            if common >= share * (ends[one] - starts[one]):
                inner[count], outer[count] = one, other
                count += 1
            if common >= share * (ends[other] - starts[other]):
                inner[count], outer[count] = other, one
                count += 1
            other += 1
    return inner[:count].copy(), outer[:count].copy()

"""What several parts of an index list under the same buckets, brought together to one answer."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dedup.stores.base import Numbers, Postings

Places = NDArray[np.int64]
_NUMBER, _NONE = np.uint64(32), (1 << 32) - 1


class Gathering:
    """The answer to one question of n buckets while it is put together, part by part.

    Of a bucket that one part has `limit` numbers of, another part is read only if it may hold a lower one: of what
    everybody prints, the oldest part alone.

    Attributes:
        counts: (n,) int64, how many postings each bucket has in the parts added.
    """

    def __init__(self, order: Places, limit: int) -> None:
        """Begin with nothing; `order` says which bucket of the question is first here, which is second, and so on."""
        self.counts = np.zeros(len(order), np.int64)
        self._order, self._limit = order, limit
        self._highest = np.full(len(order), _NONE, np.uint32)
        self._found = [np.empty(0, np.uint64)]

    def add(self, buckets: Places, counts: Places, first: Places, numbers: Callable[[Places], Numbers]) -> None:
        """Add a part: how many postings of buckets it has, and from which place on `numbers` gives theirs."""
        self.counts[buckets] += counts
        lower = numbers(first) <= self._highest[buckets]
        if not lower.all():
            buckets, counts, first = buckets[lower], counts[lower], first[lower]
        lengths = np.minimum(counts, self._limit)
        ends = lengths.cumsum()
        found = numbers(np.arange(lengths.sum()) + np.repeat(first - ends + lengths, lengths))
        full = (counts >= self._limit) & (lengths > 0)
        if full.any():
            self._highest[buckets[full]] = np.minimum(self._highest[buckets[full]], found[ends[full] - 1])
        self.list(np.repeat(buckets, lengths), found)

    def list(self, buckets: Places, numbers: Numbers) -> None:
        """List postings that are counted already."""
        self._found.append(self._bound(buckets) | numbers)

    def lacking(self, buckets: Places, numbers: Numbers) -> Places:
        """Return how many of the lowest numbers of each bucket are not below `numbers`, its own."""
        found = np.sort(np.concatenate(self._found))
        bounds = self._bound(buckets)
        below = found.searchsorted(bounds | numbers) - found.searchsorted(bounds)
        lacking: Places = np.maximum(self._limit - below, 0)
        return lacking

    def _bound(self, buckets: Places) -> NDArray[np.uint64]:
        """Return what is not above any posting of a bucket, nor below any of those before it in the question."""
        bound: NDArray[np.uint64] = self._order[buckets].astype(np.uint64) << _NUMBER
        return bound

    def answer(self) -> Postings:
        """Return the true counts, and the lowest numbers of each bucket, in the order of the question."""
        counts = np.empty(len(self.counts), np.uint32)
        counts[self._order] = self.counts
        found = np.sort(np.concatenate(self._found))
        listed = np.bincount((found >> _NUMBER).astype(np.int64), minlength=len(counts))
        if (listed > self._limit).any():
            ranks = np.arange(len(found)) - np.repeat(listed.cumsum() - listed, listed)
            found, listed = found[ranks < self._limit], np.minimum(listed, self._limit)
        return Postings(counts, np.concatenate(([0], listed.cumsum())), found.astype(np.uint32))

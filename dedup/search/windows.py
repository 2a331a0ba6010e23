"""What a query's windows prove: which candidates may match, and what a bucket that was cut short may hide.

A verbatim run of words is made of windows, and two texts that share the run share the minimum of every window in it. So
a chunk has no run of `min_words` words in common with the query unless the windows shared cover as many; and a run is
hidden only if all its windows were cut short. `docs/adr/0010-what-is-left-unread.md` says what that leaves out.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.kernels import Float64s, Int64s, Uint32s, entry, kernel, order_of
from dedup.scheme import Scheme
from dedup.search.question import Question
from dedup.sketching.sketches import Sketch, shingles
from dedup.sketching.tokens import Tokens
from dedup.stores.base import Numbers, Postings

SEAM = 8  # ADR 10: chunks over which a run's windows may be spread; 8 are a document of 4,096 words


class _Limits(NamedTuple):
    """What the windows that a chunk shares must reach: `words` within `stretch` words, or `half` of the shingles.

    Attributes:
        bands: how many of the buckets are bands.
        covered_words: words that a window covers.
        covered_shingles: shingles in a window.
    """

    words: int
    stretch: int
    half: int
    bands: int
    covered_words: int
    covered_shingles: int


class Windows:
    """The windows of a query, in the order of the text; window i begins at word i.

    Most look-ups have no use for them: where their minima are is worked out when it is first asked for.
    """

    def __init__(self, tokens: Tokens, sketched: Sketch, scheme: Scheme) -> None:
        """Take one text of at least k tokens, and its sketch."""
        self._tokens, self._sketched, self._scheme = tokens, sketched, scheme
        self._shingles = min(scheme.w, len(tokens.hashes) - scheme.k + 1)
        self._words = self._shingles + scheme.k - 1
        self._half = (len(tokens.hashes) - scheme.k + 2) // 2

    @cached_property
    def _buckets(self) -> NDArray[np.int64]:
        """The place of each window's minimum among the query's buckets."""
        hashes, _ = shingles(self._tokens, self._scheme.k)
        least = np.lib.stride_tricks.sliding_window_view(hashes, self._shingles).min(axis=1)
        minima = self._sketched.buckets[self._scheme.bands :]
        order = np.argsort(minima)
        places: NDArray[np.int64] = order[np.searchsorted(minima, least, sorter=order)] + self._scheme.bands
        return places

    def hide(self, cut: NDArray[np.bool_], min_words: int) -> bool:
        """Return whether a document that matches may stand only in buckets that were not read to their end.

        That is so if a band is one of them, or if they are all the windows of a stretch of `min_words` words, or of
        half of the query.
        """
        if not cut.any():
            return False
        if cut[: self._scheme.bands].any():
            return True
        edges = np.flatnonzero(np.diff(np.concatenate(([False], cut[self._buckets], [False])).astype(np.int8)))
        longest = int((edges[1::2] - edges[::2]).max(initial=0))
        least = min(min_words - self._words, self._half - self._shingles) + 1
        return longest >= max(least, 1)

    def order(self, postings: Postings, total: int, question: Question) -> tuple[Numbers, int]:
        """Return all chunks that the postings name, those that may match first, and how many these are.

        A chunk may match if it shares a band, if the windows shared cover `min_words` words within a stretch as long
        as a passage of that many words and `min_similarity` can be, or if they cover half of the query's shingles. Of
        each kind those come first that share the rarest buckets.
        """
        listed = np.diff(postings.offsets)
        buckets = np.repeat(np.arange(len(listed)), listed)
        by_number = np.argsort(postings.numbers, kind="stable")
        numbers, starts = np.unique(postings.numbers[by_number], return_index=True)
        weights = np.log1p(total / np.maximum(postings.counts, 1))[buckets[by_number]]
        gains = np.add.reduceat(weights, starts)
        by_bucket = np.argsort(self._buckets, kind="stable")
        firsts = np.searchsorted(self._buckets[by_bucket], np.arange(len(listed) + 1))
        words, stretch, covered = self._least(question)
        likely = _likely(
            *(numbers, np.append(starts, len(by_number)), buckets[by_number], firsts, by_bucket),
            *(words, stretch, self._half, self._scheme.bands, covered, self._shingles),
        )
        return numbers[np.lexsort((-gains, ~likely))], int(likely.sum())

    def _least(self, question: Question) -> tuple[int, int, int]:
        """Return what shared windows must cover, in a stretch of how long, and what each of them covers.

        Together they cover as many words as a passage has, in a stretch as long as it can be, whose other side has no
        word more. Of characters all windows of a run word for word must be shared, each counting one: two common
        syllables would be enough to cover forty characters (ADR 17).
        """
        unit = self._scheme.unit
        words = question.usual_words(unit)
        if unit == "character":
            windows = max(words - self._words + 1, 1)
            return windows, windows - 1, 1
        return words, int(min(words * (2 / question.usual_similarity(unit) - 1), 1 << 32)), self._words


@entry
def _likely(
    numbers: Uint32s,
    starts: Int64s,
    buckets: Int64s,
    firsts: Int64s,
    windows: Int64s,
    words: int,
    stretch: int,
    half: int,
    bands: int,
    covered_words: int,
    covered_shingles: int,
) -> NDArray[np.bool_]:
    """Return which chunks may match, by their own windows or together with those of the next chunks of a document.

    Args:
        numbers: chunk numbers, ascending.
        starts: the buckets of chunk i are buckets[starts[i]:starts[i + 1]].
        buckets: places of the buckets that the chunks share with the query.
        firsts: the windows of bucket b are windows[firsts[b]:firsts[b + 1]].
        windows: places of windows in the query.
        words: words that the windows must cover within a stretch.
        stretch: how many words that is.
        half: shingles that they must cover instead.
        bands: how many of the buckets are bands.
        covered_words: words in a window.
        covered_shingles: shingles in a window.
    """
    limits = _Limits(words, stretch, half, bands, covered_words, covered_shingles)
    likely = np.zeros(len(numbers), np.bool_)
    for chunk in range(len(numbers)):
        end = chunk + 1
        likely[chunk] = _reaches(buckets[starts[chunk] : starts[end]], firsts, windows, limits)
        while end < len(numbers) and numbers[end] - numbers[chunk] < SEAM:
            end += 1
        if not likely[chunk] and end > chunk + 1:
            likely[chunk] = _reaches(buckets[starts[chunk] : starts[end]], firsts, windows, limits)
    return likely


@kernel
def _reaches(buckets: Int64s, firsts: Int64s, windows: Int64s, limits: _Limits) -> bool:
    count = 0
    for bucket in buckets:
        if bucket < limits.bands:
            return True
        count += firsts[bucket + 1] - firsts[bucket]
    places, used = np.empty(count), 0
    for bucket in buckets:
        for place in windows[firsts[bucket] : firsts[bucket + 1]]:
            places[used] = place
            used += 1
    return _cover(places, order_of(places), limits)


@kernel
def _cover(places: Float64s, order: Int64s, limits: _Limits) -> bool:
    """Say whether windows at these places, in ascending order, cover enough."""
    words, shingles, first = limits.covered_words, limits.covered_shingles, 0
    for at in range(len(order)):
        if at:
            step = int(places[order[at]] - places[order[at - 1]])
            words += min(step, limits.covered_words)
            shingles += min(step, limits.covered_shingles)
        while places[order[at]] - places[order[first]] > limits.stretch:
            words -= min(int(places[order[first + 1]] - places[order[first]]), limits.covered_words)
            first += 1
        if words >= limits.words or shingles >= limits.half:
            return True
    return False

"""How sure a passage is: how many as good as it chance would give, for this query in an index of this size.

Scores are in nats, and chance gives E = K * m * N * exp(-S) passages of score S or more to a query of m words in an
index of N words (Karlin and Altschul 1990). Evidence is -log10 of that. `docs/adr/0015-evidence.md` says how the
constants were measured.
"""

import math
from dataclasses import dataclass

import numpy as np

from dedup.kernels import Float64s, Int32s, Int64s, Uint32s, Uint64s, entry
from dedup.sketching.minima import winnow

FEW_DOCUMENTS = 1000  # ADR 15: a smaller index, or none, is taken for one of so many
COMMON = 200  # ADR 4: 20 calls a quarter as many forms boilerplate, 2,000 takes 3 of the seeds' 14 passages for it
ENOUGH = 1.5  # ADR 15: of thirty look-ups one may get a passage by chance
WORDS = 300  # a document's, on average: a store knows how many documents there are, not how long they are
UNMATCHED = 0.12  # ADR 15: what an unmatched word costs, a matched one being worth 1
COPIED = 5.5e-5  # ADR 15: K of copied passages
REWORDED, NAT = 0.05, 0.4  # ADR 15: K of reworded ones, and what a nat of their stems is worth


@dataclass(frozen=True, slots=True)
class Chance:
    """What chance gives to a query.

    Attributes:
        words: how many tokens the query has.
        documents: how many the index holds.
        tokens: of the query's, how many are worth a word.
    """

    words: int
    documents: int
    tokens: int = 1

    def of_copied(self, matched: Int32s, unmatched: Int32s, rarest: Float64s) -> Float64s:
        """Return the evidence of copied passages.

        Args:
            matched: (n,) int32, words in common.
            unmatched: (n,) int32, the others, of both sides.
            rarest: (n,) float64, in how many documents the rarest window of each occurs; 0 if that is not known.
        """
        rarity = np.log(np.maximum(self.documents / np.maximum(rarest, 1), 1)) * (rarest > 0)
        rarity *= 2 * matched / np.maximum(2 * matched + unmatched, 1)
        words = (matched - UNMATCHED * unmatched) / self.tokens
        evidence: Float64s = words + rarity - math.log(COPIED * self._cells)
        return evidence / math.log(10)

    def of_reworded(self, scores: Float64s) -> Float64s:
        """Return the evidence of passages told in other words, by the scores that `dedup.align.reword` gives them."""
        return (NAT * scores - math.log(REWORDED * self._cells)) / math.log(10)

    @property
    def least_score(self) -> float:
        """The score that a passage told in other words needs."""
        return (ENOUGH * math.log(10) + math.log(REWORDED * self._cells)) / NAT

    @property
    def _cells(self) -> float:
        return max(self.words / self.tokens, 1) * WORDS * float(max(self.documents, FEW_DOCUMENTS))


def common(windows: float, surprise: float, total: int) -> bool:
    """Whether the windows shared are frequent everywhere, and too few to say something together.

    A paragraph syndicated to three hundred papers is as frequent as a stock phrase, but it is longer.
    """
    total = max(total, FEW_DOCUMENTS)
    surprise += windows * math.log(total)
    return windows > 0 and surprise < windows * math.log(COMMON) and surprise < 2 * math.log(total)


@entry
def windows_in(
    documents: Int32s,
    starts: Int32s,
    ends: Int32s,
    shingles: Uint64s,
    offsets: Int64s,
    k: int,
    w: int,
    minima: Uint64s,
    counts: Uint32s,
) -> Float64s:
    """Return for each passage: windows shared with the query, the sum of -ln(df) over them, the rarest one's df.

    A window counts if it lies in the passage whole, for only then do both texts have its minimum.
    """
    evidence, most = np.zeros((len(documents), 3)), np.int64(0)
    for row in range(len(documents)):
        most = max(most, np.int64(ends[row] - starts[row]))
    places, values, least = np.empty(most + 1, np.int32), np.empty(most + 1, np.uint64), np.empty(most + 1, np.int32)
    for row in range(len(documents)):
        first = offsets[documents[row]] + starts[row]
        own = shingles[first : first + max(0, ends[row] - starts[row] - k + 1)]
        for place in places[: winnow(own, w, places, values, least) if len(own) >= w else 0]:
            at = np.searchsorted(minima, own[place])
            if at < len(minima) and minima[at] == own[place] and counts[at]:
                evidence[row, 0] += 1
                evidence[row, 1] -= math.log(counts[at])
                if evidence[row, 2] == 0 or counts[at] < evidence[row, 2]:
                    evidence[row, 2] = counts[at]
    return evidence

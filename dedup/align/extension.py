"""Extension of a passage's end over single equal tokens, given up once the score has dropped too far (X-drop)."""

import numpy as np

from dedup.align.arrays import Places
from dedup.align.pair import Pair
from dedup.kernels import kernel

BAND = 4
DROP = 3.0
NEVER = -1e9


@kernel
def extend(pair: Pair, i: int, j: int, step: int, cost: float, counters: Places) -> tuple[int, int]:
    """Return how many tokens of query and document, from places i and j on in direction `step`, join the passage.

    An equal token scores 1, an unmatched one on either side -cost; the best score within BAND diagonals is taken, and
    the search ends where all are DROP below it (Altschul et al. 1997), or at a token that is taken.
    """
    rows = len(pair.query) - i if step > 0 else i + 1
    columns = len(pair.document) - j if step > 0 else j + 1
    width = 2 * BAND + 1
    row = np.full(width + 1, NEVER)
    for k in range(BAND + 1):
        if k > columns or (k and pair.taken_document[j + step * (k - 1)]):
            break
        row[BAND + k] = -cost * k
    best, best_a, best_b = 0.0, 0, 0
    for a in range(1, rows + 1):
        at = i + step * (a - 1)
        if pair.taken_query[at]:
            break
        highest = before = NEVER
        for k in range(width):
            b = a + k - BAND
            to = j + step * (b - 1)
            score = NEVER
            if b == 0:
                score = row[k + 1] - cost
            elif 1 <= b <= columns and not pair.taken_document[to]:
                score = max(before, row[k + 1]) - cost
                if pair.query[at] == pair.document[to]:
                    score = max(score, row[k] + 1)
            row[k] = before = score
            highest = max(highest, score)
            if score > best:
                best, best_a, best_b = score, a, b
        counters[1] += width
        if highest < best - DROP:
            break
    return best_a, best_b

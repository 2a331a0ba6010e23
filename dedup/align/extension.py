"""Extension of a passage's end over single equal tokens, given up once the score has dropped too far (X-drop)."""

from dedup.align.pair import BAND, CELLS, Pair
from dedup.kernels import Flags, Float64s, uncounted

DROP = 3.0  # ADR 3: half and double move plagdet by less than .015
REACH = 64  # not measured: five times the shortest passage
NEVER = -1e9


@uncounted
def extend(pair: Pair, i: int, j: int, step: int, cost: float) -> tuple[int, int]:
    """Return how many tokens of query and document, from places i and j on in direction `step`, join the passage.

    An equal token scores 1, an unmatched one on either side -cost; the best score within BAND diagonals and REACH
    tokens is taken, and the search ends where all are DROP below it (Altschul et al. 1997) or at a token that is taken.
    """
    rows, columns = _free(pair.taken_query, i, step), _free(pair.taken_document, j, step)
    row = pair.room.scores
    for k in range(len(row)):
        row[k] = -cost * (k - BAND) if 0 <= k - BAND <= min(columns, BAND) else NEVER
    best, best_a, best_b = 0.0, 0, 0
    for a in range(1, rows + 1):
        k = _advance(pair, row, a, columns, i + step * (a - 1), j, step, cost)
        if row[k] > best:
            best, best_a, best_b = row[k], a, a + k - BAND
        if row[k] < best - DROP:
            break
        pair.work[CELLS] += len(row)
    return best_a, best_b


@uncounted
def _free(taken: Flags, place: int, step: int) -> int:
    """Return how many tokens from `place` on are free, REACH at most."""
    count = 0
    while count < REACH and 0 <= place < len(taken) and not taken[place]:
        count += 1
        place += step
    return count


@uncounted
def _advance(pair: Pair, row: Float64s, a: int, columns: int, i: int, j: int, step: int, cost: float) -> int:
    """Turn the scores after a - 1 query tokens into those after a, the last one token i; return the best's place."""
    before, highest = NEVER, 0
    for k in range(len(row) - 1):
        b = a + k - BAND
        if b < 0 or b > columns:
            row[k] = NEVER
        else:
            equal = b > 0 and pair.query[i] == pair.document[j + step * (b - 1)]
            row[k] = max(before - cost, row[k + 1] - cost, row[k] + 1 if equal else NEVER)
        before = row[k]
        if row[k] > row[highest]:
            highest = k
    return highest
